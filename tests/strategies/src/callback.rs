//! Redirect URIs and callbacks.
//!
//! A callback belongs to a login, whose `state` is random. So a [`CallbackUri`] is what a callback looks like, and
//! [`CallbackUri::for_login`] writes it for an authorization URL, which contains the `state` and the redirect URI.

use std::borrow::Cow;

use workos_login::RedirectUri;
use workos_login::limits::{MAX_CALLBACK_BYTES, MAX_CODE_BYTES, MAX_STATE_BYTES};
use workos_login::url::Url;
use workos_login::url::form_urlencoded::Serializer;

use crate::choices::{Choices, values};

/// The form of a redirect URI (RFC 8252 section 7).
///
/// ```
/// use workos_login_strategies::RedirectUriForm;
///
/// let form = RedirectUriForm::LoopbackIpv4 { port: 8080 };
/// assert_eq!(form.redirect_uri().as_str(), "http://127.0.0.1:8080/callback");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectUriForm {
    /// A loopback redirect URI with an IPv4 address.
    LoopbackIpv4 {
        /// The port, which is not 0.
        port: u16,
    },
    /// A loopback redirect URI with an IPv6 address.
    LoopbackIpv6 {
        /// The port, which is not 0.
        port: u16,
    },
    /// A loopback redirect URI with the name `localhost`.
    Localhost {
        /// The port, which is not 0.
        port: u16,
    },
    /// A web page.
    Https,
    /// A web page whose redirect URI has a query.
    HttpsWithQuery,
    /// A private-use URI scheme that is a reversed domain name, without an authority.
    PrivateUse,
    /// A private-use URI scheme with an authority.
    PrivateUseWithAuthority,
}

impl RedirectUriForm {
    /// Returns a redirect URI of this form.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it does not panic")]
    pub fn redirect_uri(self) -> RedirectUri {
        let text = match self {
            Self::LoopbackIpv4 { port } => format!("http://127.0.0.1:{}/callback", port.max(1)),
            Self::LoopbackIpv6 { port } => format!("http://[::1]:{}/callback", port.max(1)),
            Self::Localhost { port } => format!("http://localhost:{}/callback", port.max(1)),
            Self::Https => "https://app.example.com/auth/callback".to_owned(),
            Self::HttpsWithQuery => "https://app.example.com/callback?tenant=a%26b".to_owned(),
            Self::PrivateUse => "com.example.app:/callback".to_owned(),
            Self::PrivateUseWithAuthority => "myapp://callback".to_owned(),
        };
        text.parse()
            .expect("each text above is a redirect URI for every port")
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        match choices.below(7) {
            0 => Self::LoopbackIpv4 {
                port: port(choices),
            },
            1 => Self::LoopbackIpv6 {
                port: port(choices),
            },
            2 => Self::Localhost {
                port: port(choices),
            },
            3 => Self::Https,
            4 => Self::HttpsWithQuery,
            5 => Self::PrivateUse,
            _ => Self::PrivateUseWithAuthority,
        }
    }
}

fn port(choices: &mut Choices<'_>) -> u16 {
    match choices.below(3) {
        0 => 8080,
        1 => 80,
        _ => choices.number().max(1),
    }
}

/// The part of a callback that a program receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackForm {
    /// The whole URL, which the operating system or a web view passes on.
    Url,
    /// The path and the query, which a listener reads from a request line.
    Path,
    /// The query, which a web framework passes on.
    Query,
}

impl CallbackForm {
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        choices.one_of(&[Self::Url, Self::Path, Self::Query])
    }
}

/// The content of a callback, and the result that is expected of the pending login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackContent {
    /// An authorization code with the `state` of the login: it is accepted.
    Code,
    /// An authorization error with the `state` of the login: the login is over.
    Error(String),
    /// A callback of another login, or of none: the pending login remains.
    Mismatched(Mismatch),
    /// A callback that no login accepts.
    Malformed(MalformedCallback),
}

