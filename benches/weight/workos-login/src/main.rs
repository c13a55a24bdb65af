//! A login with this project's crate alone: one argument is the callback address, the other the answer of the service.

use std::env;
use std::error::Error;
use std::time::SystemTime;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use workos_login::{Callback, Client, Exchange, Screen, ConnectionSelector, http};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, address, answer] = &arguments[..] else {
        return Err("usage: login ADDRESS ANSWER".into());
    };
    let client = Client::public("client_123".parse()?);
    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            "http://127.0.0.1:8080/callback".parse()?,
        )
        .begin(SystemTime::now(), &mut UnwrapErr(SysRng));
    println!("{url}");
    let exchanging = pending.accept(&client, Callback::parse(address)?, SystemTime::now())?;
    println!("{:?}", exchanging.request());
    let response = http::Response::builder()
        .header("content-type", "application/json")
        .body(answer)?;
    let session = exchanging
        .response(response, SystemTime::now())?
        .authenticated()?;
    println!(
        "{} {:?} {:?}",
        session.user().id(),
        session.session_id(),
        session.expires_in(SystemTime::now())
    );
    Ok(())
}
