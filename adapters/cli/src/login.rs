//! A login: its options, and what it prints.
//!
//! `workos-login-native` logs in and reports events; [`Prompter`] prints them. On a terminal it accepts the offer of another login that
//! satisfies an authentication challenge, and asks for the organization; without a terminal, the challenge ends the command.

use std::sync::Arc;
use std::time::{Duration, Instant};

use humantime::format_duration;
use workos_login::{
    Authenticated, AuthenticationChallenge, ConnectionSelector, Organization, OrganizationId,
    OrganizationSelectionChallenge, Provider, RedirectUri, Scope,
};
use workos_login_native::{
    Browser, Canceller, ChallengeOffer, DeviceGrant, Login, LoginEvent, NativeApp, NativeClient,
    NativeError, NativeSession, Page,
};

use crate::demo::Demo;
use crate::error_kind::ErrorKind;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::output::progress::Answer;
use crate::selection::{Selection, SelectionArgs};
use crate::session::Session;
use crate::whole_seconds::whole_seconds;

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
    device: bool,

    /// Log in to this organization
    #[arg(long, value_name = "ORG_ID", conflicts_with = "issuer")]
    organization: Option<OrganizationId>,

    /// Log in with this identity provider, GoogleOAuth for example
    #[arg(long, value_name = "NAME", conflicts_with = "issuer")]
    provider: Option<String>,

    /// Use the redirect URI http://127.0.0.1:PORT/callback [default: a free port]
    #[arg(long, value_name = "PORT", conflicts_with = "redirect_uri")]
    port: Option<u16>,

    /// Use this redirect URI, as it is registered: http on 127.0.0.1, ::1 or localhost
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<RedirectUri>,

    /// Time limit for the whole login: the user, the requests and their retries
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// Print the authorization URL instead of opening the browser
    #[arg(long)]
    no_browser: bool,

    /// Scopes to request of an authorization server, separated by spaces
    ///
    /// `openid` is always included. The default is `openid profile email offline_access`, as far as the server supports them.
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
}

impl LoginArgs {
    /// Makes the options of a login without those that its redirect URI is made of.
    fn options<'a>(&self, login: Login<'a>, timeout: Duration) -> Login<'a> {
        let mut login = login.timeout(timeout).device(match self.device {
            true => DeviceGrant::Always,
            false => DeviceGrant::Never,
        });
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
        match self.no_browser {
            true => login.no_browser(),
            false => login,
        }
    }

    fn redirect_uri(&self) -> Result<Option<RedirectUri>, Failure> {
        let port = self
            .port
            .map(|port| format!("http://127.0.0.1:{port}/callback").parse());
        let port = port.transpose();
        let port = port.map_err(|error| Failure::from_error(ErrorKind::Usage, &error))?;
        Ok(self.redirect_uri.clone().or(port))
    }

    /// Checks the options that depend on the service, which an earlier login may have selected.
    fn check(&self, client: &NativeClient) -> Result<(), Failure> {
        let of_work_os = [
            ("--organization", self.organization.is_some()),
            ("--provider", self.provider.is_some()),
        ];
        let (options, service): (&[_], _) = match client {
            NativeClient::OAuth(_) => (&of_work_os, "an OAuth authorization server"),
            NativeClient::UserManagement(_) => (
                &[("--scope", self.scope.is_some())],
                "WorkOS; it needs --issuer",
            ),
        };
        match options.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((option, _)) => Err(Failure::new(
                ErrorKind::Usage,
                format_args!("{option} cannot be used with {service}"),
            )),
        }
    }
}

/// Logs in for the application that `app` makes of the account, after the discovery of its server if that is necessary.
pub(crate) fn log_in(
    args: &LoginArgs,
    selection_args: &SelectionArgs,
    output: &Output,
    app: impl Fn(&Selection) -> NativeApp,
) -> Result<(Selection, NativeSession), Failure> {
    let mut selection = selection_args.select()?;
    args.check(&selection.service.client)?;
    let begun = Instant::now();
    let timeout = Duration::from_secs(args.timeout);
    let service = &selection_args.options.service;
    // What an earlier login discovered is enough, unless the issuer is given again.
    if selection.service.needs_discovery || service.issuer.is_some() {
        selection.service = selection.service.discover(service, |login| {
            let mut prompter = Prompter::new(output, None);
            let login = login.timeout(timeout);
            login.progress(move |event| prompter.handle(event))
        })?;
    }
    let left = timeout.saturating_sub(begun.elapsed());
    let session = run(args, &app(&selection), left, None, output);
    let session = session.map_err(|error| match error {
        Ended::Login(error) => Session::new(&selection).native(error),
        Ended::Demo(failure) => failure,
    })?;
    Ok((selection, session))
}

/// Logs in at the mock server of the demonstration.
pub(crate) fn log_in_demo(
    args: &LoginArgs,
    demo: &Demo,
    output: &Output,
) -> Result<NativeSession, Failure> {
    let timeout = Duration::from_secs(args.timeout);
    let session = run(args, &demo.app()?, timeout, Some(demo), output);
    session.map_err(|error| match error {
        Ended::Login(error) => error.into(),
        Ended::Demo(failure) => failure,
    })
}

/// Returns the session of a login.
pub(crate) fn authenticated(session: &NativeSession) -> Result<Arc<Authenticated>, Failure> {
    let authenticated = session.authenticated().map_err(NativeError::from)?;
    // Another process may have logged out.
    authenticated.ok_or_else(|| Failure::new(ErrorKind::NotLoggedIn, "the user logged out"))
}

/// Why a login has no session.
enum Ended {
    Login(NativeError),
    /// The demonstration could not take the place of the user.
    Demo(Failure),
}