/// The reason a callback is not of the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// `state` is missing.
    MissingState,
    /// `state` is empty.
    EmptyState,
    /// The last character of `state` is missing.
    ShorterState,
    /// `state` is of another login.
    OtherState,
    /// `state` is of another login, and there is an authorization error.
    ErrorWithOtherState,
    /// The redirect URI is another one. A query has none, so this callback has the form of a URL.
    OtherRedirectUri,
}

impl Mismatch {
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        choices.one_of(&[
            Self::MissingState,
            Self::EmptyState,
            Self::ShorterState,
            Self::OtherState,
            Self::ErrorWithOtherState,
            Self::OtherRedirectUri,
        ])
    }
}

/// The reason a callback cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MalformedCallback {
    /// There is neither `code` nor `error`.
    NeitherCodeNorError,
    /// `code` is empty.
    EmptyCode,
    /// There are `code` and `error`.
    CodeAndError,
    /// `code` is repeated.
    RepeatedCode,
    /// `state` is repeated.
    RepeatedState,
    /// `code` is longer than [`MAX_CODE_BYTES`].
    LongCode,
    /// `state` is longer than [`MAX_STATE_BYTES`].
    LongState,
    /// The callback is longer than [`MAX_CALLBACK_BYTES`].
    LongUrl,
}

impl MalformedCallback {
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        choices.one_of(&[
            Self::NeitherCodeNorError,
            Self::EmptyCode,
            Self::CodeAndError,
            Self::RepeatedCode,
            Self::RepeatedState,
            Self::LongCode,
            Self::LongState,
            Self::LongUrl,
        ])
    }
}

