//! A login in a browser on this machine, with a loopback redirect URI.

use std::io;
use std::time::SystemTime;

use workos_login::url::Url;
use workos_login::{AwaitingCallback, Error, Exchanging, Outcome};
use workos_login_loopback::{Listener, PendingPage, Progress};

use crate::app::NativeApp;
use crate::error::NativeError;
use crate::login::context::Context;
use crate::login::device;
use crate::login::event::{Browser, LoginEvent, Page};
use crate::login::options::DeviceGrant;

/// Logs the user in.
pub(crate) fn log_in(app: &NativeApp, context: &mut Context<'_>) -> Result<Outcome, NativeError> {
    // The login begins after the port is bound, because only then is the redirect URI known.
    let listener = match &app.redirect_uri {
        Some(redirect_uri) => Listener::bind_for(redirect_uri),
        None => Listener::bind(),
    };
    let listener = listener?.app_name(&*app.name);
    context.login.canceller.attach(listener.canceller());
    let lifetime = context.time_left()?;
    let redirect_uri = listener.redirect_uri().clone();
    let (url, pending) = context.login.begin(&app.client, redirect_uri, lifetime);

    let opened = context.login.opener.as_mut().map(|open| open(&url));
    if let Some(Err(error)) = &opened
        && let Some(outcome) = instead(app, context, error)?
    {
        return Ok(outcome);
    }
    report_page(context, &url, opened.as_ref());
    let (exchanging, page) = wait(app, context, listener, pending)?;
    context.report(LoginEvent::ExchangingCode);
    let outcome = context.send(exchanging);
    match &outcome {
        Ok(Outcome::Authenticated(_)) => context.page = Some(page),
        _ => page.respond(&outcome),
    }
    outcome
}

/// Logs the user in with the device authorization grant, because no browser can be opened; `None` if that is not possible.
fn instead(
    app: &NativeApp,
    context: &mut Context<'_>,
    error: &io::Error,
) -> Result<Option<Outcome>, NativeError> {
    if context.login.device != DeviceGrant::IfNoBrowser || !context.login.can_use_device_grant() {
        return Ok(None);
    }
    let device = match device::request(app, context) {
        Ok(device) => device,
        // The grant is not enabled for this client.
        Err(NativeError::Login(
            Error::Client(_) | Error::Denied(_) | Error::Malformed(_) | Error::Rejected(_),
        )) => return Ok(None),
        Err(NativeError::DeviceUnsupported(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    device::wait(app, context, device, Browser::Failed(error)).map(Some)
}

fn report_page(context: &mut Context<'_>, url: &Url, opened: Option<&io::Result<()>>) {
    context.report(LoginEvent::Page(Page {
        url,
        printed_url: url.as_str(),
        user_code: None,
        browser: Browser::from(opened),
    }));
}

fn wait(
    app: &NativeApp,
    context: &mut Context<'_>,
    listener: Listener,
    pending: AwaitingCallback,
) -> Result<(Exchanging, PendingPage), NativeError> {
    let client = app.client.any();
    let timeout = pending.expires_in(SystemTime::now());
    let progress = &mut context.login.progress;
    let waited = listener.wait_with(&client, pending, timeout, |event| match event {
        Progress::Remaining(left) => progress(LoginEvent::WaitingForCallback { left }),
        Progress::MalformedCallback(error) => progress(LoginEvent::MalformedCallback(error)),
        _ => {}
    });
    Ok(waited?)
}

impl<'a> From<Option<&'a io::Result<()>>> for Browser<'a> {
    fn from(opened: Option<&'a io::Result<()>>) -> Self {
        match opened {
            Some(Ok(())) => Self::Opened,
            Some(Err(error)) => Self::Failed(error),
            None => Self::NotOpened,
        }
    }
}
