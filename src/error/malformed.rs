//! Something is not the protocol.

use std::fmt;

use http::StatusCode;

/// Something that came and is not the protocol.
#[derive(Clone, Debug)]
pub struct Malformed {
    flaw: Flaw,
    answer: Option<(StatusCode, Option<Box<str>>)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Flaw {
    CodeAndError,
    ContentType,
    Duplicate(&'static str),
    Json,
    Missing(&'static str),
    IdToken(&'static str),
    NeitherCodeNorError,
    OtherOrganization,
    OtherUser,
    Redirect,
    TooLong(&'static str, usize),
}

impl Malformed {
    pub(crate) fn answer(flaw: Flaw, status: StatusCode, request_id: Option<Box<str>>) -> Self {
        Self {
            flaw,
            answer: Some((status, request_id)),
        }
    }

    pub(crate) fn is_other_organization(&self) -> bool {
        matches!(self.flaw, Flaw::OtherOrganization)
    }

    /// Returns the HTTP status; `None` for a callback.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.answer.as_ref().map(|(status, _)| *status)
    }

    pub(super) fn request_id(&self) -> Option<&str> {
        self.answer.as_ref().and_then(|(_, id)| id.as_deref())
    }
}

impl From<Flaw> for Malformed {
    fn from(flaw: Flaw) -> Self {
        Self { flaw, answer: None }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.flaw {
            Flaw::CodeAndError => f.write_str("the callback has both a code and an error"),
            Flaw::ContentType => f.write_str(
                "the answer is not JSON by its content type: something between this program and the service answered",
            ),
            Flaw::Duplicate(name) => write!(f, "the callback has more than one {name}"),
            Flaw::IdToken(why) => write!(f, "the ID token of the answer {why}"),
            Flaw::Json => f.write_str("the answer is not the JSON object that was expected"),
            Flaw::Missing(name) => write!(f, "the answer has no usable {name}"),
            Flaw::NeitherCodeNorError => f.write_str("the address has neither a code nor an error: it is not a callback"),
            Flaw::OtherOrganization => f.write_str(
                "the answer is for another organization than the one asked for; the session keeps its own: \
                 to change it, refresh into the other organization",
            ),
            Flaw::OtherUser => f.write_str("the answer is about another user than the session; the session stays as it is"),
            Flaw::Redirect => f.write_str("the service answered with a redirect, which is never followed: check the base URL"),
            Flaw::TooLong(what, limit) => write!(f, "the {what} is longer than {limit} bytes"),
        }?;
        match self.status() {
            Some(status) => write!(f, " (status {})", status.as_u16()),
            None => Ok(()),
        }
    }
}
