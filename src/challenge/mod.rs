//! Authentication challenges: what the service requires before it logs the user in.
//!
//! A response of any exchange can be a challenge. A confidential client answers it: a method of the challenge leads back to
//! [`Exchanging`](crate::Exchanging). A public client continues it by another login, [`AuthenticationChallenge::login`], whose
//! login page leads the user through the challenge.
//!
//! A challenge is a persistent state. Answering takes `&self`: the user can correct an incorrect code.

mod answer;
mod context;
mod email_completion;
mod email_verification;
mod login;
mod mfa;
mod organization_selection;
mod other;
mod radar;
mod sso;
mod stored;

use std::fmt;

use crate::escaped::Escaped;
use crate::ids::OrganizationId;
use crate::timestamp::Timestamp;

pub use self::answer::SmsVerification;
pub(crate) use self::context::ChallengeContext;
pub use self::email_completion::EmailCompletionChallenge;
pub use self::email_verification::EmailVerificationChallenge;
pub use self::mfa::{MfaEnrollmentChallenge, TotpChallenge};
pub use self::organization_selection::{Organization, OrganizationSelectionChallenge};
pub use self::other::{OtherChallenge, UnknownChallenge};
pub use self::radar::{RadarEmailChallenge, RadarSmsChallenge};
pub use self::sso::{AllowedMethodsChallenge, SsoChallenge};
pub(crate) use self::stored::Details;

/// An authentication challenge.
///
/// The hosted login page usually completes all challenges before the authorization code is issued. They still occur at a
/// refresh, and after an organization has changed its policy.
///
/// | challenge | confidential client | public client |
/// |---|---|---|
/// | [`EmailVerification`](Self::EmailVerification) | [`EmailVerificationChallenge::answer`] | another login |
/// | [`Totp`](Self::Totp) | [`TotpChallenge::answer`] | another login |
/// | [`MfaEnrollment`](Self::MfaEnrollment) | [`MfaEnrollmentChallenge::answer`] | another login |
/// | [`OrganizationSelection`](Self::OrganizationSelection) | [`OrganizationSelectionChallenge::select`] | [`OrganizationSelectionChallenge::login`] |
/// | [`RadarEmail`](Self::RadarEmail) | [`RadarEmailChallenge::answer`] | another login |
/// | [`RadarSms`](Self::RadarSms) | [`RadarSmsChallenge::answer`] | another login |
/// | all others | another login | another login |
///
/// [`AuthenticationChallenge::login`] sets the options of that login: the connection, the organization and the login hint.
///
/// The grants that complete a challenge need the API key, so an answer does not compile for a public client:
///
/// ```compile_fail,E0308
/// # use workos_login::*;
/// fn answer(client: &Client<Public>, challenge: &EmailVerificationChallenge) -> Result<Exchanging, ClientError> {
///     challenge.answer(client, "123456")
/// }
/// ```
///
/// It does for a confidential client:
///
/// ```
/// # use workos_login::*;
/// fn answer(client: &Client<Confidential>, challenge: &EmailVerificationChallenge) -> Result<Exchanging, ClientError> {
///     challenge.answer(client, "123456")
/// }
/// ```
///
/// # Storage
///
/// The stored form holds the pending authentication token, which represents a user who is partly authenticated. Store it like an
/// [`AwaitingCallback`](crate::AwaitingCallback).
///
/// # Client binding
///
/// A challenge is bound to the client ID and the issuer of the login that it came from. `answer` and `select` are errors for another client.
/// `login` does not check the binding: check a challenge that was stored with [`bound_to`](Self::bound_to).
#[derive(Clone)]
#[non_exhaustive]
pub enum AuthenticationChallenge {
    /// The user has to verify their e-mail address with a code that was sent to it.
    EmailVerification(EmailVerificationChallenge),
    /// The user has to enter a code of their authenticator.
    Totp(TotpChallenge),
    /// The user has to enroll a second factor.
    MfaEnrollment(MfaEnrollmentChallenge),
    /// The user has to select one of several organizations.
    OrganizationSelection(OrganizationSelectionChallenge),
    /// The user has to sign in through an SSO connection.
    Sso(SsoChallenge),
    /// Radar requires a code that was sent by e-mail.
    RadarEmail(RadarEmailChallenge),
    /// Radar requires a code that is sent by SMS.
    RadarSms(RadarSmsChallenge),
    /// The user's profile has no e-mail address.
    EmailCompletion(EmailCompletionChallenge),
    /// The organization allows only some sign-in methods.
    AllowedMethods(AllowedMethodsChallenge),
    /// The user has to continue on the hosted login page; [`code`](Self::code) tells why.
    Other(OtherChallenge),
    /// A challenge whose code is unknown to this release.
    Unknown(UnknownChallenge),
}

impl AuthenticationChallenge {
    /// Returns the code, exactly as the service sent it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.context().code
    }

    /// Returns the request ID of the response (`x-request-id`), for support requests.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.context().request_id.as_deref()
    }

    /// Sets the organization of the refresh that the service responded to with this challenge.
    pub(crate) fn in_organization(mut self, organization: Option<&OrganizationId>) -> Self {
        self.context_mut().organization_id = organization.cloned();
        self
    }

    /// Sets the earliest `auth_time` of the session, if the login that the service responded to with this challenge has a `max_age`.
    pub(crate) fn authenticated_since(mut self, since: Option<Timestamp>) -> Self {
        self.context_mut().authenticated_since = since;
        self
    }
}

macro_rules! challenges {
    ($($variant:ident($challenge:ident)),+ $(,)?) => {
        impl AuthenticationChallenge {
            fn context(&self) -> &ChallengeContext {
                match self {
                    $(Self::$variant(challenge) => &challenge.context,)+
                }
            }

            fn context_mut(&mut self) -> &mut ChallengeContext {
                match self {
                    $(Self::$variant(challenge) => &mut challenge.context,)+
                }
            }
        }

        impl fmt::Debug for AuthenticationChallenge {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(challenge) => challenge.fmt(f),)+
                }
            }
        }

        $(
            /// Shows the code only: the rest is secret or personal data.
            impl fmt::Debug for $challenge {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_struct(stringify!($challenge))
                        .field("code", &Escaped(&self.context.code))
                        .finish_non_exhaustive()
                }
            }
        )+
    };
}

challenges! {
    EmailVerification(EmailVerificationChallenge),
    Totp(TotpChallenge),
    MfaEnrollment(MfaEnrollmentChallenge),
    OrganizationSelection(OrganizationSelectionChallenge),
    Sso(SsoChallenge),
    RadarEmail(RadarEmailChallenge),
    RadarSms(RadarSmsChallenge),
    EmailCompletion(EmailCompletionChallenge),
    AllowedMethods(AllowedMethodsChallenge),
    Other(OtherChallenge),
    Unknown(UnknownChallenge),
}
