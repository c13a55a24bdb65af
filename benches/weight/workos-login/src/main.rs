//! A login with this library. The arguments are the callback and the body of the token response.

use std::env;
use std::error::Error;
use std::time::SystemTime;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use workos_login::{Callback, Client, ConnectionSelector, Exchange, Screen, http};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, callback, body] = &arguments[..] else {
        return Err("usage: login CALLBACK RESPONSE".into());
    };
    let client = Client::public("client_123".parse()?);
    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            "http://127.0.0.1:8080/callback".parse()?,
        )
        .begin(SystemTime::now(), &mut UnwrapErr(SysRng));
    println!("{url}");
    let exchanging = pending.accept(&client, Callback::parse(callback)?, SystemTime::now())?;
    println!("{:?}", exchanging.request());
    let response = http::Response::builder()
        .header("content-type", "application/json")
        .body(body)?;
    let session = exchanging
        .response(response, SystemTime::now())?
        .authenticated()?;
    println!(
        "{} {:?} {:?}",
        session.user().map_or("", |user| user.id()),
        session.session_id(),
        session.expires_in(SystemTime::now())
    );
    Ok(())
}
