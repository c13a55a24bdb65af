//! The interpreter of moves, over the states of `workos-login`.
//!
//! [`Machine::apply`] makes a move if it fits the state, and skips it otherwise. So every sequence of moves is valid, also one from which a
//! test framework has removed some. Time, the random number generator and the responses are fixed, so a sequence has the same result
//! each time.

use std::mem;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workos_login::http::Response;
use workos_login::url::Url;
use workos_login::{
    Any, Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Callback,
    Client, Confidential, ConnectionSelector, DevicePoll, Error, Exchange, Exchanging, OAuth,
    Outcome, PollingDevice, Public, RedirectUri, Refreshing, Refused, RequestingDevice, Scope,
    Screen, SendError,
};

use crate::callback::{CallbackContent, CallbackForm, CallbackUri, RedirectUriForm};
use crate::moves::Move;
use crate::response::{TokenContent, TokenResponse, Tokens, TokensShape};
use crate::rng::CountingRng;

/// A client of a kind that can log in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoginClient {
    /// A public client.
    Public(Client<Public>),
    /// A confidential client.
    Confidential(Client<Confidential>),
    /// A public client of an authorization server, which requests the scope `openid`.
    OAuth(Client<OAuth>),
}

impl LoginClient {
    /// Returns this client for what all kinds can do.
    #[must_use]
    pub fn any(&self) -> Client<Any> {
        match self {
            Self::Public(client) => client.clone().into(),
            Self::Confidential(client) => client.clone().into(),
            Self::OAuth(client) => client.clone().into(),
        }
    }

    /// Returns the shape of the tokens that the service of this client sends.
    #[must_use]
    pub fn shape(&self) -> TokensShape {
        match self {
            Self::Public(_) | Self::Confidential(_) => TokensShape::UserManagement,
            Self::OAuth(_) => TokensShape::OAuth,
        }
    }
}

impl From<Client<Public>> for LoginClient {
    fn from(client: Client<Public>) -> Self {
        Self::Public(client)
    }
}

impl From<Client<Confidential>> for LoginClient {
    fn from(client: Client<Confidential>) -> Self {
        Self::Confidential(client)
    }
}

impl From<Client<OAuth>> for LoginClient {
    fn from(client: Client<OAuth>) -> Self {
        Self::OAuth(client)
    }
}

/// The state that the moves have reached.
#[derive(Debug)]
#[non_exhaustive]
pub enum State {
    /// There is no login.
    LoggedOut,
    /// A login awaits its callback.
    AwaitingCallback(Box<AwaitingCallback>),
    /// A code exchange is in flight.
    Exchanging(Exchanging),
    /// A device authorization request is in flight.
    RequestingDevice(RequestingDevice),
    /// A device login can be polled.
    AwaitingDevice(Box<AwaitingDevice>),
    /// A poll is in flight.
    PollingDevice(PollingDevice),
    /// The service requires an authentication challenge.
    Challenge(Box<AuthenticationChallenge>),
    /// The answer to a challenge is in flight. The challenge can be answered again.
    Answering(Box<AuthenticationChallenge>, Exchanging),
    /// The user is logged in.
    Authenticated(Box<Authenticated>),
    /// A refresh is in flight.
    Refreshing(Refreshing),
}

impl State {
    /// Returns the stored form of a persistent state, as JSON.
    ///
    /// # Panics
    ///
    /// If the state cannot be stored, which is a defect of the library.
    #[must_use]
    pub fn stored(&self) -> Option<String> {
        let stored = match self {
            Self::AwaitingCallback(pending) => serde_json::to_string(pending),
            Self::AwaitingDevice(device) => serde_json::to_string(device),
            Self::Challenge(challenge) => serde_json::to_string(challenge),
            Self::Authenticated(session) => serde_json::to_string(session),
            _ => return None,
        };
        Some(
            stored
                .expect("a persistent state has text keys only, and JSON can hold all its values"),
        )
    }

    /// Returns the state that another process loads from the stored form; an in-flight state is not stored.
    fn stored_and_loaded(self) -> Self {
        let why = "every stored form can be loaded by the same release";
        match (self.stored(), &self) {
            (Some(form), Self::AwaitingCallback(_)) => {
                Self::AwaitingCallback(serde_json::from_str(&form).expect(why))
            }
            (Some(form), Self::AwaitingDevice(_)) => {
                Self::AwaitingDevice(serde_json::from_str(&form).expect(why))
            }
            (Some(form), Self::Challenge(_)) => {
                Self::Challenge(serde_json::from_str(&form).expect(why))
            }
            (Some(form), Self::Authenticated(_)) => {
                Self::Authenticated(serde_json::from_str(&form).expect(why))
            }
            _ => self,
        }
    }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Authenticated(session) => Self::Authenticated(session),
            Outcome::AuthenticationChallenge(challenge) => Self::Challenge(challenge),
            // The enum of the library can get more variants; none of them has a move here.
            _ => Self::LoggedOut,
        }
    }
}

