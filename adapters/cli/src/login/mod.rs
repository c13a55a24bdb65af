//! A login, in a browser on this machine or with a user code on any device.
//!
//! A public client cannot answer an authentication challenge. On a terminal, another login follows in which the login page presents
//! the challenge; at most [`MAX_CHALLENGE_LOGINS`] of them, for example one into the selected organization and one through the
//! challenge that this organization requires. Without a terminal the challenge ends the command.

mod context;
mod device;
mod organization;
mod page;
mod redirect;
mod send;

use workos_login::{
    Authenticated, AuthenticationChallenge, Client, Error, OAuth, OrganizationId, Public, Start,
};

use crate::challenge_task;
use crate::client::AnyClient;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
pub(crate) use crate::login::context::{LoginArgs, LoginContext};

/// How many logins follow the first one.
const MAX_CHALLENGE_LOGINS: usize = 2;

/// Logs the user in.
pub(crate) fn log_in(
    context: &LoginContext<'_>,
    client: &AnyClient,
) -> Result<Authenticated, Failure> {
    let result = match client {
        AnyClient::OAuth(client) => oauth(context, client)?,
        AnyClient::UserManagement(client) => user_management(context, client)?,
    };
    result.map_err(|error| {
        let failure = Failure::from(error);
        match failure.kind() {
            ErrorKind::AuthenticationChallenge if context.args.device => failure.hint(
                "without --device: only a login in a browser on this machine can present the challenge",
            ),
            _ => failure,
        }
    })
}

/// Logs in at WorkOS User Management.
fn user_management(
    context: &LoginContext<'_>,
    client: &Client,
) -> Result<Result<Authenticated, Error>, Failure> {
    let args = context.args;
    let mut organization = args.organization.clone();
    let mut outcome = if args.device {
        device::log_in(context, client, client.device())?
    } else {
        redirect::log_in(context, client, |redirect_uri| {
            let start = client.login(args.connection_selector(), redirect_uri);
            with_organization(start, organization.as_ref())
        })?
    };
    for _ in 0..MAX_CHALLENGE_LOGINS {
        let challenge = match outcome.authenticated() {
            Err(Error::AuthenticationChallenge(challenge)) if context.output.is_interactive() => {
                challenge
            }
            result => return Ok(result),
        };
        context.output.print_line(format_args!(
            "the service requires an authentication challenge ({}): {}",
            challenge.code(),
            challenge_task::describe(&challenge)
        ));
        if let AuthenticationChallenge::OrganizationSelection(selection) = &*challenge {
            organization = organization::select(context, selection)?;
            if organization.is_none() {
                return Ok(Err(Error::AuthenticationChallenge(challenge)));
            }
        }
        context
            .output
            .print_line("another login follows in a browser on this machine");
        outcome = redirect::log_in(context, client, |redirect_uri| {
            let start = challenge.login(client, redirect_uri);
            with_organization(start, organization.as_ref())
        })?;
    }
    Ok(outcome.authenticated())
}

/// Logs in at an OAuth authorization server.
fn oauth(
    context: &LoginContext<'_>,
    client: &Client<OAuth>,
) -> Result<Result<Authenticated, Error>, Failure> {
    let scope = &context.args.scope;
    let outcome = if context.args.device {
        let requesting = client.device(scope).map_err(|_| {
            Failure::new(
                ErrorKind::Usage,
                "--device with --issuer needs --device-authorization-endpoint",
            )
        })?;
        device::log_in(context, client, requesting)?
    } else {
        redirect::log_in(context, client, |redirect_uri| {
            let start = client.login(scope.clone(), redirect_uri);
            let offline = scope.as_str().split(' ').any(|s| s == "offline_access");
            // Without consent, a server ignores this scope (OpenID Connect Core section 11).
            match offline {
                true => start.prompt("consent"),
                false => start,
            }
        })?
    };
    Ok(outcome.authenticated())
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
