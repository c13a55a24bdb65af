//! The context of the logins of one command.
//!
//! A command can start several logins, because an authentication challenge is presented by another login. They share the options, the
//! HTTP agent, and one deadline.

use std::time::{Duration, Instant};

use workos_login::{ConnectionSelector, OrganizationId, Provider, RedirectUri, Scope, Screen};
use workos_login_ureq::{Agent, agent};

use crate::demo::{self, Demo};
use crate::failure::Failure;
use crate::issuer;
use crate::output::Output;

/// The options of a login.
#[derive(Debug, clap::Args)]
pub(crate) struct LoginArgs {
    /// Show a user code to enter in a browser on any device, and wait for the login
    ///
    /// For machines without a browser. It uses no redirect URI, and cannot be combined with --organization or --provider.
    #[arg(
        long,
        conflicts_with_all = ["organization", "provider", "port", "redirect_uri"]
    )]
    pub(crate) device: bool,

    /// Log in to this organization
    #[arg(long, value_name = "ORG_ID", conflicts_with = "issuer")]
    pub(crate) organization: Option<OrganizationId>,

    /// Log in with this identity provider, GoogleOAuth for example, instead of the hosted login page
    #[arg(long, value_name = "NAME", conflicts_with = "issuer")]
    provider: Option<String>,

    /// Use the redirect URI http://127.0.0.1:PORT/callback [default: a free port]
    #[arg(long, value_name = "PORT", conflicts_with = "redirect_uri")]
    pub(crate) port: Option<u16>,

    /// Use this redirect URI, as it is registered: http on 127.0.0.1, ::1 or localhost
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Option<RedirectUri>,

    /// Time limit for the whole login: the user, the requests and their retries
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// Print the authorization URL instead of opening the browser
    #[arg(long)]
    pub(crate) no_browser: bool,

    /// Scopes to request, separated by spaces; openid is always included [default: openid, profile, email and offline_access, as
    /// far as the server supports them]
    #[arg(
        long,
        value_name = "SCOPE",
        help_heading = issuer::HEADING,
        requires = "issuer"
    )]
    pub(crate) scope: Option<Scope>,
}

impl LoginArgs {
    pub(crate) fn connection_selector(&self) -> ConnectionSelector {
        match &self.provider {
            Some(name) => ConnectionSelector::Provider(Provider::from(name.as_str())),
            None => ConnectionSelector::AuthKit(Screen::Default),
        }
    }
}

/// The context of the logins of one command.
pub(crate) struct LoginContext<'a> {
    pub(crate) args: &'a LoginArgs,
    pub(crate) demo: Option<&'a Demo>,
    pub(crate) agent: Agent,
    pub(crate) output: &'a Output,
    deadline: Instant,
}

impl<'a> LoginContext<'a> {
    /// Makes the context of logins at the service, or at the mock server of the demonstration. The timeout starts here.
    pub(crate) fn new(args: &'a LoginArgs, demo: Option<&'a Demo>, output: &'a Output) -> Self {
        Self {
            args,
            demo,
            agent: match demo {
                Some(_) => demo::agent().into(),
                None => agent(),
            },
            output,
            deadline: Instant::now() + Duration::from_secs(args.timeout),
        }
    }

    /// Returns the time left until the timeout.
    ///
    /// # Errors
    ///
    /// The login has timed out.
    pub(crate) fn time_left(&self) -> Result<Duration, Failure> {
        match self.deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(Failure::timed_out()),
            left => Ok(left),
        }
    }
}
