//! The selection of an organization on the terminal.

use workos_login::{Organization, OrganizationId, OrganizationSelectionChallenge};

use crate::output::Output;

/// Asks the user to select an organization. Returns `None` if there is none or the user selects none.
pub(crate) fn select(
    challenge: &OrganizationSelectionChallenge,
    output: &Output,
) -> Option<OrganizationId> {
    let organizations = challenge.organizations();
    if organizations.is_empty() {
        return None;
    }
    output.print_line("select the organization to log in to:");
    for (number, organization) in (1..).zip(organizations) {
        output.print_line(format_args!("  {number}  {}", label(organization)));
    }
    let question = format!("number, 1 to {}: ", organizations.len());
    loop {
        let answer = output.ask(&question)?;
        let answer = answer.trim();
        if answer.is_empty() {
            return None;
        }
        let selected = answer
            .parse::<usize>()
            .ok()
            .and_then(|number| organizations.get(number.checked_sub(1)?));
        if let Some(organization) = selected {
            return Some(organization.id().clone());
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
