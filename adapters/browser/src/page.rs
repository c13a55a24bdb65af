//! The page: its address, its visibility, and the pending logins in its session storage.

use std::future::pending;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{Document, HtmlDocument, Storage, Window};
use workos_login::AwaitingCallback;
use workos_login::secrecy::{ExposeSecret, SecretString};
use workos_login::url::Url;

use crate::error::LoginError;
use crate::js;

/// The prefix of the keys. The rest is the `state`, so that logins that were begun in one tab do not replace each other.
const PENDING: &str = "workos-login:pending:";

/// The readable cookie that tells that the service has a session for some client IDs.
const HINT: &str = "workos-has-session";

/// The parameters that an authorization response adds (RFC 6749 section 4.1.2 and RFC 9207).
const RESPONSE: [&str; 6] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
];

fn window() -> Result<Window, LoginError> {
    web_sys::window().ok_or(LoginError::Page)
}

fn storage() -> Result<Storage, LoginError> {
    let storage = window()?.session_storage().map_err(|_| LoginError::Page)?;
    storage.ok_or(LoginError::Page)
}

/// Returns the address of the page.
pub(crate) fn address() -> Result<String, LoginError> {
    window()?.location().href().map_err(|_| LoginError::Page)
}

/// Removes the authorization response from the address bar and from the history.
pub(crate) fn clean_address(address: &str) -> Result<(), LoginError> {
    let mut url = Url::parse(address).map_err(|_| LoginError::Page)?;
    let kept: Vec<_> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| !RESPONSE.contains(&&**name))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    let history = window()?.history().map_err(|_| LoginError::Page)?;
    history
        .replace_state_with_url(&JsValue::NULL, "", Some(url.as_str()))
        .map_err(|_| LoginError::Page)
}

pub(crate) fn navigate(url: &str) -> Result<(), LoginError> {
    let location = window()?.location();
    location.assign(url).map_err(|_| LoginError::Page)
}

pub(crate) fn store_pending(state: &str, pending: &AwaitingCallback) -> Result<(), LoginError> {
    let form = serde_json::to_string(pending).map_err(|_| LoginError::Page)?;
    storage()?
        .set_item(&format!("{PENDING}{state}"), &form)
        .map_err(|_| LoginError::Page)
}

/// Takes the pending login of a `state` out of the storage: it can be used once.
pub(crate) fn take_pending(state: &str) -> Result<Option<AwaitingCallback>, LoginError> {
    let storage = storage()?;
    let key = format!("{PENDING}{state}");
    let form = storage.get_item(&key).map_err(|_| LoginError::Page)?;
    storage.remove_item(&key).map_err(|_| LoginError::Page)?;
    // A form that cannot be read is of no use: the login begins again.
    Ok(form.and_then(|form| serde_json::from_str(&form).ok()))
}

/// Returns whether the hint cookie names a client: it is `1`, or the client IDs with dots between them.
pub(crate) fn has_hint(client_id: &str) -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let cookies = document
        .and_then(|document| document.dyn_into::<HtmlDocument>().ok()?.cookie().ok())
        .unwrap_or_default();
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| *name == HINT)
        .any(|(_, value)| value == "1" || value.split('.').any(|id| id == client_id))
}

/// The refresh token of a client in the `localStorage` of a loopback origin, as authkit-js keeps it in its development mode.
#[derive(Clone)]
pub(crate) struct LocalToken {
    storage: Storage,
    key: String,
}

impl LocalToken {
    /// Returns `None` unless the page has a loopback origin.
    pub(crate) fn new(client_id: &str) -> Option<Self> {
        let window = web_sys::window()?;
        let host = window.location().hostname().ok()?;
        if !["localhost", "127.0.0.1", "[::1]"].contains(&&*host) {
            return None;
        }
        Some(Self {
            storage: window.local_storage().ok()??,
            key: format!("workos:refresh-token:{client_id}"),
        })
    }

    pub(crate) fn load(&self) -> Option<SecretString> {
        self.storage.get_item(&self.key).ok()?.map(Into::into)
    }

    /// Keeps a refresh token. It fails if the storage is full.
    pub(crate) fn save(&self, token: &SecretString) -> Result<(), LoginError> {
        let saved = self.storage.set_item(&self.key, token.expose_secret());
        saved.map_err(|_| LoginError::Page)
    }

    pub(crate) fn clear(&self) {
        // Removing fails for no storage that could be read.
        let _ = self.storage.remove_item(&self.key);
    }
}

/// Waits until the page is visible. A worker has no page, and does not wait.
pub(crate) async fn visible() {
    let document = web_sys::window().and_then(|window| window.document());
    if document.is_some_and(|document| document.hidden()) {
        becomes_visible().await;
    }
}

/// Waits until the page, visible or not, becomes visible again. In a worker it waits for ever.
pub(crate) async fn becomes_visible() {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return pending().await;
    };
    loop {
        let (changed, resolve) = js::deferred();
        let _listener = Listener::new(&document, resolve);
        js::settled(changed).await;
        if !document.hidden() {
            return;
        }
    }
}

/// A listener for a change of the visibility, until it is dropped.
struct Listener<'a>(&'a Document, Function);

impl<'a> Listener<'a> {
    fn new(document: &'a Document, function: Function) -> Self {
        // It fails for a worker only, which has no document.
        let _ = document.add_event_listener_with_callback(CHANGE, &function);
        Self(document, function)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let _ = self.0.remove_event_listener_with_callback(CHANGE, &self.1);
    }
}

const CHANGE: &str = "visibilitychange";
