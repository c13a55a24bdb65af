//! A login from a terminal without a browser on the same machine, for example over SSH.
//!
//! The authorization URL is opened in any browser. No server listens at the redirect URI, so the browser shows an error,
//! but its address bar contains the callback URL, which the user pastes here.
//!
//! ```console
//! $ WORKOS_CLIENT_ID=client_123 cargo run -p workos-login-ureq --example terminal
//! ```
//!
//! `http://127.0.0.1:8080/callback` must be a redirect URI of the client. `WORKOS_BASE_URL` is the base URL of another
//! service, such as a mock server.

use std::env;
use std::error::Error;
use std::io;
use std::thread;
use std::time::SystemTime;

use workos_login_ureq::workos_login::{
    self, AwaitingCallback, BlockingHttpClient, Callback, Client, ConnectionSelector, Exchanging,
    Outcome, Screen,
};

fn main() -> Result<(), Box<dyn Error>> {
    let id = env::var("WORKOS_CLIENT_ID").map_err(|_| "WORKOS_CLIENT_ID is not set")?;
    let mut client = Client::public(id.parse()?);
    if let Ok(url) = env::var("WORKOS_BASE_URL") {
        client = client.base_url(url.parse()?)?;
    }

    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::SignIn),
            "http://127.0.0.1:8080/callback".parse()?,
        )
        .begin(SystemTime::now(), &mut rand::rng());
    println!("Open this URL in a browser and log in:\n\n{url}\n");
    println!("The browser ends on a page that it cannot load. Paste the URL of that page here:");

    let exchanging = paste(&client, pending)?;
    let session = exchange(exchanging)?.authenticated()?;
    let name = session
        .user()
        .map_or("", |user| user.name().or(user.email()).unwrap_or(user.id()));
    // The name is untrusted, and a terminal interprets control characters.
    println!("Hello {}", name.escape_debug());
    Ok(())
}

/// Reads lines until one of them is the callback of this login.
fn paste(client: &Client, mut pending: AwaitingCallback) -> Result<Exchanging, Box<dyn Error>> {
    for line in io::stdin().lines() {
        let callback = match Callback::parse(line?.trim()) {
            Ok(callback) => callback,
            Err(error) => {
                println!("{error}. Paste the whole URL:");
                continue;
            }
        };
        let refused = match pending.accept(client, callback, SystemTime::now()) {
            Ok(exchanging) => return Ok(exchanging),
            Err(refused) => refused,
        };
        match refused.into_parts() {
            (still_pending, error @ workos_login::Error::CallbackMismatch(_)) => {
                println!("{error}:");
                pending = still_pending;
            }
            (_, error) => return Err(error.into()),
        }
    }
    Err("no callback URL was pasted".into())
}

/// Exchanges the code. Retries if the service is unavailable or the response is lost.
fn exchange(mut exchanging: Exchanging) -> Result<Outcome, Box<dyn Error>> {
    let http = workos_login_ureq::agent();
    let mut retries = 3;
    loop {
        let error = match http.send(exchanging) {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        match error.retry_in(SystemTime::now()) {
            Some(wait) if retries > 0 => {
                eprintln!("{error}");
                retries -= 1;
                thread::sleep(wait);
                exchanging = error.into_state();
            }
            _ => return Err(error.into()),
        }
    }
}
