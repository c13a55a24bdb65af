//! A login in the browser of this machine, which comes back by a callback.

use std::time::{Duration, SystemTime};

use workos_login::url::Url;
use workos_login::{Client, ClientKind, Outcome, RedirectUri, Start};
use workos_login_loopback::{Listener, Progress};

use crate::failure::Failure;
use crate::login::Desk;
use crate::login::page::Page;
use crate::login::send::ask;

/// Logs somebody in who can use a browser on this machine. `start` begins the login that comes back to an address.
pub(crate) fn log_in<'c, A: ClientKind>(
    desk: &Desk<'_>,
    client: &'c Client<A>,
    start: impl FnOnce(RedirectUri) -> Start<'c, A>,
) -> Result<Outcome, Failure> {
    let Desk {
        args,
        agent,
        output,
        ..
    } = desk;
    let listener = match &args.redirect_uri {
        Some(redirect_uri) => Listener::bind_for(redirect_uri),
        None => Listener::bind_port(args.port.unwrap_or(0)),
    };
    // It listens before the login begins, because the login needs to know where.
    let listener = listener?.app_name("workos-login");
    let (url, pending) = start(listener.redirect_uri().clone())
        .expires_after(Duration::from_secs(args.timeout))
        .begin(SystemTime::now(), &mut rand::rng());
    let url = Url::from(url);

    let page = Page {
        open: &url,
        show: url.as_str(),
        machine: "this machine",
    };
    if let Some((demo, person)) = page.visit(desk)? {
        demo.play(&url, &person.email, listener.canceller())?;
    }

    let timeout = pending.expires_in(SystemTime::now());
    let exchanging = listener.wait_with(client, pending, timeout, |progress| match progress {
        Progress::Remaining(left) => {
            output.wait_for("waiting for the login in the browser", Some(left));
        }
        Progress::MalformedCallback(error) => output.warn(error),
        _ => {}
    })?;
    output.wait_for("exchanging the code", None);
    ask(agent, exchanging, CODE_LIFE, output)
}

/// How long an authorization code should be good for at most (RFC 6749 section 4.1.2).
const CODE_LIFE: Duration = Duration::from_secs(600);
