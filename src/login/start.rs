//! A login about to begin: options are gathered, then one call makes the address and what must be kept.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use rand_core::CryptoRng;
use secrecy::ExposeSecret;
use serde::Serialize;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::client::{Client, ClientKind, OAuth, UserManagement};
use crate::ids::{ConnectionId, OrganizationId};
use crate::limits::{MAX_STATE_BYTES, PENDING_LOGIN_TTL};
use crate::login::authorization_url::AuthorizationUrl;
use crate::login::awaiting_callback::AwaitingCallback;
use crate::login::connection_selector::{ConnectionSelector, Target};
use crate::login::pkce::{self, TOKEN_BYTES, TOKEN_CHARS, Verifier};
use crate::login::redirect_uri::RedirectUri;
use crate::service::Scope;
use crate::timestamp::Timestamp;
use crate::wire::authorization::{AuthorizationRequest, RESERVED_PARAMETERS};

/// A login about to begin.
///
/// Made by [`Client::login`]; [`begin`](Self::begin) leads to [`AwaitingCallback`]. An option that is
/// given twice counts as given last.
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
#[must_use = "a login that is not begun does nothing"]
pub struct Start<'a, A> {
    client: &'a Client<A>,
    target: Target,
    redirect_uri: RedirectUri,
    parameters: Vec<(Cow<'static, str>, String)>,
    app_state: Option<String>,
    life: Duration,
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
    pub fn login(&self, scope: Scope, redirect_uri: RedirectUri) -> Start<'_, OAuth> {
        Start::new(self, Target::Scope(scope), redirect_uri)
    }
}

impl<'a, A: ClientKind> Start<'a, A> {
    pub(crate) fn new(client: &'a Client<A>, target: Target, redirect_uri: RedirectUri) -> Self {
        Self {
            client,
            target,
            redirect_uri,
            parameters: Vec::new(),
            app_state: None,
            life: PENDING_LOGIN_TTL,
        }
    }
}

impl<A: UserManagement> Start<'_, A> {
    /// Names a connection beside what `via` says.
    pub fn connection(self, id: &ConnectionId) -> Self {
        self.with("connection_id", id.as_str())
    }

    /// Names an organization beside what `via` says: the login is for this one.
    pub fn organization(self, id: &OrganizationId) -> Self {
        self.with("organization_id", id.as_str())
    }

    /// Sets `claim_nonce`.
    pub fn claim_nonce(self, nonce: impl Into<String>) -> Self {
        self.with("claim_nonce", nonce)
    }

    /// Names the domain that the user probably belongs to.
    pub fn domain_hint(self, domain: impl Into<String>) -> Self {
        self.with("domain_hint", domain)
    }

    /// Accepts an invitation with this login.
    pub fn invitation_token(self, token: impl Into<String>) -> Self {
        self.with("invitation_token", token)
    }

    /// Resets the user's password with the token of a reset mail.
    pub fn password_reset_token(self, token: impl Into<String>) -> Self {
        self.with("password_reset_token", token)
    }

    /// Asks the identity provider for more scopes, all of them given at once.
    ///
    /// The official SDKs disagree whether they are sent as one list or one by one; they are
    /// sent one by one, as WorkOS's SDK for Node does.
    pub fn provider_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        const NAME: &str = "provider_scopes";
        self.parameters.retain(|(name, _)| name != NAME);
        self.parameters
            .extend(scopes.into_iter().map(|scope| (NAME.into(), scope.into())));
        self
    }

    /// Hands one query parameter through to the identity provider.
    pub fn provider_query_param(self, name: &str, value: impl fmt::Display) -> Self {
        self.with(format!("provider_query_params[{name}]"), format!("{value}"))
    }
}

