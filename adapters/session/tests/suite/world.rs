//! A machine without I/O: a store, a service and a clock that do what a test says.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use workos_login::http::{Request, Response};
use workos_login::secrecy::ExposeSecret as _;
use workos_login::url::Url;
use workos_login::{
    Authenticated, Callback, Client, ConnectionSelector, Exchange as _, Public, Screen,
};
use workos_login_session::{
    Cause, Driver, Expected, Lock, Machine, SessionError, SessionPolicy, StoreError, StoredSession,
    Token,
};

use crate::support::Failed;

pub(crate) const ALICE: &str = "user_alice";
pub(crate) const BOB: &str = "user_bob";
pub(crate) const ACME: &str = "org_acme";
pub(crate) const GLOBEX: &str = "org_globex";

/// The lifetime of every access token. It is due for refresh after half of it.
pub(crate) const LIFETIME: Duration = Duration::from_secs(300);

pub(crate) fn client() -> Client<Public> {
    Client::public("client_1".parse().unwrap())
}

/// A machine of a process that has just started.
pub(crate) fn machine() -> Machine {
    Machine::new(client(), SessionPolicy::default())
}

/// Polls a future that never waits.
#[track_caller]
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a driver whose calls block makes futures that are ready"),
    }
}

/// An access token whose number tells it apart.
pub(crate) fn access_token(claims: &Value) -> String {
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("e30.{payload}.c2ln")
}

/// The token response of a refresh, or what a login returned.
pub(crate) fn token_response(number: u32, user: &str, organization: Option<&str>) -> Value {
    let access_token = access_token(&json!({
        "jti": number,
        "sid": "session_1",
        "org_id": organization,
        "iat": 1000,
        "exp": 1000 + LIFETIME.as_secs(),
    }));
    json!({
        "user": {"id": user, "object": "user", "email": "a@example.com"},
        "organization_id": organization,
        "access_token": access_token,
        "refresh_token": format!("refresh_{number}"),
    })
}

/// The session of a login at this time.
pub(crate) fn session(
    number: u32,
    user: &str,
    organization: Option<&str>,
    now: SystemTime,
) -> Authenticated {
    log_in(&client(), &token_response(number, user, organization), now)
}

/// The session that a client receives with a token response.
pub(crate) fn log_in(
    client: &Client<Public>,
    token_response: &Value,
    now: SystemTime,
) -> Authenticated {
    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            "http://127.0.0.1:9/callback".parse().unwrap(),
        )
        .begin(now, &mut rand::rng());
    let url = Url::from(url);
    let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
    let callback = format!("http://127.0.0.1:9/callback?code=1&state={state}");
    let callback = Callback::parse(&callback).unwrap();
    let exchanging = pending.accept(client, callback, now).unwrap();
    let response = reply(200, token_response).response.unwrap();
    let outcome = exchanging.response(response, now).unwrap();
    outcome.authenticated().unwrap()
}

/// The response of the service to one request, and its delay.
pub(crate) struct Reply {
    after: Duration,
    response: Option<Response<Vec<u8>>>,
}

/// The response is lost.
pub(crate) fn lost() -> Reply {
    Reply {
        after: Duration::ZERO,
        response: None,
    }
}

pub(crate) fn refreshed(number: u32) -> Reply {
    reply(200, &token_response(number, ALICE, Some(ACME)))
}

pub(crate) fn switched(number: u32) -> Reply {
    reply(200, &token_response(number, ALICE, Some(GLOBEX)))
}

pub(crate) fn error(status: u16, code: &str) -> Reply {
    reply(
        status,
        &json!({"error": code, "code": code, "message": "no"}),
    )
}

pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    page(status, "application/json", &body.to_string())
}

pub(crate) fn page(status: u16, content_type: &str, body: &str) -> Reply {
    let response = Response::builder()
        .status(status)
        .header("content-type", content_type);
    Reply {
        after: Duration::ZERO,
        response: Some(response.body(body.into()).unwrap()),
    }
}

impl Reply {
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self {
            after: Duration::from_secs(seconds),
            ..self
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let response = self.response.as_mut().unwrap();
        response.headers_mut().insert(name, value.parse().unwrap());
        self
    }
}

/// A request as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) refresh_token: String,
    pub(crate) organization: Option<String>,
    pub(crate) timeout: Duration,
    /// The time since the world began.
    pub(crate) at: Duration,
}

type Event = Box<dyn FnOnce(&mut World)>;

/// Everything outside of a machine.
pub(crate) struct World {
    pub(crate) now: SystemTime,
    begun: SystemTime,
    pub(crate) record: Option<StoredSession>,
    pub(crate) replies: VecDeque<Reply>,
    pub(crate) sent: Vec<Sent>,
    /// The bodies of the revocations.
    pub(crate) revoked: Vec<String>,
    /// `true` while another process holds the lock.
    pub(crate) is_locked: bool,
    pub(crate) waited_for_lock: Duration,
    pub(crate) load_takes: Duration,
    /// The event while a request is in flight.
    pub(crate) during_send: Option<Event>,
    pub(crate) failing: Vec<&'static str>,
}

