//! A login, in a browser on this machine or with a user code on any device.
//!
//! A public client cannot answer an authentication challenge. On a terminal, another login follows in which the login page presents
//! the challenge; at most [`MAX_LOGINS`] in all, for example the first, one into the selected organization, and one through the
//! challenge that this organization requires. Without a terminal, the challenge ends the command.

mod context;
mod device;
mod organization;
mod page;
mod redirect;
mod send;

use workos_login::{
    Authenticated, AuthenticationChallenge, Client, Error, OAuth, OrganizationId, Outcome, Public,
    Scope, Start,
};

use crate::challenge_task;
use crate::client::{AnyClient, ClientArgs};
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
pub(crate) use crate::login::context::{LoginArgs, LoginContext};

/// The maximum number of logins that one command starts.
const MAX_LOGINS: usize = 3;

/// Makes the client of a login, after the discovery of its server if that is necessary.
pub(crate) fn client(
    context: &LoginContext<'_>,
    client: &ClientArgs,
) -> Result<AnyClient, Failure> {
    client.discover(|discovering| send::send(context, discovering))
}

/// Logs the user in.
pub(crate) fn log_in(
    context: &LoginContext<'_>,
    client: &AnyClient,
) -> Result<Authenticated, Failure> {
    let session = match client {
        AnyClient::OAuth(client, supported) => {
            let scope = context.args.scope.as_ref().unwrap_or(supported);
            oauth(context, client, scope)
        }
        AnyClient::UserManagement(client) => user_management(context, client),
    };
    session.map_err(|failure| match failure.kind() {
        ErrorKind::AuthenticationChallenge if context.args.device => failure.hint(
            "without --device: only a login in a browser on this machine can present the challenge",
        ),
        _ => failure,
    })
}

/// Logs in at WorkOS User Management.
fn user_management(context: &LoginContext<'_>, client: &Client) -> Result<Authenticated, Failure> {
    let mut organization = context.args.organization.clone();
    let mut outcome = first_login(context, client)?;
    let mut logins = 1;
    loop {
        let challenge = match outcome.authenticated() {
            Err(Error::AuthenticationChallenge(challenge)) => challenge,
            result => return Ok(result?),
        };
        if let Some(selected) = &organization {
            check_selection(&challenge, selected)?;
        }
        if !context.output.is_interactive() {
            return Err(Failure::challenge(&challenge));
        }
        if logins == MAX_LOGINS {
            let cause = format_args!("the challenge remains after {logins} logins");
            return Err(Failure::challenge(&challenge).cause(cause));
        }
        context.output.print_line(format_args!(
            "the service requires an authentication challenge ({}): {}",
            challenge.code(),
            challenge_task::describe(&challenge)
        ));
        if let AuthenticationChallenge::OrganizationSelection(selection) = &*challenge {
            let selected = organization::select(context, selection)?;
            organization = Some(selected.ok_or_else(|| Failure::challenge(&challenge))?);
        }
        context
            .output
            .print_line("another login follows in a browser on this machine");
        outcome = redirect::log_in(context, client, |redirect_uri| {
            let start = challenge.login(client, redirect_uri);
            with_organization(start, organization.as_ref())
        })?;
        logins += 1;
    }
}

fn first_login(context: &LoginContext<'_>, client: &Client) -> Result<Outcome, Failure> {
    let args = context.args;
    if args.device {
        return device::log_in(context, client, client.device());
    }
    redirect::log_in(context, client, |redirect_uri| {
        let start = client.login(args.connection_selector(), redirect_uri);
        with_organization(start, args.organization.as_ref())
    })
}

/// Fails if the challenge asks for the organization that the login selected: another login would lead to the same challenge.
fn check_selection(
    challenge: &AuthenticationChallenge,
    selected: &OrganizationId,
) -> Result<(), Failure> {
    let AuthenticationChallenge::OrganizationSelection(selection) = challenge else {
        return Ok(());
    };
    let (same, others): (Vec<_>, Vec<_>) = selection
        .organizations()
        .iter()
        .partition(|organization| organization.id() == selected);
    match same.is_empty() {
        true => Ok(()),
        false => Err(Failure::selection_ignored(challenge, selected, &others)),
    }
}

/// Logs in at an OAuth authorization server.
fn oauth(
    context: &LoginContext<'_>,
    client: &Client<OAuth>,
    scope: &Scope,
) -> Result<Authenticated, Failure> {
    let outcome = if context.args.device {
        let requesting = client.device(scope).map_err(|_| {
            Failure::new(
                ErrorKind::Usage,
                "the device authorization endpoint is not known; log in without --device, or set \
                 --device-authorization-endpoint",
            )
        })?;
        device::log_in(context, client, requesting)?
    } else {
        redirect::log_in(context, client, |redirect_uri| {
            client.login(scope.clone(), redirect_uri)
        })?
    };
    Ok(outcome.authenticated()?)
}

fn with_organization<'c>(
    start: Start<'c, Public>,
    organization: Option<&OrganizationId>,
) -> Start<'c, Public> {
    match organization {
        Some(organization) => start.organization(organization),
        None => start,
    }
}
