//! The task of the user in an authentication challenge.

use workos_login::AuthenticationChallenge;

/// Describes the task, as an imperative sentence.
pub(crate) fn describe(challenge: &AuthenticationChallenge) -> &'static str {
    match challenge {
        AuthenticationChallenge::EmailCompletion(_) => "enter an e-mail address",
        AuthenticationChallenge::EmailVerification(_) => {
            "verify the e-mail address with the code that is sent to it"
        }
        AuthenticationChallenge::Totp(_) => "enter the code of the second factor",
        AuthenticationChallenge::MfaEnrollment(_) => "enroll a second factor",
        AuthenticationChallenge::AllowedMethods(_) => {
            "log in with a method that the organization allows"
        }
        AuthenticationChallenge::OrganizationSelection(_) => "select an organization",
        AuthenticationChallenge::RadarEmail(_) => "enter the code that is sent by e-mail",
        AuthenticationChallenge::RadarSms(_) => "enter the code that is sent by SMS",
        AuthenticationChallenge::Sso(_) => "log in with the organization's SSO",
        _ => "follow the login page",
    }
}
