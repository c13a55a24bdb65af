//! An authentication challenge of a login. A public client cannot answer it, but another login can satisfy it.

use workos_login::{AuthenticationChallenge, OrganizationId};

/// The maximum number of logins that one call starts.
pub(crate) const MAX_LOGINS: usize = 3;

/// An authentication challenge that was not answered by another login.
#[derive(Debug)]
pub struct UnansweredChallenge {
    pub(crate) challenge: AuthenticationChallenge,
    pub(crate) logins: usize,
    pub(crate) ignored: Option<OrganizationId>,
}

impl UnansweredChallenge {
    /// Returns the challenge. [`Login::challenge`](crate::Login::challenge) begins the login that presents it.
    #[must_use]
    pub fn challenge(&self) -> &AuthenticationChallenge {
        &self.challenge
    }

    /// Returns the task of the user in the challenge, as an imperative sentence.
    #[must_use]
    pub fn task(&self) -> &'static str {
        task(&self.challenge)
    }

    /// Returns how many logins led to a challenge.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.logins
    }

    /// Returns whether no further login was offered because too many led to a challenge.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.logins >= MAX_LOGINS
    }

    /// Returns the organization that the login had selected, if the challenge asks for the selection of this organization all the same.
    #[must_use]
    pub fn ignored_organization(&self) -> Option<&OrganizationId> {
        self.ignored.as_ref()
    }
}

/// Describes the task of the user in an authentication challenge.
pub(crate) fn task(challenge: &AuthenticationChallenge) -> &'static str {
    match challenge {
        AuthenticationChallenge::AllowedMethods(_) => {
            "log in with a method that the organization allows"
        }
        AuthenticationChallenge::EmailCompletion(_) => "enter an e-mail address",
        AuthenticationChallenge::EmailVerification(_) => {
            "verify the e-mail address with the code that is sent to it"
        }
        AuthenticationChallenge::MfaEnrollment(_) => "enroll a second factor",
        AuthenticationChallenge::OrganizationSelection(_) => "select an organization",
        AuthenticationChallenge::RadarEmail(_) => "enter the code that is sent by e-mail",
        AuthenticationChallenge::RadarSms(_) => "enter the code that is sent by SMS",
        AuthenticationChallenge::Sso(_) => "log in with the organization's SSO",
        AuthenticationChallenge::Totp(_) => "enter the code of the second factor",
        _ => "follow the login page",
    }
}
