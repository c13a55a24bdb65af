//! A login: its options, and who visits its page.

use std::time::{Duration, Instant};

use workos_login::{ConnectionSelector, OrganizationId, Provider, RedirectUri, Scope};
use workos_login_native::{Canceller, DeviceGrant, Login, LoginEvent, NativeError};

use crate::account::{Account, ServiceArgs};
use crate::demo::Demo;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;

/// The options of a login.
#[derive(Debug, clap::Args)]
pub(crate) struct LoginArgs {
    /// Show a code to enter in a browser on any device
    ///
    /// For machines without a browser. It uses no redirect URI, and cannot be combined with --organization or --provider.
    #[arg(long, conflicts_with_all = ["organization", "provider", "port", "redirect_uri"])]
    device: bool,

    /// Log in to this organization
    #[arg(long, value_name = "ORG_ID", conflicts_with = "issuer")]
    organization: Option<OrganizationId>,

    /// Log in with this provider, as in GoogleOAuth
    #[arg(long, value_name = "NAME", conflicts_with = "issuer")]
    provider: Option<String>,

    /// Redirect to http://127.0.0.1:PORT/callback
    ///
    /// The default is a free port.
    #[arg(long, value_name = "PORT", conflicts_with = "redirect_uri")]
    port: Option<u16>,

    /// Use this registered loopback redirect URI
    ///
    /// It has the scheme http, and the host 127.0.0.1, ::1 or localhost.
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<RedirectUri>,

    /// Time limit of the whole login
    ///
    /// It bounds the time of the user, the requests and their retries.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// Print the URL instead of opening the browser
    #[arg(long)]
    no_browser: bool,

    /// Scopes to request of an authorization server
    ///
    /// They are separated by spaces. `openid` is always included. The default is `openid profile email offline_access`, as far as the server supports them.
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
}

impl LoginArgs {
    fn options<'a>(&self, mut login: Login<'a>) -> Login<'a> {
        if let Some(organization) = &self.organization {
            login = login.organization(organization);
        }
        if let Some(name) = &self.provider {
            let provider = Provider::from(name.as_str());
            login = login.connection_selector(ConnectionSelector::Provider(provider));
        }
        if let Some(scope) = &self.scope {
            login = login.scope(scope.clone());
        }
        if self.no_browser {
            login = login.no_browser();
        }
        login.device(match self.device {
            true => DeviceGrant::Always,
            false => DeviceGrant::Never,
        })
    }

    fn redirect_uri(&self) -> Result<Option<RedirectUri>, Failure> {
        let Some(port) = self.port else {
            return Ok(self.redirect_uri.clone());
        };
        let uri = format!("http://127.0.0.1:{port}/callback").parse();
        uri.map(Some)
            .map_err(|error| Failure::from_error(ErrorKind::Usage, &error))
    }
}

/// Logs in, after the discovery of the server if that is necessary.
pub(crate) fn log_in(
    args: &LoginArgs,
    mut account: Account,
    service: &ServiceArgs,
    output: &Output,
) -> Result<Account, Failure> {
    let begun = Instant::now();
    // The endpoints that an earlier login discovered are enough, unless the issuer is given again.
    if account.needs_discovery || service.issuer.is_some() {
        account = account.discover(service, |login| {
            let login = login.timeout(Duration::from_secs(args.timeout));
            login.progress(|event| output.terminal.show(event))
        })?;
    }
    run(args, &account, begun, None, output)?;
    Ok(account)
}

/// Logs in, in the demonstration or within the time limit of a login that has begun.
pub(crate) fn run(
    args: &LoginArgs,
    account: &Account,
    begun: Instant,
    demo: Option<&Demo>,
    output: &Output,
) -> Result<(), Failure> {
    let app = match args.redirect_uri()? {
        Some(redirect_uri) => account.app.clone().redirect_uri(redirect_uri),
        None => account.app.clone(),
    };
    let timeout = Duration::from_secs(args.timeout).saturating_sub(begun.elapsed());
    let canceller = Canceller::new();
    let mut failed = None;
    let session = app.login_with(|login| {
        let login = args.options(login).timeout(timeout).canceller(&canceller);
        let login = match demo.is_some_and(|demo| demo.names_user) {
            true => login.no_browser(),
            false => login,
        };
        login.progress(|event| match (&event, demo) {
            (LoginEvent::Page(page), Some(demo)) if demo.visits(page) => {
                failed = demo.visit(page, &canceller, output).err();
                if failed.is_some() {
                    canceller.cancel();
                }
            }
            _ => output.terminal.show(event),
        })
    });
    session.map(drop).map_err(|error| match (failed, error) {
        (Some(failure), _) => failure,
        (None, error @ NativeError::Challenge(_)) if args.device => {
            let hint = "without --device: only a login in a browser on this machine can present the challenge";
            Failure::from(&error).hint(hint)
        }
        (None, error) => account.failure(error),
    })
}
