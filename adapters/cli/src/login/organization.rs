//! The selection of an organization on the terminal.

use workos_login::{Organization, OrganizationId, OrganizationSelectionChallenge};

use crate::failure::Failure;
use crate::login::context::LoginContext;
use crate::output::progress::Answer;

/// Asks the user to select an organization. Returns `None` if there is none or the user selects none.
///
/// # Errors
///
/// The login has timed out.
pub(crate) fn select(
    context: &LoginContext<'_>,
    challenge: &OrganizationSelectionChallenge,
) -> Result<Option<OrganizationId>, Failure> {
    let output = context.output;
    let organizations = challenge.organizations();
    if organizations.is_empty() {
        return Ok(None);
    }
    output.print_line("select the organization to log in to:");
    for (number, organization) in (1..).zip(organizations) {
        output.print_line(format_args!("  {number}  {}", label(organization)));
    }
    let question = format!("number, 1 to {}: ", organizations.len());
    loop {
        let answer = match output.ask(&question, context.time_left()?) {
            Answer::Line(answer) => answer,
            Answer::EndOfInput => return Ok(None),
            Answer::TimedOut => return Err(Failure::timed_out()),
        };
        let answer = answer.trim();
        if answer.is_empty() {
            return Ok(None);
        }
        let selected = answer
            .parse::<usize>()
            .ok()
            .and_then(|number| organizations.get(number.checked_sub(1)?));
        if let Some(organization) = selected {
            return Ok(Some(organization.id().clone()));
        }
        output.print_line(format_args!(
            "no organization {answer}; an empty line selects none"
        ));
    }
}

fn label(organization: &Organization) -> String {
    match organization.name() {
        Some(name) => format!("{name} ({})", organization.id()),
        None => organization.id().to_string(),
    }
}
