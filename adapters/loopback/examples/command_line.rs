//! Logs in from a terminal, shows the remaining time, and cancels on Enter.
//!
//! `cargo run --example command_line -- client_123`, with the client ID of a WorkOS environment that has a redirect URI on
//! 127.0.0.1.

use std::env;
use std::error::Error;
use std::io;
use std::thread;
use std::time::SystemTime;

use workos_login::{BlockingHttpClient, Client, ConnectionSelector, Screen};
use workos_login_loopback::{Listener, Progress, WaitError};

fn main() -> Result<(), Box<dyn Error>> {
    let id = env::args().nth(1).ok_or("usage: command_line CLIENT_ID")?;
    let client = Client::public(id.parse()?);
    let listener = Listener::bind()?.app_name("Acme CLI");

    let now = SystemTime::now();
    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::SignIn),
            listener.redirect_uri().clone(),
        )
        .begin(now, &mut rand::rng());
    println!("Open {url}\nPress Enter to cancel.");

    let canceller = listener.canceller();
    thread::spawn(move || {
        if io::stdin()
            .read_line(&mut String::new())
            .is_ok_and(|read| read > 0)
        {
            canceller.cancel();
        }
    });

    let timeout = pending.expires_in(now);
    let outcome = listener.wait_with(&client, pending, timeout, |progress| match progress {
        Progress::Remaining(remaining) => eprint!(
            "\rWaiting for the callback, {:>3} s left ",
            remaining.as_secs()
        ),
        Progress::MalformedCallback(error) => eprintln!("\rIgnored a callback: {error}"),
        _ => {}
    });
    eprintln!();
    match outcome {
        Ok((exchanging, page)) => {
            let outcome = workos_login_ureq::agent().send(exchanging);
            page.respond(&outcome);
            let session = outcome?.authenticated()?;
            let email = session.user().and_then(|user| user.email());
            println!(
                "Logged in as {}.",
                email.unwrap_or("a user without an e-mail address")
            );
        }
        Err(WaitError::Cancelled(_)) => println!("Cancelled."),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
