//! The start of a login: its options, and the authorization request.
//!
//! [`Client::login`] leads in; [`Start::begin`] leads out, to the authorization URL and [`AwaitingCallback`].
//!
//! Parameters come from four places and each name is sent once (RFC 6749 section 3.1): the protocol's own parameters, which nothing
//! overrides; the target, which is the connection selector or the scope; the options, which replace a parameter of the target and of
//! the endpoint; and the query of the authorization endpoint.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use rand_core::CryptoRng;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::client::{Client, ClientKind, OAuth, UserManagement};
use crate::ids::{ConnectionId, OrganizationId};
use crate::limits::{MAX_STATE_BYTES, PENDING_LOGIN_TTL};
use crate::login::authorization_url::AuthorizationUrl;
use crate::login::awaiting_callback::AwaitingCallback;
use crate::login::connection_selector::{ConnectionSelector, Target};
use crate::login::pkce::{self, RANDOM_BYTES, RANDOM_CHARS, Verifier};
use crate::login::redirect_uri::RedirectUri;
use crate::scope::Scope;
use crate::service::Service;
use crate::stored::storable;
use crate::timestamp::Timestamp;
use crate::wiped::Wiped;
use crate::wire::authorization::{AuthorizationRequest, MAX_ESCAPED, RESERVED_PARAMETERS};

/// A login that has not begun: its options can be set.
///
/// [`Client::login`] makes it, and [`begin`](Self::begin) leads to [`AwaitingCallback`]. Options have the names of the parameters
/// that they set. If one is set twice, the last value is sent.
///
/// ```
/// use std::time::SystemTime;
/// use workos_login::{Client, Screen, ConnectionSelector};
///
/// let client = Client::public("client_123".parse()?);
/// let (url, pending) = client
///     .login(ConnectionSelector::AuthKit(Screen::SignIn), "http://127.0.0.1:8080/callback".parse()?)
///     .login_hint("nadia@example.org")
///     .begin(SystemTime::now(), &mut rand::rng());
/// assert!(url.as_str().starts_with("https://api.workos.com/"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "call `begin` to begin the login"]
pub struct Start<'a, K> {
    client: &'a Client<K>,
    target: Target,
    redirect_uri: RedirectUri,
    parameters: Vec<(Cow<'static, str>, String)>,
    app_state: Option<String>,
    lifetime: Duration,
}

impl<K: UserManagement> Client<K> {
    /// Starts a login whose callback goes to `redirect_uri`.
    ///
    /// The connection selector is an argument because the service requires one.
    pub fn login(&self, selector: ConnectionSelector, redirect_uri: RedirectUri) -> Start<'_, K> {
        Start::new(self, Target::Selector(selector), redirect_uri)
    }
}

impl Client<OAuth> {
    /// Starts a login that requests `scope` and whose callback goes to `redirect_uri`.
    ///
    /// With `offline_access`, [`prompt`](Start::prompt) is `consent` unless it is set: a server ignores this scope otherwise (OpenID
    /// Connect Core section 11).
    pub fn login(&self, scope: Scope, redirect_uri: RedirectUri) -> Start<'_, OAuth> {
        let is_offline = scope.is_offline();
        let start = Start::new(self, Target::Scope(scope), redirect_uri);
        if is_offline {
            start.prompt("consent")
        } else {
            start
        }
    }
}

impl<'a, K: ClientKind> Start<'a, K> {
    pub(crate) fn new(client: &'a Client<K>, target: Target, redirect_uri: RedirectUri) -> Self {
        Self {
            client,
            target,
            redirect_uri,
            parameters: Vec::new(),
            app_state: None,
            lifetime: PENDING_LOGIN_TTL,
        }
    }
}

