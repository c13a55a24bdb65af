//! How somebody logs in, whatever becomes of the session.

pub(crate) mod challenge;
mod device;
mod page;
mod redirect;
mod send;

use workos_login::{
    Authenticated, AuthenticationChallenge, Client, ConnectionSelector, Error, OAuth,
    OrganizationId, Provider, Public, RedirectUri, Scope, Screen, Start,
};
use workos_login_ureq::{Agent, agent};

use crate::client::AnyClient;
use crate::demo::{self, Demo};
use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::issuer;
use crate::output::Output;

/// The options that say how somebody logs in.
#[derive(Debug, clap::Args)]
pub(crate) struct LoginArgs {
    /// Show a code, and wait until it is entered in a browser, on this machine or on any other
    ///
    /// For a machine without a browser. It needs no redirect address, and --organization and --provider do not go with it.
    #[arg(
        long,
        conflicts_with_all = ["organization", "provider", "port", "redirect_uri"]
    )]
    pub(crate) device: bool,

    /// Log in to this organization
    #[arg(long, value_name = "ORG_ID", conflicts_with = "issuer")]
    organization: Option<OrganizationId>,

    /// Log in with this identity provider, GoogleOAuth for instance, without the hosted login page
    #[arg(long, value_name = "NAME", conflicts_with = "issuer")]
    provider: Option<String>,

    /// Listen for the browser at http://127.0.0.1:PORT/callback [default: a port that is free]
    #[arg(long, value_name = "PORT", conflicts_with = "redirect_uri")]
    pub(crate) port: Option<u16>,

    /// Listen for the browser at this address, as it is registered: http on 127.0.0.1, ::1 or localhost
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Option<RedirectUri>,

    /// Wait for so long until somebody has logged in
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,

    /// Print the address of the login page instead of opening it
    #[arg(long)]
    pub(crate) no_browser: bool,

    /// What to ask for, names with spaces between them; openid is always part of it
    #[arg(
        long,
        value_name = "SCOPE",
        help_heading = issuer::HEADING,
        default_value = "openid profile email offline_access",
        requires = "issuer"
    )]
    scope: Scope,
}

impl LoginArgs {
    fn via(&self) -> ConnectionSelector {
        match &self.provider {
            Some(name) => ConnectionSelector::Provider(Provider::from(name.as_str())),
            None => ConnectionSelector::AuthKit(Screen::Default),
        }
    }
}

/// What all logins of one run share.
pub(crate) struct Desk<'a> {
    pub(crate) args: &'a LoginArgs,
    pub(crate) demo: Option<&'a Demo>,
    pub(crate) agent: Agent,
    pub(crate) output: &'a Output,
}

impl<'a> Desk<'a> {
    /// Makes the desk for logins at the service, or at the demonstration's.
    pub(crate) fn new(args: &'a LoginArgs, demo: Option<&'a Demo>, output: &'a Output) -> Self {
        Self {
            args,
            demo,
            agent: match demo {
                Some(_) => demo::agent().into(),
                None => agent(),
            },
            output,
        }
    }

    /// Logs somebody in.
    pub(crate) fn log_in(&self, client: &AnyClient) -> Result<Authenticated, Failure> {
        match client {
            AnyClient::Standard(client) => self.standard(client),
            AnyClient::WorkOs(client) => self.workos(client),
        }
    }

    /// Logs in at WorkOS. Where it asks for one more step, and somebody is there to take it, another login follows.
    fn workos(&self, client: &Client) -> Result<Authenticated, Failure> {
        let mut organization = self.args.organization.clone();
        let mut outcome = if self.args.device {
            device::log_in(self, client, client.device())?
        } else {
            redirect::log_in(self, client, |redirect_uri| {
                let start = client.login(self.args.via(), redirect_uri);
                within(start, organization.as_ref())
            })?
        };
        for _ in 0..challenge::NEXT_LOGINS {
            let step = match outcome.authenticated() {
                Err(Error::AuthenticationChallenge(step)) if self.output.is_interactive() => step,
                ended => return self.end(ended),
            };
            self.output.say(format_args!(
                "the service asks for one more step ({}): {}",
                step.code(),
                challenge::task(&step)
            ));
            if let AuthenticationChallenge::OrganizationSelection(selection) = &*step {
                organization = challenge::choose(selection, self.output);
                if organization.is_none() {
                    return self.end(Err(Error::AuthenticationChallenge(step)));
                }
            }
            self.output
                .say("another login follows, in a browser on this machine");
            outcome = redirect::log_in(self, client, |redirect_uri| {
                within(step.login(client, redirect_uri), organization.as_ref())
            })?;
        }
        self.end(outcome.authenticated())
    }

    /// Logs in at a standard OAuth server.
    fn standard(&self, client: &Client<OAuth>) -> Result<Authenticated, Failure> {
        let scope = &self.args.scope;
        let outcome = if self.args.device {
            let requesting = client.device(scope).map_err(|_| {
                Failure::new(
                    Exit::Usage,
                    "--device needs --device-authorization-endpoint beside --issuer",
                )
            })?;
            device::log_in(self, client, requesting)?
        } else {
            redirect::log_in(self, client, |redirect_uri| {
                let start = client.login(scope.clone(), redirect_uri);
                let lasting = scope
                    .as_str()
                    .split(' ')
                    .any(|name| name == "offline_access");
                // Without the user's consent a server ignores that scope (OpenID Connect Core section 11).
                match lasting {
                    true => start.prompt("consent"),
                    false => start,
                }
            })?
        };
        self.end(outcome.authenticated())
    }

    fn end(&self, ended: Result<Authenticated, Error>) -> Result<Authenticated, Failure> {
        ended.map_err(|error| {
            let failure = Failure::from(error);
            match failure.exit() {
                Exit::AuthenticationChallenge if self.args.device => failure.hint(
                    "without --device: only the login in a browser on this machine takes the step",
                ),
                _ => failure,
            }
        })
    }
}

/// Names the organization of a login, where there is one.
fn within<'c>(
    start: Start<'c, Public>,
    organization: Option<&OrganizationId>,
) -> Start<'c, Public> {
    match organization {
        Some(organization) => start.organization(organization),
        None => start,
    }
}
