//! Pending logins, each in a sealed cookie of its own, so that parallel tabs work.
//!
//! The cookie binds the login to the browser that began it (login CSRF, RFC 9700 section 4.7).

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use workos_login::AwaitingCallback;
use workos_login::limits::PENDING_LOGIN_TTL;

use crate::settings::Settings;

/// The maximum number of pending logins of a browser. Together they are shorter than the maximum of most servers for all headers.
const MAX_PENDING: usize = 4;

/// A pending login as its cookie holds it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) login: AwaitingCallback,
    pub(crate) return_to: String,
}

/// Returns the headers that set the cookie of a new login, and delete the oldest ones beyond the maximum.
pub(crate) fn set(settings: &Settings, headers: &HeaderMap, pending: &Pending) -> Vec<HeaderValue> {
    let cookies = &settings.cookies;
    let name = format!("{}{:08x}", cookies.pending_prefix, rand::random::<u32>());
    let text = serde_json::to_vec(pending).expect("a pending login is an object of texts");
    let sealed = settings
        .keys
        .seal(&settings.context(&name), &text, &mut rand::rng());
    let value = URL_SAFE_NO_PAD.encode(sealed);

    let now = settings.now();
    let mut others: Vec<(std::time::Duration, String)> = cookies
        .pending(headers)
        .map(|(name, value)| {
            let opened = open(settings, name, value);
            // One that does not open counts as the oldest.
            let left = opened.map_or(std::time::Duration::ZERO, |pending| {
                pending.login.expires_in(now)
            });
            (left, name.to_owned())
        })
        .collect();
    others.sort();
    let excess = (others.len() + 1).saturating_sub(MAX_PENDING);
    let evicted = others[..excess]
        .iter()
        .map(|(_, name)| cookies.delete(name));
    std::iter::once(cookies.set(&name, value, PENDING_LOGIN_TTL))
        .chain(evicted)
        .collect()
}

/// Finds the pending login of a callback by its `state`, among those of this browser, and the name of its cookie.
pub(crate) fn find(
    settings: &Settings,
    headers: &HeaderMap,
    uri: &str,
) -> Option<(String, Pending)> {
    settings.cookies.pending(headers).find_map(|(name, value)| {
        let pending = open(settings, name, value)?;
        let is_it = pending.login.matches_state(uri);
        is_it.then(|| (name.to_owned(), pending))
    })
}

fn open(settings: &Settings, name: &str, value: &str) -> Option<Pending> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    let text = settings.keys.open(&settings.context(name), &sealed)?;
    serde_json::from_slice(&text).ok()
}
