//! Checks of Django OAuth Toolkit alone: a device login with what its metadata lacks.

use workos_login::Client;

use crate::adapter::Adapter;
use crate::checks::{Check, Checked, ensure};
use crate::oauth::{Target, discover, log_in_device};
use crate::steps::refresh;

pub(crate) const CHECKS: &[Check<Target>] = &[(
    "a device login without an ID token has its user from the userinfo response",
    device_login,
)];

fn device_login(adapter: &Adapter, target: &Target) -> Checked {
    let server = discover(adapter, target)?.server().clone();
    // The metadata has no device authorization endpoint, and a client of this server has one grant.
    let endpoint = format!("{}/device-authorization/", target.issuer).parse()?;
    let server = server.device_authorization_endpoint(&endpoint)?;
    let client = Client::oauth("interop_device".parse()?, server);
    let session = log_in_device(adapter, &client)?;
    ensure(
        session.user().is_none(),
        "there is a user without an ID token",
    )?;
    let session = refresh(adapter, &client, &session)?;
    let session = adapter.send(session.fetch_user_info(&client)?)?;
    let email = session.user().and_then(|user| user.email());
    ensure(
        email == Some("alice@example.com"),
        "the e-mail address is different",
    )
}