/// The result of a move.
#[derive(Debug)]
#[non_exhaustive]
pub enum Applied {
    /// It was made.
    Moved,
    /// It was refused by the library, and the state is the one that the library returned.
    Refused(Error),
    /// It does not fit the state, and nothing has changed.
    Skipped,
}

/// A login to which moves are applied, with a clock and a random number generator of its own.
///
/// ```
/// use proptest::collection::vec;
/// use proptest::prelude::*;
/// use workos_login::Client;
/// use workos_login_strategies::{Applied, Machine, Move, State};
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(moves in vec(any::<Move>(), 0..60))| {
///     let mut machine = Machine::new(client.clone());
///     for step in &moves {
///         let before = machine.state().stored();
///         let applied = machine.apply(step);
///         // A refused callback changes nothing.
///         if let (Move::Callback(_), Applied::Refused(_)) = (step, &applied) {
///             prop_assert_eq!(machine.state().stored(), before);
///         }
///         if let State::Authenticated(session) = machine.state() {
///             prop_assert!(session.bound_to(&client).is_ok());
///         }
///     }
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Debug)]
pub struct Machine {
    login_client: LoginClient,
    client: Client<Any>,
    rng: CountingRng,
    now: SystemTime,
    authorization_url: Option<Url>,
    state: State,
}