impl<A: ClientKind> Start<'_, A> {
    /// Says who probably logs in, usually by an e-mail address.
    pub fn login_hint(self, hint: impl Into<String>) -> Self {
        self.with("login_hint", hint)
    }

    /// Asks for a new sign-in when the last one is longer ago, in whole seconds; zero asks for one in any case.
    pub fn max_age(self, age: Duration) -> Self {
        self.with("max_age", age.as_secs().to_string())
    }

    /// Sets `prompt`, for instance `login`, `none`, `consent` or `select_account`.
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.with("prompt", prompt)
    }

    /// Sends a parameter that has no method here.
    ///
    /// # Errors
    ///
    /// [`ReservedParameter`] for a name that is part of the protocol, or would put a secret into the address.
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

    /// Puts a text of the application's own behind the random part of the state.
    ///
    /// It comes back with the callback and can be read from the pending login, too:
    /// [`AwaitingCallback::app_state`]. It is seen by the browser, so it is no place for a secret.
    ///
    /// # Errors
    ///
    /// [`AppStateTooLong`] when the state would be [longer than a callback's may be](MAX_STATE_BYTES).
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

    /// Sets how long the pending login can be finished; [ten minutes](PENDING_LOGIN_TTL) unless it is set.
    pub fn expires_after(self, life: Duration) -> Self {
        Self { life, ..self }
    }

    /// Makes the address to open in the browser, and the pending login to keep until the callback.
    ///
    /// 66 bytes are drawn from `rng` in one call: a state and a code verifier, new for each login.
    /// The address contains the state: show it to the user, but do not log it.
    ///
    /// # Panics
    ///
    /// Never: the `expect` inside says why.
    #[must_use = "the login is lost without the pending half"]
    pub fn begin(
        self,
        now: SystemTime,
        rng: &mut impl CryptoRng,
    ) -> (AuthorizationUrl, AwaitingCallback) {
        let mut random = Zeroizing::new([[0; TOKEN_BYTES]; 2]);
        rng.fill_bytes(random.as_flattened_mut());
        let suffix = self
            .app_state
            .as_ref()
            .map(|text| format!(".{text}"))
            .unwrap_or_default();
        let state = pkce::token(&random[0], &suffix);
        let verifier = Verifier::new(&random[1]);

        let url = self.url(state.expose_secret(), &verifier.challenge());
        let pending = AwaitingCallback::new(
            self.client.binding().clone(),
            self.redirect_uri,
            state,
            verifier,
            Timestamp::from(now),
            self.life,
        );
        (url, pending)
    }

    fn url(&self, state: &str, challenge: &[u8; TOKEN_CHARS]) -> AuthorizationUrl {
        let request = AuthorizationRequest {
            client_id: self.client.id().as_str(),
            redirect_uri: self.redirect_uri.as_str(),
            response_type: "code",
            code_challenge: std::str::from_utf8(challenge).expect("base64 is ASCII"),
            code_challenge_method: "S256",
            state,
        };
        let options = self.options();
        let mut url = String::with_capacity(self.max_url_size(state, &options));
        self.push_endpoint(&mut url);
        let query = url.len();
        let mut query = form_urlencoded::Serializer::for_suffix(url, query);
        request
            .serialize(serde_urlencoded::Serializer::new(&mut query))
            .and_then(|query| options.serialize(serde_urlencoded::Serializer::new(query)))
            .expect("strings with names are form-encoded without an error");
        AuthorizationUrl::new(query.finish())
    }

    /// Returns the target and the options. An option replaces a parameter of the target, so that each name is sent once.
    fn options(&self) -> Vec<(&str, &str)> {
        let mut options: Vec<(&str, &str)> = self
            .target
            .parameters()
            .filter(|(name, _)| !self.sets(name))
            .collect();
        options.extend(
            self.parameters
                .iter()
                .map(|(name, value)| (&**name, &**value)),
        );
        options
    }

    fn sets(&self, name: &str) -> bool {
        self.parameters.iter().any(|(given, _)| given == name)
    }

    /// Writes the authorization endpoint with those parameters of its own query that no option replaces, because a parameter
    /// must not be included more than once (RFC 6749 section 3.1). What is kept is kept as it is spelled.
    fn push_endpoint(&self, text: &mut String) {
        let endpoint = self.client.service().authorization_endpoint();
        let (base, query) = endpoint.split_once('?').unwrap_or((endpoint, ""));
        text.push_str(base);
        text.push('?');
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = form_urlencoded::parse(pair.as_bytes()).next();
            if !name.is_some_and(|(name, _)| self.sets(&name)) {
                text.push_str(pair);
                text.push('&');
            }
        }
    }

    /// Returns the size of the URL if every byte of the values were escaped, so that the buffer never grows.
    fn max_url_size(&self, state: &str, options: &[(&str, &str)]) -> usize {
        const NAMES_AND_FIXED_VALUES: usize = 256;
        let options = options
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2);
        NAMES_AND_FIXED_VALUES
            + self.client.service().authorization_endpoint().len()
            + 3 * (self.client.id().as_str().len()
                + self.redirect_uri.as_str().len()
                + state.len()
                + options.sum::<usize>())
    }

    fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.parameters.retain(|(given, _)| *given != name);
        self.parameters.push((name, value.into()));
        self
    }
}

impl<A> fmt::Debug for Start<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("client", &self.client)
            .field("target", &self.target)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// A parameter name that cannot be set, because the protocol owns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedParameter(Box<str>);

impl fmt::Display for ReservedParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            "" => f.write_str("a parameter needs a name"),
            name => write!(
                f,
                "the parameter {name} is part of the protocol: there is a method or an argument for it, or it must not be sent"
            ),
        }
    }
}

impl std::error::Error for ReservedParameter {}

/// An application's state that does not fit into the state of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppStateTooLong;

impl fmt::Display for AppStateTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the application's state is longer than {MAX_APP_STATE_BYTES} bytes: keep the text, and send an id of it"
        )
    }
}

impl std::error::Error for AppStateTooLong {}

/// What is left of a state beside the random part and the dot.
const MAX_APP_STATE_BYTES: usize = MAX_STATE_BYTES - TOKEN_CHARS - 1;
