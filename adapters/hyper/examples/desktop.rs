//! A desktop application that is called back through a scheme of its own.
//!
//! The login runs in the browser of the system, where the user's password manager and sessions are and where the
//! application cannot look over their shoulder; never in an embedded web view (RFC 8252 section 8.12).
//!
//! The system starts a registered application with the address as its argument, and that second process hands it
//! to the one that runs. Here every line of the standard input is such an address:
//!
//! ```console
//! $ WORKOS_CLIENT_ID=client_123 cargo run -p workos-login-hyper --example desktop
//! ```
//!
//! `com.example.notes:/callback` has to be among the redirect URIs of the client. `WORKOS_BASE_URL` names another
//! service: a local one, for a try.

use std::env;
use std::error::Error;
use std::time::SystemTime;

use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use workos_login_hyper::workos_login::{
    self, AwaitingCallback, Callback, Client, ConnectionSelector, Exchanging, Screen,
};
use workos_login_hyper::{client, send};

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
    println!("The login continues in your browser. If none opens, go to:\n\n{url}\n");
    // Its error would show the address, which is not for logs. It stands above.
    let _ = open::that_detached(url.as_str());

    let exchanging = wait(&workos, pending).await?;
    let session = send(&client()?, exchanging).await?.authenticated()?;
    let user = session.user();
    let name = user.name().or(user.email()).unwrap_or(user.id());
    // Names come from elsewhere, and a terminal obeys control characters.
    println!("Hello {}", name.escape_debug());
    Ok(())
}

/// Takes addresses that the application is opened with until one is the callback of this login.
async fn wait(
    workos: &Client,
    mut pending: AwaitingCallback,
) -> Result<Exchanging, Box<dyn Error>> {
    let mut opened = BufReader::new(stdin()).lines();
    while let Some(address) = opened.next_line().await? {
        // An application is opened with other addresses too: a document, a link to one of its pages.
        if !pending.is_callback(&address) {
            println!("This is not a callback, another part of the application opens it.");
            continue;
        }
        let callback = match Callback::parse(&address) {
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
            // Any program can open an address of ours.
            (still_pending, error @ workos_login::Error::CallbackMismatch(_)) => {
                eprintln!("{error}");
                pending = still_pending;
            }
            (_, error) => return Err(error.into()),
        }
    }
    Err("the application was closed before the login came back".into())
}