/// A callback of any kind.
///
/// ```
/// use std::time::SystemTime;
/// use proptest::prelude::*;
/// use workos_login::{Callback, Client, ConnectionSelector, Error, Screen};
/// use workos_login_strategies::{CallbackContent, CallbackUri, CountingRng, RedirectUriForm};
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(callback: CallbackUri, redirect_uri: RedirectUriForm)| {
///     let (url, pending) = client
///         .login(ConnectionSelector::AuthKit(Screen::SignIn), redirect_uri.redirect_uri())
///         .begin(SystemTime::now(), &mut CountingRng::default());
///     let accepted = Callback::parse(&callback.for_login(&url.into()))
///         .and_then(|callback| Ok(pending.accept(&client, callback, SystemTime::now())?));
///     match callback.content() {
///         CallbackContent::Code => prop_assert!(accepted.is_ok()),
///         CallbackContent::Mismatched(_) => {
///             prop_assert!(matches!(accepted, Err(Error::CallbackMismatch(_))));
///         }
///         _ => prop_assert!(accepted.is_err()),
///     }
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackUri {
    form: CallbackForm,
    content: CallbackContent,
    code: String,
    /// A parameter that the protocol does not know.
    unknown: Option<String>,
}

impl CallbackUri {
    /// Makes a callback with this content.
    #[must_use]
    pub fn new(form: CallbackForm, content: CallbackContent) -> Self {
        Self {
            form,
            content,
            code: "code_1".to_owned(),
            unknown: None,
        }
    }

    /// Returns the form. It is ignored for [`Mismatch::OtherRedirectUri`].
    #[must_use]
    pub fn form(&self) -> CallbackForm {
        self.form
    }

    /// Returns what the callback contains.
    #[must_use]
    pub fn content(&self) -> &CallbackContent {
        &self.content
    }

    /// Returns the authorization code of a callback with [`CallbackContent::Code`].
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the callback of the login that began with this authorization URL.
    #[must_use]
    pub fn for_login(&self, authorization_url: &Url) -> String {
        let parameter = |name| parameter(authorization_url, name).unwrap_or_default();
        let redirect_uri = parameter("redirect_uri");
        let query = self.query(&parameter("state"));
        let (address, own_query) = redirect_uri.split_once('?').unwrap_or((&redirect_uri, ""));
        let separator = if own_query.is_empty() { "" } else { "&" };
        let query = format!("{own_query}{separator}{query}");
        if self.content == CallbackContent::Mismatched(Mismatch::OtherRedirectUri) {
            return format!("{address}-other?{query}");
        }
        match self.form {
            CallbackForm::Url => format!("{address}?{query}"),
            CallbackForm::Path => format!("{}?{query}", path(address)),
            CallbackForm::Query => query,
        }
    }

    fn query(&self, state: &str) -> String {
        let code = ("code", self.code.as_str());
        let state_matches = ("state", state);
        let mut query = Serializer::new(String::new());
        match &self.content {
            CallbackContent::Code => query.extend_pairs([code, state_matches]),
            CallbackContent::Error(error) => {
                query.extend_pairs([("error", error.as_str()), state_matches])
            }
            CallbackContent::Mismatched(mismatch) => match mismatch {
                Mismatch::MissingState => query.extend_pairs([code]),
                Mismatch::EmptyState => query.extend_pairs([code, ("state", "")]),
                Mismatch::ShorterState => {
                    let shorter = state.get(..state.len().saturating_sub(1));
                    query.extend_pairs([code, ("state", shorter.unwrap_or_default())])
                }
                Mismatch::OtherState => query.extend_pairs([code, ("state", &other(state))]),
                Mismatch::ErrorWithOtherState => {
                    query.extend_pairs([("error", "access_denied"), ("state", &other(state))])
                }
                Mismatch::OtherRedirectUri => query.extend_pairs([code, state_matches]),
            },
            CallbackContent::Malformed(malformed) => match malformed {
                MalformedCallback::NeitherCodeNorError => query.extend_pairs([state_matches]),
                MalformedCallback::EmptyCode => query.extend_pairs([("code", ""), state_matches]),
                MalformedCallback::CodeAndError => {
                    query.extend_pairs([code, ("error", "access_denied"), state_matches])
                }
                MalformedCallback::RepeatedCode => query.extend_pairs([code, code, state_matches]),
                MalformedCallback::RepeatedState => {
                    query.extend_pairs([code, state_matches, state_matches])
                }
                MalformedCallback::LongCode => {
                    query.extend_pairs([("code", &*"c".repeat(MAX_CODE_BYTES + 1)), state_matches])
                }
                MalformedCallback::LongState => {
                    query.extend_pairs([code, ("state", &"s".repeat(MAX_STATE_BYTES + 1))])
                }
                MalformedCallback::LongUrl => query.extend_pairs([
                    code,
                    state_matches,
                    ("x", &"x".repeat(MAX_CALLBACK_BYTES)),
                ]),
            },
        };
        if let Some(unknown) = &self.unknown {
            query.append_pair("x_unknown", unknown);
        }
        query.finish()
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let content = match choices.below(8) {
            0..=3 => CallbackContent::Code,
            4 => CallbackContent::Error(error(choices)),
            5 | 6 => CallbackContent::Mismatched(Mismatch::generate(choices)),
            _ => CallbackContent::Malformed(MalformedCallback::generate(choices)),
        };
        let mut callback = Self::new(CallbackForm::generate(choices), content);
        if choices.once_in(2) {
            callback.code.push_str(&choices.text());
            callback.unknown = Some(choices.text());
        }
        callback
    }
}

/// Returns a parameter of an authorization URL.
pub(crate) fn parameter<'a>(authorization_url: &'a Url, name: &str) -> Option<Cow<'a, str>> {
    let mut parameters = authorization_url.query_pairs();
    let found = parameters.find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}

/// Returns an error code of RFC 6749 section 4.1.2.1, or any other text.
fn error(choices: &mut Choices<'_>) -> String {
    if choices.once_in(8) {
        return format!("x{}", choices.text());
    }
    let known = [
        "access_denied",
        "invalid_request",
        "unauthorized_client",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
    ];
    choices.one_of(&known).to_owned()
}

/// Returns a `state` of the same length with another first character.
fn other(state: &str) -> String {
    let first = if state.starts_with('x') { 'y' } else { 'x' };
    let rest = state.chars().skip(1);
    [first].into_iter().chain(rest).collect()
}

fn path(address: &str) -> Cow<'_, str> {
    match Url::parse(address) {
        Ok(url) if !url.path().is_empty() => Cow::Owned(url.path().to_owned()),
        _ => Cow::Borrowed("/"),
    }
}

values!(
    RedirectUriForm,
    CallbackForm,
    CallbackUri,
    Mismatch,
    MalformedCallback
);
