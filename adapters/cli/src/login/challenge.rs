//! One more step that the service asks for.
//!
//! A client without a secret takes it by another login, which the login page leads through the step.

use workos_login::{
    AuthenticationChallenge, Organization, OrganizationId, OrganizationSelectionChallenge,
};

use crate::output::Output;

/// Returns what the user has to do.
pub(crate) fn task(step: &AuthenticationChallenge) -> &'static str {
    match step {
        AuthenticationChallenge::EmailCompletion(_) => "give an e-mail address",
        AuthenticationChallenge::EmailVerification(_) => {
            "confirm the e-mail address with the code that is sent to it"
        }
        AuthenticationChallenge::Totp(_) => "show the second factor",
        AuthenticationChallenge::MfaEnrollment(_) => "set up a second factor",
        AuthenticationChallenge::AllowedMethods(_) => {
            "sign in in a way that the organization allows"
        }
        AuthenticationChallenge::OrganizationSelection(_) => "choose an organization",
        AuthenticationChallenge::RadarEmail(_) => "enter the code that is sent by e-mail",
        AuthenticationChallenge::RadarSms(_) => "enter the code that is sent by SMS",
        AuthenticationChallenge::Sso(_) => "sign in through the organization's SSO",
        _ => "do what the login page asks",
    }
}

/// Asks the person at the terminal for one of the organizations. `None`: they chose none, or there are none.
pub(crate) fn choose(
    step: &OrganizationSelectionChallenge,
    output: &Output,
) -> Option<OrganizationId> {
    let organizations = step.organizations();
    if organizations.is_empty() {
        return None;
    }
    output.say("choose the organization to log in to:");
    for (number, organization) in (1..).zip(organizations) {
        output.say(format_args!("  {number}  {}", title(organization)));
    }
    let question = format!("its number, 1 to {}: ", organizations.len());
    loop {
        let answer = output.ask(&question)?;
        let answer = answer.trim();
        if answer.is_empty() {
            return None;
        }
        let chosen = answer
            .parse::<usize>()
            .ok()
            .and_then(|number| organizations.get(number.checked_sub(1)?));
        if let Some(organization) = chosen {
            return Some(organization.id().clone());
        }
        output.say(format_args!(
            "there is no {answer}; an empty line chooses none"
        ));
    }
}

/// Returns the name of an organization and its id.
fn title(organization: &Organization) -> String {
    match organization.name() {
        Some(name) => format!("{name} ({})", organization.id()),
        None => organization.id().to_string(),
    }
}

/// How many logins follow the first one: into an organization, and through what that asks for.
pub(crate) const NEXT_LOGINS: usize = 2;
