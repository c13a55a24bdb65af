//! The floor of stored forms: serde_json writes and reads the same text, with borrowed strings and without a check.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::response::{Impersonator, ProviderTokens, User};
use crate::work::Work;
use crate::{Row, ours};

pub(crate) fn work(row: Row) -> Option<Work> {
    // The text lives as long as the process, because the value that is written borrows from it.
    let pending: &'static str = ours::stored_pending().leak();
    let session: &'static str = ours::stored_session().leak();
    let read_pending = || serde_json::from_str::<Pending<'_>>(pending).expect("a stored form");
    let read_session = || serde_json::from_str::<Session<'_>>(session).expect("a stored form");
    Some(match row {
        Row::StorePending => {
            let value = read_pending();
            Work::new(|| (), move |()| serde_json::to_string(&value))
        }
        Row::LoadPending => Work::new(|| (), move |()| read_pending()),
        Row::StoreSession => {
            let value = read_session();
            Work::new(|| (), move |()| serde_json::to_string(&value))
        }
        Row::LoadSession => Work::new(|| (), move |()| read_session()),
        _ => return None,
    })
}

#[derive(Deserialize, Serialize)]
struct Pending<'a> {
    version: u64,
    client_id: &'a str,
    issuer: &'a str,
    redirect_uri: &'a str,
    state: &'a str,
    code_verifier: &'a str,
    started_at: u64,
    lifetime: u64,
}

#[derive(Deserialize, Serialize)]
struct Session<'a> {
    version: u64,
    client_id: &'a str,
    issuer: &'a str,
    organization_id: &'a str,
    session_id: &'a str,
    access_token: &'a str,
    refresh_token: &'a str,
    authkit_authorization_code: &'a str,
    authentication_method: &'a str,
    received_at: u64,
    lifetime: u64,
    #[serde(borrow)]
    user: User<&'a str, &'a RawValue>,
    impersonator: Impersonator<&'a str>,
    #[serde(borrow)]
    provider_tokens: ProviderTokens<&'a str, &'a str, &'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_read_and_written() {
        let pending = ours::stored_pending();
        let read: Pending<'_> = serde_json::from_str(&pending).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), pending);
        let session = ours::stored_session();
        let read: Session<'_> = serde_json::from_str(&session).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), session);
    }
}
