//! A desktop application on Linux: the callback is a link with a private-use URI scheme (RFC 8252 section 7.1).
//!
//! `cargo run -p workos-login-native --example desktop` registers the scheme, opens the browser and runs on. The desktop opens the link in a new
//! process, which hands it over to the running one. If none runs, the new process completes the login: the pending login is in the keyring.
//!
//! `WORKOS_CLIENT_ID` and `WORKOS_BASE_URL` set the client. A line of the session is printed where an application would show a window.

mod instance;
mod scheme;

use std::env;
use std::error::Error;
use std::io::Write as _;

use workos_login_native::workos_login::{Client, url::Url};
use workos_login_native::{HandledUrl, NativeApp, open_browser};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const ID: &str = "com.example.acme";

fn main() -> Result {
    let argument = env::args().nth(1).unwrap_or_default();
    let Some(running) = instance::start_or_hand_over(ID, &argument)? else {
        return Ok(());
    };
    scheme::register(ID, "Acme Desktop")?;
    let app = app()?;
    if argument.is_empty() && app.session()?.is_none() {
        open_browser(app.begin()?.as_str())?;
    }
    let mut next = argument;
    while next != "--quit" {
        // An error is shown to the user and does not end the application.
        let shown = handle(&app, &next).unwrap_or_else(|error| format!("error: {error}"));
        println!("{shown}");
        std::io::stdout().flush()?;
        next = running.next()?;
    }
    Ok(())
}

fn app() -> Result<NativeApp> {
    let mut client = Client::public(env::var("WORKOS_CLIENT_ID")?.parse()?);
    if let Ok(url) = env::var("WORKOS_BASE_URL") {
        client = client.base_url(Url::parse(&url)?)?;
    }
    let app = NativeApp::new(client, "Acme Desktop");
    Ok(app.redirect_uri(format!("{ID}:/callback").parse()?))
}

/// Handles what this process or a later one was started with, and returns what the user sees.
fn handle(app: &NativeApp, argument: &str) -> Result<String> {
    if argument == "--log-out" {
        app.log_out()?;
    } else if !argument.is_empty() {
        match app.handle_url(argument)? {
            HandledUrl::Session(_) => {}
            HandledUrl::Ignored => return Ok("the link is not of the present login".to_owned()),
            HandledUrl::NotOurs => return Ok("the link is not of this application".to_owned()),
        }
    }
    let session = match app.session()? {
        Some(session) => session.authenticated()?,
        None => None,
    };
    let user = session.as_ref().and_then(|session| session.user());
    Ok(match user.and_then(|user| user.email()) {
        Some(email) => format!("logged in as {email}"),
        None => "not logged in".to_owned(),
    })
}