impl World {
    /// A world whose store holds a session of Alice at Acme that is due for refresh.
    pub(crate) fn due() -> Self {
        Self::holding(LIFETIME * 2 / 3)
    }

    /// The same, with an access token that has expired.
    pub(crate) fn expired() -> Self {
        Self::holding(LIFETIME + Duration::from_secs(1))
    }

    fn holding(age: Duration) -> Self {
        let mut world = Self::empty();
        let session = session(1, ALICE, Some(ACME), world.now - age);
        world.record = Some(StoredSession::new(session));
        world
    }

    pub(crate) fn empty() -> Self {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Self {
            now,
            begun: now,
            record: None,
            replies: VecDeque::new(),
            sent: Vec::new(),
            revoked: Vec::new(),
            is_locked: false,
            waited_for_lock: Duration::ZERO,
            load_takes: Duration::ZERO,
            during_send: None,
            failing: Vec::new(),
        }
    }

    pub(crate) fn reply(mut self, reply: Reply) -> Self {
        self.replies.push_back(reply);
        self
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.now += by;
    }

    pub(crate) fn session(&self) -> &Arc<Authenticated> {
        self.record.as_ref().unwrap().session()
    }

    /// The number of the stored session.
    pub(crate) fn stored(&self) -> Option<u32> {
        self.record.as_ref().map(|record| number(record.session()))
    }

    /// A member of the stored record.
    pub(crate) fn member(&self, name: &str) -> Value {
        serde_json::to_value(self.record.as_ref().unwrap()).unwrap()[name].clone()
    }

    #[track_caller]
    pub(crate) fn access_token(&mut self, machine: &Machine) -> Result<Token, SessionError> {
        ready(machine.access_token(self))
    }

    #[track_caller]
    pub(crate) fn switch(
        &mut self,
        machine: &Machine,
        organization: &str,
    ) -> Result<Token, SessionError> {
        ready(machine.switch_organization(&organization.parse().unwrap(), self))
    }

    fn call(&self, method: &'static str) -> Result<(), StoreError> {
        match self.failing.contains(&method) {
            true => Err(StoreError::new(Failed(method))),
            false => Ok(()),
        }
    }

    fn replace(
        &mut self,
        record: Option<StoredSession>,
        expected: Expected,
    ) -> Result<(), StoreError> {
        let stored = self.record.as_ref().map(StoredSession::generation);
        let is_expected = match expected {
            Expected::Anything => true,
            Expected::Nothing => stored.is_none(),
            Expected::Generation(generation) => stored == Some(generation),
        };
        if !is_expected {
            return Err(StoreError::conflict());
        }
        self.record = record;
        Ok(())
    }
}

/// The number of a session.
pub(crate) fn number(session: &Authenticated) -> u32 {
    let token = session.refresh_token().unwrap().expose_secret();
    token.strip_prefix("refresh_").unwrap().parse().unwrap()
}

#[track_caller]
pub(crate) fn organization(token: &Token) -> Option<&str> {
    token.session().organization_id().map(|id| id.as_str())
}

impl Driver for World {
    fn now(&self) -> SystemTime {
        self.now
    }

    async fn lock(&mut self, wait: Duration, _lease: Duration) -> Result<Lock, StoreError> {
        self.call("lock")?;
        if self.is_locked {
            self.waited_for_lock += wait;
            self.now += wait;
            return Ok(Lock::TimedOut);
        }
        Ok(Lock::Acquired)
    }

    async fn unlock(&mut self) {}

    async fn load(&mut self) -> Result<Option<StoredSession>, StoreError> {
        self.now += self.load_takes;
        self.call("load")?;
        Ok(self.record.clone())
    }

    async fn save(&mut self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        self.call("save")?;
        // As a store does: what it holds is what was written.
        let text = serde_json::to_string(record).unwrap();
        self.replace(Some(serde_json::from_str(&text).unwrap()), expected)
    }

    async fn clear(&mut self, expected: Expected) -> Result<(), StoreError> {
        self.call("clear")?;
        self.replace(None, expected)
    }

    async fn send(
        &mut self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, Cause> {
        match serde_json::from_slice::<Value>(request.body()) {
            Ok(body) => {
                let text = |name: &str| body[name].as_str().map(str::to_owned);
                self.sent.push(Sent {
                    // Empty with the cookie of the service.
                    refresh_token: text("refresh_token").unwrap_or_default(),
                    organization: text("organization_id"),
                    timeout,
                    at: self.now.duration_since(self.begun).unwrap_or_default(),
                });
            }
            // WorkOS takes JSON, and only a revocation is a form here.
            Err(_) => {
                let body = String::from_utf8(request.into_body()).unwrap();
                self.revoked.push(body);
            }
        }
        let reply = self.replies.pop_front().expect("no request is expected");
        self.now += reply.after.min(timeout);
        if let Some(during_send) = self.during_send.take() {
            during_send(self);
        }
        match reply.response {
            Some(response) if reply.after <= timeout => Ok(response),
            _ => Err(Arc::new(io::Error::other("the connection was reset"))),
        }
    }

    async fn sleep(&mut self, duration: Duration) {
        self.now += duration;
    }
}