fn run(
    args: &LoginArgs,
    app: &NativeApp,
    timeout: Duration,
    demo: Option<&Demo>,
    output: &Output,
) -> Result<NativeSession, Ended> {
    let app = match args.redirect_uri().map_err(Ended::Demo)? {
        Some(redirect_uri) => app.clone().redirect_uri(redirect_uri),
        None => app.clone(),
    };
    let mut prompter = Prompter::new(output, demo);
    let session = app.login_with(|login| {
        let login = args.options(login, timeout).canceller(&prompter.canceller);
        let login = match demo.is_some_and(Demo::names_user) {
            true => login.no_browser(),
            false => login,
        };
        login.progress(|event| prompter.handle(event))
    });
    match (session, prompter.failure) {
        (Ok(session), _) => Ok(session),
        (Err(_), Some(failure)) => Err(Ended::Demo(failure)),
        (Err(error @ NativeError::Challenge(_)), None) if args.device => {
            Err(Ended::Demo(Failure::from(error).hint(
                "without --device: only a login in a browser on this machine can present the challenge",
            )))
        }
        (Err(error), None) => Err(Ended::Login(error)),
    }
}

/// Prints the events of a login, and answers them on a terminal.
struct Prompter<'a> {
    output: &'a Output,
    demo: Option<&'a Demo>,
    canceller: Canceller,
    failure: Option<Failure>,
}

impl<'a> Prompter<'a> {
    fn new(output: &'a Output, demo: Option<&'a Demo>) -> Self {
        Self {
            output,
            demo,
            canceller: Canceller::new(),
            failure: None,
        }
    }

    fn handle(&mut self, event: LoginEvent<'_>) {
        let output = self.output;
        match event {
            LoginEvent::Challenge(offer) => answer(offer, output),
            LoginEvent::ExchangingCode => {
                output.show_activity("exchanging the authorization code", None);
            }
            LoginEvent::MalformedCallback(error) => output.warn_error(error),
            LoginEvent::Page(page) => {
                if let Err(failure) = self.present(&page) {
                    self.failure = Some(failure);
                    self.canceller.cancel();
                }
            }
            LoginEvent::RequestingUserCode => output.show_activity("requesting a user code", None),
            LoginEvent::Retrying { message, retry_in } => output.print_line(format_args!(
                "{message}; retrying in {}",
                format_duration(whole_seconds(retry_in))
            )),
            LoginEvent::UserInfoFailed(error) => {
                output.warn("the authorization server did not tell about the user");
                output.print_line(format_args!("  caused by: {error}"));
            }
            LoginEvent::WaitingForApproval { left } => {
                output.show_activity("waiting for the login with the user code", Some(left));
            }
            LoginEvent::WaitingForCallback { left } => {
                output.show_activity("waiting for the login in the browser", Some(left));
            }
            _ => {}
        }
    }

    /// Shows the page that the user has to visit, or lets the demonstration visit it.
    fn present(&self, page: &Page<'_>) -> Result<(), Failure> {
        let output = self.output;
        let machine = match page.user_code() {
            Some(_) => "any device",
            None => "this machine",
        };
        match (page.browser(), self.demo) {
            (_, Some(demo)) if demo.names_user() => {
                output.print_line(format_args!("demo: {} logs in", demo.user()?.email));
                return demo.visit(page, &self.canceller, output);
            }
            (Browser::Failed(error), Some(demo)) => {
                output.print_line(format_args!(
                    "demo: cannot open a browser ({error}); {} logs in",
                    demo.user()?.email
                ));
                return demo.visit(page, &self.canceller, output);
            }
            (Browser::Failed(error), None) => output.print_line(format_args!(
                "cannot open a browser ({error}); open this URL in a browser on {machine}:"
            )),
            (Browser::NotOpened, _) => {
                output.print_line(format_args!("open this URL in a browser on {machine}:"));
            }
            (Browser::Opened, _) => output
                .print_line("the login page is open in the browser; if it is not, open this URL:"),
        }
        output.print_line(page.printed_url());
        if let Some(user_code) = page.user_code() {
            output.print_line(format_args!(
                "enter this code there, or check that the page shows it: {user_code}"
            ));
        }
        Ok(())
    }
}

/// Accepts the offer of another login on a terminal, with the organization that the user selects.
fn answer(offer: ChallengeOffer<'_>, output: &Output) {
    if !output.is_interactive() {
        return;
    }
    let challenge = offer.challenge();
    output.print_line(format_args!(
        "the service requires an authentication challenge ({}): {}",
        challenge.code(),
        failure::task(challenge)
    ));
    let follows = "another login follows in a browser on this machine";
    let AuthenticationChallenge::OrganizationSelection(selection) = challenge else {
        output.print_line(follows);
        return offer.log_in();
    };
    if let Some(organization) = select(selection, offer.time_left(), output) {
        output.print_line(follows);
        offer.select(&organization);
    }
}

/// Asks the user to select an organization. Returns `None` if there is none, the user selects none, or the time is over.
fn select(
    challenge: &OrganizationSelectionChallenge,
    time_left: Duration,
    output: &Output,
) -> Option<OrganizationId> {
    let deadline = Instant::now() + time_left;
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
        let left = deadline.saturating_duration_since(Instant::now());
        let Answer::Line(answer) = output.ask(&question, left) else {
            return None;
        };
        let answer = answer.trim();
        if answer.is_empty() {
            return None;
        }
        let number = answer.parse::<usize>().ok();
        let selected = number.and_then(|number| organizations.get(number.checked_sub(1)?));
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
