//! Checks of glewlwyd alone, whose error responses have no error code.

use workos_login::{Authenticated, Client, Error, OAuth};

use crate::adapter::Adapter;
use crate::checks::{Check, Checked};
use crate::oauth::{Target, discover, logged_in};
use crate::steps::{expect, refresh};

pub(crate) const CHECKS: &[Check<Target>] = &[
    ("a used refresh token ends the session", replay),
    (
        "a revocation that requires a client secret is an error, and the session remains",
        refused_revocation,
    ),
];

fn replay(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let used = logged_in(adapter, &client)?;
    let fresh = refresh(adapter, &client, &used)?;
    // Reuse detection disables the new refresh token, too.
    expect_rejected(adapter, &client, &used)?;
    expect_rejected(adapter, &client, &fresh)
}

fn refused_revocation(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let session = logged_in(adapter, &client)?;
    let revoking = session.clone().revoke(&client).map_err(Error::from)?;
    expect(adapter.send(revoking), is_rejected)?;
    refresh(adapter, &client, &session)?;
    Ok(())
}

fn expect_rejected(adapter: &Adapter, client: &Client<OAuth>, session: &Authenticated) -> Checked {
    expect(refresh(adapter, client, session), is_rejected)
}

fn is_rejected(error: &Error) -> bool {
    matches!(error, Error::Rejected(response) if response.code().is_none())
}