impl<K: UserManagement> Start<'_, K> {
    /// Sets `connection_id` beside another connection selector.
    pub fn connection(self, id: &ConnectionId) -> Self {
        self.with("connection_id", id.as_str())
    }

    /// Sets `organization_id` beside another connection selector: the session is for this organization.
    pub fn organization(self, id: &OrganizationId) -> Self {
        self.with("organization_id", id.as_str())
    }

    /// Sets `claim_nonce`.
    pub fn claim_nonce(self, nonce: impl Into<String>) -> Self {
        self.with("claim_nonce", nonce)
    }

    /// Sets `domain_hint`, the domain of the user's organization.
    pub fn domain_hint(self, domain: impl Into<String>) -> Self {
        self.with("domain_hint", domain)
    }

    /// Sets `invitation_token`, which accepts an invitation.
    pub fn invitation_token(self, token: impl Into<String>) -> Self {
        self.with("invitation_token", token)
    }

    /// Sets `password_reset_token`, the token of a password reset e-mail.
    pub fn password_reset_token(self, token: impl Into<String>) -> Self {
        self.with("password_reset_token", token)
    }

    /// Sets `provider_scopes`, the additional scopes of the identity provider.
    ///
    /// The parameter is repeated for each scope, as in the SDK for Node. Other official SDKs send one list with commas.
    pub fn provider_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        const NAME: &str = "provider_scopes";
        self.parameters.retain(|(name, _)| name != NAME);
        self.parameters
            .extend(scopes.into_iter().map(|scope| (NAME.into(), scope.into())));
        self
    }

    /// Adds a query parameter for the identity provider to `provider_query_params`.
    pub fn provider_query_param(self, name: &str, value: impl fmt::Display) -> Self {
        self.with(format!("provider_query_params[{name}]"), format!("{value}"))
    }
}

