//! A login in a browser on this machine, with a loopback redirect URI.

use std::time::SystemTime;

use workos_login::url::Url;
use workos_login::{Client, ClientKind, Outcome, RedirectUri, Start};
use workos_login_loopback::{Listener, Progress};

use crate::failure::Failure;
use crate::login::context::LoginContext;
use crate::login::page::Page;
use crate::login::send::send;

/// Logs the user in. `start` makes the authorization request for the redirect URI.
pub(crate) fn log_in<'c, A: ClientKind>(
    context: &LoginContext<'_>,
    client: &'c Client<A>,
    start: impl FnOnce(RedirectUri) -> Start<'c, A>,
) -> Result<Outcome, Failure> {
    let LoginContext { args, output, .. } = context;
    // The login begins after the port is bound, because only then is the redirect URI known.
    let listener = match &args.redirect_uri {
        Some(redirect_uri) => Listener::bind_for(redirect_uri),
        None => Listener::bind_port(args.port.unwrap_or(0)),
    };
    let listener = listener?.app_name("workos-login");
    let (url, pending) = start(listener.redirect_uri().clone())
        .expires_after(context.time_left()?)
        .begin(SystemTime::now(), &mut rand::rng());
    let url = Url::from(url);

    let page = Page {
        url: &url,
        printed_url: url.as_str(),
        machine: "this machine",
    };
    if let Some((demo, user)) = page.present(context)? {
        demo.log_in(&url, &user.email, listener.canceller())?;
    }

    let timeout = pending.expires_in(SystemTime::now());
    let (exchanging, page) =
        listener.wait_with(client, pending, timeout, |progress| match progress {
            Progress::Remaining(left) => {
                output.show_activity("waiting for the login in the browser", Some(left));
            }
            Progress::MalformedCallback(error) => output.warn_error(error),
            _ => {}
        })?;
    output.show_activity("exchanging the authorization code", None);
    let outcome = send(context, exchanging);
    page.respond(&outcome);
    outcome
}
