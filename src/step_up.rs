//! The service asks for one more step before it lets the user in.

use std::fmt;

use secrecy::SecretString;

use crate::error::Shown;

/// One more step that the service asks for.
#[derive(Debug)]
#[non_exhaustive]
pub enum StepUp {
    /// A step that is not known here.
    Unknown(UnknownStep),
}

impl StepUp {
    /// Returns the code of the step, exactly as the service wrote it.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Unknown(step) => &step.code,
        }
    }
}

/// A step that is not known here: its code, its token and its raw fields.
pub struct UnknownStep {
    pub(crate) code: Box<str>,
    pub(crate) pending_authentication_token: Option<SecretString>,
    pub(crate) body: SecretString,
}

impl UnknownStep {
    /// Returns the code of the step, exactly as the service wrote it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the token that a grant which completes the step would need.
    #[must_use]
    pub fn pending_authentication_token(&self) -> Option<&SecretString> {
        self.pending_authentication_token.as_ref()
    }

    /// Returns the whole answer of the service, a JSON object.
    #[must_use]
    pub fn body(&self) -> &SecretString {
        &self.body
    }
}

impl fmt::Debug for UnknownStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownStep")
            .field("code", &Shown(&self.code))
            .finish_non_exhaustive()
    }
}