impl Machine {
    /// Makes a machine without a login.
    #[must_use]
    pub fn new(client: impl Into<LoginClient>) -> Self {
        let login_client = client.into();
        Self {
            client: login_client.any(),
            login_client,
            rng: CountingRng::default(),
            now: UNIX_EPOCH + Duration::from_secs(1_780_000_000),
            authorization_url: None,
            state: State::LoggedOut,
        }
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the state, and drops the machine.
    #[must_use]
    pub fn into_state(self) -> State {
        self.state
    }

    /// Returns the time of the clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// Returns the client.
    #[must_use]
    pub fn client(&self) -> &Client<Any> {
        &self.client
    }

    /// Returns the authorization URL of the login that was begun last.
    #[must_use]
    pub fn authorization_url(&self) -> Option<&Url> {
        self.authorization_url.as_ref()
    }

    /// Logs the user `user_1` in, if there is no login.
    pub fn log_in(&mut self) {
        let tokens = Tokens::new(self.login_client.shape());
        self.log_in_with(TokenResponse::new(TokenContent::Tokens(tokens)));
    }

    /// Begins a login, if there is none, and gives `response` to its code exchange.
    pub fn log_in_with(&mut self, response: TokenResponse) {
        let callback = CallbackUri::new(CallbackForm::Url, CallbackContent::Code);
        for step in [
            Move::BeginLogin(RedirectUriForm::LoopbackIpv4 { port: 8080 }),
            Move::Callback(callback),
            Move::Response(response),
        ] {
            self.apply(&step);
        }
    }

    /// Makes a move.
    ///
    /// # Panics
    ///
    /// If a state cannot be stored and loaded again, which is a defect of the library.
    pub fn apply(&mut self, step: &Move) -> Applied {
        let state = mem::replace(&mut self.state, State::LoggedOut);
        let (state, applied) = self.applied(state, step);
        self.state = state;
        applied
    }

    fn applied(&mut self, state: State, step: &Move) -> (State, Applied) {
        match step {
            Move::BeginLogin(form) => self.begin_login(state, form.redirect_uri()),
            Move::BeginDeviceLogin => self.begin_device_login(state),
            Move::Callback(callback) => self.receive(state, callback),
            Move::Response(response) => {
                let response = match (&state, &self.authorization_url) {
                    // Only the ID token of a code exchange has the nonce of the login.
                    (State::Exchanging(_), Some(url)) => response.clone().for_login(url),
                    _ => response.clone(),
                };
                self.respond(state, &response.to_http(&self.client))
            }
            Move::DeviceResponse(response) => self.respond(state, &response.to_http()),
            Move::ResponseLost => lose_response(state),
            Move::GiveUp => give_up(state, self.now),
            Move::Poll => self.poll(state),
            Move::Answer(code) => self.answer(state, code),
            Move::Refresh => self.refresh(state),
            Move::SwitchOrganization(id) => self.switch_organization(state, id),
            Move::StoreAndLoad => (state.stored_and_loaded(), Applied::Moved),
            Move::AdvanceClock(duration) => self.set_clock(state, self.now.checked_add(*duration)),
            Move::SetClockBack(duration) => self.set_clock(state, self.now.checked_sub(*duration)),
            Move::WaitForPoll => match &state {
                State::AwaitingDevice(device) => {
                    let wait = device.poll_in(self.now);
                    self.set_clock(state, self.now.checked_add(wait))
                }
                _ => (state, Applied::Skipped),
            },
        }
    }

    /// Returns whether a login can begin: there is none, or it cannot continue.
    fn can_begin(&self, state: &State) -> bool {
        match state {
            State::LoggedOut | State::Challenge(_) => true,
            State::AwaitingCallback(pending) => pending.expires_in(self.now).is_zero(),
            State::AwaitingDevice(device) => device.expires_in(self.now).is_zero(),
            _ => false,
        }
    }

    fn begin_login(&mut self, state: State, redirect_uri: RedirectUri) -> (State, Applied) {
        if !self.can_begin(&state) {
            return (state, Applied::Skipped);
        }
        let selector = ConnectionSelector::AuthKit(Screen::Default);
        let (now, rng) = (self.now, &mut self.rng);
        let (url, pending) = match (&state, &self.login_client) {
            (State::Challenge(challenge), LoginClient::Public(client)) => {
                challenge.login(client, redirect_uri).begin(now, rng)
            }
            (State::Challenge(challenge), LoginClient::Confidential(client)) => {
                challenge.login(client, redirect_uri).begin(now, rng)
            }
            (_, LoginClient::Public(client)) => {
                client.login(selector, redirect_uri).begin(now, rng)
            }
            (_, LoginClient::Confidential(client)) => {
                client.login(selector, redirect_uri).begin(now, rng)
            }
            (_, LoginClient::OAuth(client)) => {
                client.login(Scope::default(), redirect_uri).begin(now, rng)
            }
        };
        self.authorization_url = Some(url.into());
        (State::AwaitingCallback(Box::new(pending)), Applied::Moved)
    }

    fn begin_device_login(&self, state: State) -> (State, Applied) {
        if !self.can_begin(&state) {
            return (state, Applied::Skipped);
        }
        let requesting = match &self.login_client {
            LoginClient::Public(client) => client.device(),
            LoginClient::Confidential(client) => client.device(),
            LoginClient::OAuth(client) => match client.device(&Scope::default()) {
                Ok(requesting) => requesting,
                Err(error) => return (state, Applied::Refused(error.into())),
            },
        };
        (State::RequestingDevice(requesting), Applied::Moved)
    }

    fn receive(&self, state: State, callback: &CallbackUri) -> (State, Applied) {
        let (pending, url) = match (state, &self.authorization_url) {
            (State::AwaitingCallback(pending), Some(url)) => (pending, url),
            (state, _) => return (state, Applied::Skipped),
        };
        let parsed = match Callback::parse(&callback.for_login(url)) {
            Ok(parsed) => parsed,
            Err(error) => return (State::AwaitingCallback(pending), Applied::Refused(error)),
        };
        match pending.accept(&self.client, parsed, self.now) {
            Ok(exchanging) => (State::Exchanging(exchanging), Applied::Moved),
            Err(refused) => {
                let (pending, error) = refused.into_parts();
                (
                    State::AwaitingCallback(Box::new(pending)),
                    Applied::Refused(error),
                )
            }
        }
    }

    fn respond(&self, state: State, response: &Response<Vec<u8>>) -> (State, Applied) {
        match state {
            State::Exchanging(exchange) => {
                self.exchanged(exchange, response, State::from, State::Exchanging)
            }
            State::Answering(challenge, exchange) => {
                self.exchanged(exchange, response, State::from, |exchange| {
                    State::Answering(challenge, exchange)
                })
            }
            State::RequestingDevice(exchange) => {
                let done = |device| State::AwaitingDevice(Box::new(device));
                self.exchanged(exchange, response, done, State::RequestingDevice)
            }
            State::PollingDevice(exchange) => {
                let done = |poll| match poll {
                    DevicePoll::Done(outcome) => outcome.into(),
                    DevicePoll::Pending(device) => State::AwaitingDevice(Box::new(device)),
                };
                self.exchanged(exchange, response, done, State::PollingDevice)
            }
            State::Refreshing(exchange) => {
                let done = |session| State::Authenticated(Box::new(session));
                self.exchanged(exchange, response, done, State::Refreshing)
            }
            state => (state, Applied::Skipped),
        }
    }

    fn exchanged<E: Exchange>(
        &self,
        exchange: E,
        response: &Response<Vec<u8>>,
        done: impl FnOnce(E::Output) -> State,
        again: impl FnOnce(E) -> State,
    ) -> (State, Applied) {
        match exchange.response(response.clone(), self.now) {
            Ok(output) => (done(output), Applied::Moved),
            Err(refused) => {
                let (exchange, error) = refused.into_parts();
                (again(exchange), Applied::Refused(error))
            }
        }
    }

    fn poll(&self, state: State) -> (State, Applied) {
        let State::AwaitingDevice(device) = state else {
            return (state, Applied::Skipped);
        };
        match device.poll(&self.client, self.now) {
            Ok(polling) => (State::PollingDevice(polling), Applied::Moved),
            Err(refused) => {
                let (device, error) = refused.into_parts();
                (
                    State::AwaitingDevice(Box::new(device)),
                    Applied::Refused(error),
                )
            }
        }
    }

    fn answer(&self, state: State, code: &str) -> (State, Applied) {
        let (challenge, client) = match (state, &self.login_client) {
            (State::Challenge(challenge), LoginClient::Confidential(client)) => (challenge, client),
            (state, _) => return (state, Applied::Skipped),
        };
        let answering = match &*challenge {
            AuthenticationChallenge::EmailVerification(open) => open.answer(client, code),
            AuthenticationChallenge::Totp(open) => open.answer(
                client,
                open.challenge_id().unwrap_or("auth_challenge_1"),
                code,
            ),
            AuthenticationChallenge::MfaEnrollment(open) => {
                open.answer(client, "auth_challenge_1", code)
            }
            AuthenticationChallenge::RadarEmail(open) => open.answer(client, code),
            AuthenticationChallenge::RadarSms(open) => open.answer(client, code, None),
            AuthenticationChallenge::OrganizationSelection(open) => match open.organizations() {
                [first, ..] => open.select(client, first.id()),
                [] => return (State::Challenge(challenge), Applied::Skipped),
            },
            _ => return (State::Challenge(challenge), Applied::Skipped),
        };
        match answering {
            Ok(answering) => (State::Answering(challenge, answering), Applied::Moved),
            Err(error) => (State::Challenge(challenge), Applied::Refused(error.into())),
        }
    }

    fn refresh(&self, state: State) -> (State, Applied) {
        let State::Authenticated(session) = state else {
            return (state, Applied::Skipped);
        };
        refreshing(session.refresh(&self.client))
    }

    fn switch_organization(&self, state: State, id: &str) -> (State, Applied) {
        match (state, id.parse()) {
            (State::Authenticated(session), Ok(id)) => {
                refreshing(session.switch_organization(&self.client, &id))
            }
            (state, _) => (state, Applied::Skipped),
        }
    }

    /// A time that the platform cannot represent is skipped.
    fn set_clock(&mut self, state: State, time: Option<SystemTime>) -> (State, Applied) {
        match time {
            Some(time) => {
                self.now = time;
                (state, Applied::Moved)
            }
            None => (state, Applied::Skipped),
        }
    }
}

fn refreshing(begun: Result<Refreshing, Refused<Authenticated>>) -> (State, Applied) {
    match begun {
        Ok(refreshing) => (State::Refreshing(refreshing), Applied::Moved),
        Err(refused) => {
            let (session, error) = refused.into_parts();
            (
                State::Authenticated(Box::new(session)),
                Applied::Refused(error),
            )
        }
    }
}

/// Loses the response as an HTTP adapter does.
fn lose_response(state: State) -> (State, Applied) {
    fn lost<E: Exchange>(exchange: E) -> E {
        SendError::transport(exchange, "connection reset").into_state()
    }
    let state = match state {
        State::Exchanging(exchange) => State::Exchanging(lost(exchange)),
        State::Answering(challenge, exchange) => State::Answering(challenge, lost(exchange)),
        State::RequestingDevice(exchange) => State::RequestingDevice(lost(exchange)),
        State::PollingDevice(exchange) => State::PollingDevice(lost(exchange)),
        State::Refreshing(exchange) => State::Refreshing(lost(exchange)),
        state => return (state, Applied::Skipped),
    };
    (state, Applied::Moved)
}

/// Gives up what is in flight, and else a login that has not succeeded.
fn give_up(state: State, now: SystemTime) -> (State, Applied) {
    let state = match state {
        State::Answering(challenge, _) => State::Challenge(challenge),
        State::PollingDevice(polling) => {
            State::AwaitingDevice(Box::new(polling.into_awaiting(now)))
        }
        State::Refreshing(refreshing) => State::Authenticated(Box::new(refreshing.into_session())),
        state @ (State::Authenticated(_) | State::LoggedOut) => return (state, Applied::Skipped),
        _ => State::LoggedOut,
    };
    (state, Applied::Moved)
}
