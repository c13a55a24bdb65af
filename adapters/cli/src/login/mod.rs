//! `workos-login login`: a login in the browser.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, SystemTime};

use humantime::format_duration;
use workos_login::url::Url;
use workos_login::{
    AwaitingCallback, Client, Exchanging, OrganizationId, Outcome, Provider, RedirectUri, Screen,
    Via,
};
use workos_login_loopback::{Canceller, Listener};
use workos_login_ureq::ureq::Agent;
use workos_login_ureq::{agent, send};

use crate::application::{self, Application};
use crate::browser;
use crate::demo::{self, Demo};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logged_in::LoggedIn;
use crate::output::Output;

/// Log in with the browser, and greet the user
///
/// Opens the login page in the system's browser and waits until it comes back to this machine. The session is not kept:
/// what the program prints is who logged in, and never a token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    application: Application,

    /// Log in to this organization
    #[arg(long, value_name = "ORG_ID")]
    organization: Option<OrganizationId>,

    /// Log in with this identity provider, GoogleOAuth for instance, without the hosted login page
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,

    /// Listen for the browser at http://127.0.0.1:PORT/callback [default: a port that is free]
    #[arg(long, value_name = "PORT", conflicts_with = "redirect_uri")]
    port: Option<u16>,

    /// Listen for the browser at this address, as it is registered: http on 127.0.0.1, ::1 or localhost
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<RedirectUri>,

    /// Wait for the browser for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// Print the address of the login page instead of opening it
    #[arg(long)]
    no_browser: bool,

    /// Run the whole login against a local service inside this program: no account is needed
    ///
    /// --client-id and --base-url are the local service's then. Where no browser can be opened, the first user signs in.
    #[arg(long)]
    demo: bool,

    /// With --demo: play this person at the login page, alice@example.com for instance, instead of opening a browser
    #[arg(long = "as", value_name = "EMAIL")]
    play: Option<String>,
}

/// Logs somebody in.
pub(crate) fn run(args: &Args, output: &Output) -> Result<LoggedIn, Failure> {
    if args.play.is_some() && !args.demo {
        return Err(Failure::new(
            Exit::Usage,
            "--as plays a person at the login page of the demonstration: it needs --demo",
        ));
    }
    let demo = args.demo.then(Demo::start).transpose()?;
    let client = match &demo {
        Some(demo) => application::client(demo.client_id(), Some(demo.base_url()))?,
        None => args.application.client()?,
    };
    if let Some(demo) = &demo {
        output.say(format_args!(
            "demo: a local service at {} plays WorkOS; nothing there is real",
            demo.base_url()
        ));
    }
    let listener = args.listener()?;
    let (url, pending) = args.begin(&client, &listener);
    args.invite(&url, demo.as_ref(), listener.canceller(), output)?;

    let timeout = pending.expires_in(SystemTime::now());
    let exchanging = listener.wait_with(&client, pending, timeout, |left| {
        output.wait_for("waiting for the login in the browser", Some(left));
    })?;
    output.wait_for("exchanging the code", None);
    let agent = match &demo {
        Some(_) => demo::agent(),
        None => agent(),
    };
    let session = exchange(&agent, exchanging, output)?
        .authenticated()
        .map_err(|error| match &demo {
            Some(demo) => demo.explain(error.into()),
            None => error.into(),
        })?;
    Ok(LoggedIn::new(&session, SystemTime::now()))
}

impl Args {
    /// Listens before the login begins, because the login needs to know where.
    fn listener(&self) -> Result<Listener, Failure> {
        let listener = match &self.redirect_uri {
            Some(redirect_uri) => Listener::bind_for(redirect_uri),
            None => Listener::bind_port(self.port.unwrap_or(0)),
        };
        Ok(listener?.app_name("workos-login"))
    }

    fn begin(&self, client: &Client, listener: &Listener) -> (Url, AwaitingCallback) {
        let via = match &self.provider {
            Some(name) => Via::Provider(Provider::from(name.as_str())),
            None => Via::AuthKit(Screen::Default),
        };
        let mut start = client
            .login(via, listener.redirect_uri().clone())
            .expires_after(Duration::from_secs(self.timeout));
        if let Some(organization) = &self.organization {
            start = start.organization(organization);
        }
        start.begin(SystemTime::now(), &mut rand::rng())
    }

    /// Brings somebody to the login page: a browser, a person with the address, or the person that the demonstration plays.
    fn invite(
        &self,
        url: &Url,
        demo: Option<&Demo>,
        listener: Canceller,
        output: &Output,
    ) -> Result<(), Failure> {
        let show = |what: &dyn Display| {
            output.say(what);
            output.say(url);
        };
        if let Some(demo) = demo
            && let Some(email) = &self.play
        {
            let person = demo.person(Some(email))?;
            output.say(format_args!(
                "demo: {} signs in at the login page",
                person.email
            ));
            return demo.play(url, &person.email, listener);
        }
        if self.no_browser {
            show(&"open this address in a browser on this machine:");
            return Ok(());
        }
        match (browser::open(url.as_str()), demo) {
            (Ok(()), _) => {
                show(&"the login page is open in your browser; if it is not, open this address:")
            }
            (Err(error), Some(demo)) => {
                let person = demo.person(None)?;
                output.say(format_args!(
                    "demo: no browser can be opened here ({error}), so {} signs in at the login page",
                    person.email
                ));
                demo.play(url, &person.email, listener)?;
            }
            (Err(error), None) => show(&format_args!(
                "no browser can be opened here ({error}); open this address in one on this machine:"
            )),
        }
        Ok(())
    }
}

/// Exchanges the code. An answer that is lost, or says "not now", is asked for again: the code is good for one answer, so
/// that no harm is done.
fn exchange(
    agent: &Agent,
    mut exchanging: Exchanging,
    output: &Output,
) -> Result<Outcome, Failure> {
    let mut retries = 0..RETRIES;
    loop {
        let error = match send(agent, exchanging) {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        let Some(wait) = error
            .retry_in(SystemTime::now())
            .filter(|_| retries.next().is_some())
        else {
            return Err(error.into());
        };
        output.say(format_args!(
            "{error}; asking again in {}",
            format_duration(wait)
        ));
        thread::sleep(wait);
        exchanging = error.into_state();
    }
}

/// How often an exchange without an answer is repeated.
const RETRIES: u32 = 3;
