//! A desktop application with a private-use URI scheme.
//!
//! The login uses the system's browser, which has the user's password manager and sessions, and never an embedded web
//! view, which the application could read (RFC 8252 section 8.12).
//!
//! The system starts the registered application with the callback URL as its argument, and that second process passes it
//! to the running one. Here each line of the standard input is such a URL:
//!
//! ```console
//! $ WORKOS_CLIENT_ID=client_123 cargo run -p workos-login-hyper --example private_use_scheme
//! ```
//!
//! `com.example.notes:/callback` must be a redirect URI of the client. `WORKOS_BASE_URL` is the base URL of another
//! service, such as a mock server.

use std::env;
use std::error::Error;
use std::time::SystemTime;

use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use workos_login_hyper::workos_login::{
    self, AwaitingCallback, Callback, Client, ConnectionSelector, Exchanging, HttpClient, Screen,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let id = env::var("WORKOS_CLIENT_ID").map_err(|_| "WORKOS_CLIENT_ID is not set")?;
    let mut workos = Client::public(id.parse()?);
    if let Ok(url) = env::var("WORKOS_BASE_URL") {
        workos = workos.base_url(url.parse()?)?;
    }

    let (url, pending) = workos
        .login(
            ConnectionSelector::AuthKit(Screen::SignIn),
            "com.example.notes:/callback".parse()?,
        )
        .begin(SystemTime::now(), &mut rand::rng());
    println!("The login continues in the browser. If it does not open, go to:\n\n{url}\n");
    // The error is dropped, because it contains the URL, which must not be logged.
    let _ = open::that_detached(url.as_str());

    let exchanging = wait(&workos, pending).await?;
    let http = workos_login_hyper::client()?;
    let session = http.send(exchanging).await?.authenticated()?;
    let name = session
        .user()
        .map_or("", |user| user.name().or(user.email()).unwrap_or(user.id()));
    // The name is untrusted, and a terminal interprets control characters.
    println!("Hello {}", name.escape_debug());
    Ok(())
}

/// Reads the URLs that the application is opened with until one of them is the callback of this login.
async fn wait(
    workos: &Client,
    mut pending: AwaitingCallback,
) -> Result<Exchanging, Box<dyn Error>> {
    let mut opened = BufReader::new(stdin()).lines();
    while let Some(url) = opened.next_line().await? {
        // An application is opened with other URLs too, such as a document or a link to one of its pages.
        if !pending.is_callback(&url) {
            println!("not a callback; another part of the application opens it");
            continue;
        }
        let callback = match Callback::parse(&url) {
            Ok(callback) => callback,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let refused = match pending.accept(workos, callback, SystemTime::now()) {
            Ok(exchanging) => return Ok(exchanging),
            Err(refused) => refused,
        };
        match refused.into_parts() {
            // Any program can open a URL with this scheme.
            (still_pending, error @ workos_login::Error::CallbackMismatch(_)) => {
                eprintln!("{error}");
                pending = still_pending;
            }
            (_, error) => return Err(error.into()),
        }
    }
    Err("the application was closed before the callback arrived".into())
}
