//! A login from a terminal that has no browser beside it, over SSH for one.
//!
//! The address is opened in a browser anywhere. Nobody listens where the browser is sent in the end, so it shows an
//! error there, but its address bar has the callback, which is pasted here.
//!
//! ```console
//! $ WORKOS_CLIENT_ID=client_123 cargo run -p workos-login-ureq --example terminal
//! ```
//!
//! `http://127.0.0.1:8080/callback` has to be among the redirect URIs of the client. `WORKOS_BASE_URL` names another
//! service: a local one, for a try.

use std::env;
use std::error::Error;
use std::io;
use std::thread;
use std::time::SystemTime;

use workos_login_ureq::workos_login::{
    self, AwaitingCallback, Callback, Client, ConnectionSelector, Exchanging, Outcome, Screen,
};
use workos_login_ureq::{agent, send};

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
    println!("Open this address in a browser and log in:\n\n{url}\n");
    println!(
        "The browser ends on a page that it cannot load. Paste the address of that page here:"
    );

    let exchanging = paste(&client, pending)?;
    let session = exchange(exchanging)?.authenticated()?;
    let user = session.user();
    let name = user.name().or(user.email()).unwrap_or(user.id());
    // Names come from elsewhere, and a terminal obeys control characters.
    println!("Hello {}", name.escape_debug());
    Ok(())
}

/// Reads lines until one is the callback of this login.
fn paste(client: &Client, mut pending: AwaitingCallback) -> Result<Exchanging, Box<dyn Error>> {
    for line in io::stdin().lines() {
        let callback = match Callback::parse(line?.trim()) {
            Ok(callback) => callback,
            Err(error) => {
                println!("{error}. Paste the whole address:");
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
    Err("no address was pasted".into())
}

/// Sends the code, and sends it again where the service was busy or no answer came.
fn exchange(mut exchanging: Exchanging) -> Result<Outcome, Box<dyn Error>> {
    let agent = agent();
    let mut retries = 3;
    loop {
        let error = match send(&agent, exchanging) {
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