impl<K: ClientKind> Start<'_, K> {
    /// Sets `login_hint`, usually the e-mail address of the user.
    pub fn login_hint(self, hint: impl Into<String>) -> Self {
        self.with("login_hint", hint)
    }

    /// Sets `max_age` in whole seconds: the user authenticates again if the last authentication is older. Zero always requires it.
    ///
    /// The code exchange compares the [`auth_time`](crate::Authenticated::auth_time) of the session. An authentication that was older when
    /// the login began is rejected ([`Malformed`](crate::Error::Malformed)), with a tolerance of [`TIMESTAMP_TOLERANCE`](crate::limits::TIMESTAMP_TOLERANCE), and so is
    /// a session without an `auth_time`: in the ID token of an authorization server (OpenID Connect Core section 3.1.3.7), in the
    /// access token of User Management. The answer to an authentication challenge of the login is compared, too.
    pub fn max_age(self, age: Duration) -> Self {
        self.with("max_age", age.as_secs().to_string())
    }

    /// Sets `prompt`, for instance `login`, `none`, `consent` or `select_account`.
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.with("prompt", prompt)
    }

    /// Sets a parameter that has no method of its own.
    ///
    /// # Errors
    ///
    /// [`ReservedParameter`] for a parameter of the protocol, or one that would put a secret into the URL.
    pub fn parameter(
        self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, ReservedParameter> {
        let name = name.into();
        if name.is_empty() || RESERVED_PARAMETERS.contains(&&*name) {
            return Err(ReservedParameter(name.into()));
        }
        Ok(self.with(name, value))
    }

    /// Sets the application state: a text that follows the random part of `state`.
    ///
    /// [`AwaitingCallback::app_state`] returns it. The browser sees it, so it must not be a secret.
    ///
    /// # Errors
    ///
    /// [`AppStateTooLong`] if `state` would be longer than [`MAX_STATE_BYTES`].
    pub fn app_state(self, text: impl Into<String>) -> Result<Self, AppStateTooLong> {
        let text = text.into();
        if text.len() > MAX_APP_STATE_BYTES {
            return Err(AppStateTooLong);
        }
        Ok(Self {
            app_state: Some(text),
            ..self
        })
    }

    /// Sets the lifetime of the pending login, which is [`PENDING_LOGIN_TTL`] by default.
    pub fn expires_after(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// Begins the login: returns the URL to open in the browser, and the pending login to store until the callback.
    ///
    /// A new `state`, a new code verifier and, for an authorization server, a new `nonce` are made of 33 bytes each from `rng`, in one
    /// call.
    #[must_use = "a login cannot be finished without its pending login"]
    pub fn begin(
        self,
        now: SystemTime,
        rng: &mut impl CryptoRng,
    ) -> (AuthorizationUrl, AwaitingCallback) {
        let has_nonce = matches!(self.client.service(), Service::OAuth(_));
        let mut random = Wiped::<{ 3 * RANDOM_BYTES }>::new();
        let drawn = if has_nonce { 3 } else { 2 };
        rng.fill_bytes(&mut random[..drawn * RANDOM_BYTES]);
        // Each value has bytes of its own: the browser sees `state` and the nonce, which must not tell anything about the verifier.
        let (random, _) = random.as_chunks();
        let suffix = self
            .app_state
            .as_ref()
            .map(|text| format!(".{text}"))
            .unwrap_or_default();
        let state = pkce::random_text(&random[0], &suffix);
        let verifier = Verifier::new(&random[1]);
        let nonce = has_nonce.then(|| pkce::random_text(&random[2], ""));

        // `parameter` can set any text. One that is not a number of seconds is sent, but cannot be compared.
        let max_age = self.value("max_age").and_then(|age| age.parse().ok());
        let max_age = max_age.map(Duration::from_secs);

        let url = self.url(&state, &verifier, nonce.as_ref());
        let pending = AwaitingCallback {
            binding: self.client.binding().clone(),
            redirect_uri: self.redirect_uri,
            state,
            verifier,
            nonce,
            max_age: max_age.map(storable),
            started_at: Timestamp::from(now),
            lifetime: storable(self.lifetime),
        };
        (url, pending)
    }

    fn url(
        &self,
        state: &SecretString,
        verifier: &Verifier,
        nonce: Option<&SecretString>,
    ) -> AuthorizationUrl {
        let (random, app_state) = state.expose_secret().split_at(RANDOM_CHARS);
        let challenge = verifier.challenge();
        let request = AuthorizationRequest {
            client_id: self.client.form_encoded_id(),
            // As text: the server compares it with the registered one by exact string matching (RFC 9700 section 2.1).
            redirect_uri: self.redirect_uri.as_str(),
            code_challenge: std::str::from_utf8(&challenge).expect("base64 is ASCII"),
            random_state: random,
            app_state,
            nonce: nonce.map(ExposeSecret::expose_secret),
        };
        // Allocated once: a buffer that grows leaves copies of `state` in freed memory.
        let mut url = String::with_capacity(self.max_url_size() + request.max_size());
        self.push_endpoint(&mut url);
        request.push_to(&mut url);
        // It ends in a parameter, so that every pair begins with a separator.
        let mut query = form_urlencoded::Serializer::new(url);
        // `serde_urlencoded` writes the bodies. Here it would allocate a copy of every name that is not static.
        query.extend_pairs(self.options());
        AuthorizationUrl::new(query.finish())
    }

    /// Returns the target and the options. An option replaces a parameter of the target, so that each name is sent once.
    fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        let target = self.target.parameters();
        let options = self.parameters.iter();
        let options = options.map(|(name, value)| (&**name, &**value));
        target
            .map(|(name, value): (&str, &str)| (name, value))
            .filter(|(name, _)| !self.sets(name))
            .chain(options)
    }

    fn sets(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn value(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let (_, value) = parameters.find(|(given, _)| given == name)?;
        Some(value)
    }

    /// Writes the authorization endpoint with those parameters of its query that no option replaces, in their own spelling.
    fn push_endpoint(&self, text: &mut String) {
        let endpoint = self.client.service().authorization_endpoint();
        let (base, query) = endpoint.split_once('?').unwrap_or((endpoint, ""));
        text.push_str(base);
        text.push('?');
        // The query must be retained (RFC 6749 section 3.1). A pair that was decoded and encoded again could differ from the original,
        // so only the name is decoded, to compare it.
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = form_urlencoded::parse(pair.as_bytes()).next();
            if !name.is_some_and(|(name, _)| self.sets(&name)) {
                text.push_str(pair);
                text.push('&');
            }
        }
    }

    /// Returns the size of endpoint and options if every byte of the options were escaped.
    fn max_url_size(&self) -> usize {
        let options = self
            .options()
            .map(|(name, value)| "&=".len() + MAX_ESCAPED * (name.len() + value.len()));
        "?".len() + self.client.service().authorization_endpoint().len() + options.sum::<usize>()
    }

    fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        let name = name.into();
        // RFC 6749 section 3.1: a parameter must not be sent more than once.
        self.parameters.retain(|(given, _)| *given != name);
        self.parameters.push((name, value.into()));
        self
    }
}

impl<K> fmt::Debug for Start<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("client", &self.client)
            .field("target", &self.target)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// A parameter that [`Start::parameter`] cannot set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedParameter(Box<str>);

impl fmt::Display for ReservedParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            "" => f.write_str("parameter has no name; set one"),
            name => write!(
                f,
                "parameter {name} is part of the protocol; use the method or the argument for it, if there is one"
            ),
        }
    }
}

impl std::error::Error for ReservedParameter {}

/// An application state that is too long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppStateTooLong;

impl fmt::Display for AppStateTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "application state is longer than {MAX_APP_STATE_BYTES} bytes; store it and send its ID"
        )
    }
}

impl std::error::Error for AppStateTooLong {}

/// The maximum size of `state` without its random part and the dot.
const MAX_APP_STATE_BYTES: usize = MAX_STATE_BYTES - RANDOM_CHARS - 1;
