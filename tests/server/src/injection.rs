//! Which fault strikes which request.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use crate::endpoint::Endpoint;
use crate::fault::{Fault, ParseFaultError};

/// A fault, where it strikes and how often.
///
/// A bare [`Fault`] strikes once, the next request that a program sends; pages that only a
/// browser asks for are spared unless [`Endpoint::Pages`] is named. In text:
/// `hang`, `hang*3`, `hang*always`, `refresh:hang*2`.
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
    /// What goes wrong.
    pub fault: Fault,
    /// Where; `None` for everything but pages.
    pub endpoint: Option<Endpoint>,
    /// How often still; `None` for always.
    pub times: Option<usize>,
}

impl Fault {
    /// Returns the fault for the next `times` requests.
    #[must_use]
    pub fn times(self, times: usize) -> Injection {
        Injection::from(self).times(times)
    }

    /// Returns the fault for every request.
    #[must_use]
    pub fn always(self) -> Injection {
        Injection::from(self).always()
    }

    /// Returns the fault for requests to this endpoint only.
    #[must_use]
    pub fn on(self, endpoint: Endpoint) -> Injection {
        Injection::from(self).on(endpoint)
    }
}

impl Injection {
    /// For the next so many requests.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// For every request from now on.
    #[must_use]
    pub fn always(self) -> Self {
        Self {
            times: None,
            ..self
        }
    }

    /// For requests of this kind only.
    #[must_use]
    pub fn on(self, endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..self
        }
    }

    fn strikes(&self, endpoint: Option<Endpoint>) -> bool {
        match (self.endpoint, endpoint) {
            (None, Some(Endpoint::Pages) | None) | (Some(_), None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(other)) => own.covers(other),
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
        let unknown = || ParseFaultError(text.to_owned());
        let (endpoint, rest) = match text
            .split_once(':')
            .map(|(name, rest)| (name.parse(), rest))
        {
            Some((Ok(endpoint), rest)) => (Some(endpoint), rest),
            // The colon belongs to an address or a time of day inside the fault.
            Some((Err(_), _)) | None => (None, text),
        };
        let (fault, times) = match rest.rsplit_once('*') {
            Some((fault, "always")) => (fault, None),
            Some((fault, times)) => (fault, Some(times.parse().map_err(|_| unknown())?)),
            None => (rest, Some(1)),
        };
        Ok(Self {
            fault: fault.parse().map_err(|_| unknown())?,
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

/// The faults still to come, first come first served.
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

    /// The fault for a request of this kind, which is used up by asking.
    pub(crate) fn strike(&mut self, endpoint: Option<Endpoint>) -> Fault {
        let Some(at) = self
            .0
            .iter()
            .position(|injection| injection.strikes(endpoint))
        else {
            return Fault::None;
        };
        let injection = &mut self.0[at];
        let fault = injection.fault.clone();
        if let Some(times) = &mut injection.times {
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
    fn an_injection_is_read_back_from_its_text() {
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
    fn faults_strike_in_order_and_only_where_they_should() {
        let mut injections = Injections::default();
        injections.push(Fault::Hang.on(Endpoint::Refresh));
        injections.push(Fault::IncompleteBody.times(2));
        injections.push(Fault::StaleConnection.always().on(Endpoint::Authenticate));
        let mut strike = |endpoint| injections.strike(Some(endpoint));
        assert_eq!(strike(Endpoint::Pages), Fault::None);
        assert_eq!(strike(Endpoint::CodeExchange), Fault::IncompleteBody);
        assert_eq!(strike(Endpoint::Refresh), Fault::Hang);
        assert_eq!(strike(Endpoint::Refresh), Fault::IncompleteBody);
        assert_eq!(strike(Endpoint::Refresh), Fault::StaleConnection);
        assert_eq!(strike(Endpoint::Jwks), Fault::None);
        assert_eq!(strike(Endpoint::DevicePoll), Fault::StaleConnection);
    }
}
