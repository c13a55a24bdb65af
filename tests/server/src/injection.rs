//! Fault injection: which fault applies which request.
//!
//! Injections are a queue. A request takes the first one that applies to its endpoint, also if older
//! ones for other endpoints remain. An injection is used up before the request is processed, so
//! concurrent requests cannot take the same one twice.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::fault_text::ParseFaultError;

/// A fault with the requests to which it applies.
///
/// A bare [`Fault`] applies once, to the next request. Requests of [`Endpoint::Pages`] are skipped
/// unless that endpoint is named. The text forms are `hang`, `hang*3`, `hang*always` and
/// `refresh:hang*2`.
///
/// ```
/// use workos_login_mock_server::{Endpoint, Fault, Injection};
///
/// let twice: Injection = Fault::Hang.times(2).on(Endpoint::Refresh);
/// assert_eq!("refresh:hang*2".parse(), Ok(twice));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injection {
    /// The fault.
    pub fault: Fault,
    /// The kind of request; `None` for every kind except pages.
    pub endpoint: Option<Endpoint>,
    /// The number of requests that remain; `None` for all.
    pub times: Option<usize>,
}

impl Fault {
    /// Returns an injection for the next `times` requests.
    #[must_use]
    pub fn times(self, times: usize) -> Injection {
        Injection::from(self).times(times)
    }

    /// Returns an injection for every request.
    #[must_use]
    pub fn always(self) -> Injection {
        Injection::from(self).always()
    }

    /// Returns an injection for requests of this kind.
    #[must_use]
    pub fn on(self, endpoint: Endpoint) -> Injection {
        Injection::from(self).on(endpoint)
    }
}

impl Injection {
    /// Applies the fault to the next `times` requests.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Applies the fault to every request.
    #[must_use]
    pub fn always(self) -> Self {
        Self {
            times: None,
            ..self
        }
    }

    /// Applies the fault to requests of this kind.
    #[must_use]
    pub fn on(self, endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..self
        }
    }

    fn applies_to(&self, endpoint: Option<Endpoint>) -> bool {
        match (self.endpoint, endpoint) {
            (None, Some(Endpoint::Pages) | None) | (Some(_), None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(other)) => own.includes(other),
        }
    }
}

impl From<Fault> for Injection {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            endpoint: None,
            times: Some(1),
        }
    }
}

impl FromStr for Injection {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, ParseFaultError> {
        let invalid = || ParseFaultError(text.to_owned());
        let (endpoint, rest) = match text.split_once(':') {
            // The colon can also be part of a URL or of a time of day in the fault.
            Some((name, rest)) if name.parse::<Endpoint>().is_ok() => (name.parse().ok(), rest),
            Some(_) | None => (None, text),
        };
        let (fault, times) = match rest.rsplit_once('*') {
            Some((fault, "always")) => (fault, None),
            Some((fault, times)) => (fault, Some(times.parse().map_err(|_| invalid())?)),
            None => (rest, Some(1)),
        };
        Ok(Self {
            fault: fault.parse().map_err(|_| invalid())?,
            endpoint,
            times,
        })
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(endpoint) = self.endpoint {
            write!(formatter, "{endpoint}:")?;
        }
        write!(formatter, "{}", self.fault)?;
        match self.times {
            Some(1) => Ok(()),
            Some(times) => write!(formatter, "*{times}"),
            None => formatter.write_str("*always"),
        }
    }
}

/// The injections that have not been used up, in the order in which they apply.
#[derive(Debug, Default)]
pub(crate) struct Injections(VecDeque<Injection>);

impl Injections {
    pub(crate) fn push(&mut self, injection: Injection) {
        if injection.times != Some(0) {
            self.0.push_back(injection);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the fault for a request of this kind.
    pub(crate) fn take(&mut self, endpoint: Option<Endpoint>) -> Fault {
        let mut injections = self.0.iter();
        let Some(at) = injections.position(|injection| injection.applies_to(endpoint)) else {
            return Fault::None;
        };
        let injection = &mut self.0[at];
        let fault = injection.fault.clone();
        if let Some(times) = &mut injection.times {
            // Not zero: `push` ignores such injections, and a used-up one is removed below.
            *times -= 1;
            if *times == 0 {
                self.0.remove(at);
            }
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_injection_parses_from_its_text_form() {
        for text in [
            "hang",
            "hang*3",
            "refresh:incomplete-body*always",
            "pages:redirect=302;http://127.0.0.1:1/",
            "status=503;retry-after=Wed, 21 Oct 2026 07:28:00 GMT*2",
        ] {
            assert_eq!(text.parse::<Injection>().unwrap().to_string(), text);
        }
        assert!("hang*often".parse::<Injection>().is_err());
        assert!("nowhere:hang".parse::<Injection>().is_err());
    }

    #[test]
    fn faults_apply_in_order_and_only_to_their_endpoint() {
        let mut injections = Injections::default();
        injections.push(Fault::Hang.on(Endpoint::Refresh));
        injections.push(Fault::RequestLost.times(2));
        injections.push(Fault::ResetAfter.always().on(Endpoint::Authenticate));
        for (endpoint, fault) in [
            (Endpoint::Pages, Fault::None),
            (Endpoint::CodeExchange, Fault::RequestLost),
            (Endpoint::Refresh, Fault::Hang),
            (Endpoint::Refresh, Fault::RequestLost),
            (Endpoint::Refresh, Fault::ResetAfter),
            (Endpoint::Jwks, Fault::None),
            (Endpoint::DevicePoll, Fault::ResetAfter),
        ] {
            assert_eq!(injections.take(Some(endpoint)), fault, "{endpoint}");
        }
    }
}
