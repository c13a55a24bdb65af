//! One process: a machine and its operation in progress. What the operation is told and what it calls are data.

use std::cell::{Cell, RefCell};
use std::future::{self, Future};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use workos_login_session::workos_login::http::{Request, Response};
use workos_login_session::workos_login::secrecy::ExposeSecret as _;
use workos_login_session::workos_login::url::Url;
use workos_login_session::workos_login::{
    Authenticated, Callback, Client, ConnectionSelector, Exchange as _, Public, Screen,
};
use workos_login_session::{
    Cause, Driver, Expected, Lock, Machine, SessionEnded, SessionError, SessionPolicy,
    SessionWarning, StoreError, StoredSession, Token,
};

use crate::record::Stored;
use crate::service::{Asked, Millis, Org, Pair, Reply, login_and_access, refresh_number};

/// An operation of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    AccessToken,
    /// With the access token that callers can see.
    RefreshRejected,
    RefreshNow,
    Switch(Org),
    LogIn(Pair),
    LogOut,
    Flush,
}

impl Operation {
    /// Returns whether it returns another access token than before.
    pub(crate) fn wants_another(self) -> bool {
        matches!(self, Self::RefreshRejected | Self::RefreshNow)
    }
}

/// An event for a process, and the time that its clock shows then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Input {
    pub(crate) told: Told,
    pub(crate) clock: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    /// An operation begins.
    Begin(Operation),
    /// The future is dropped.
    Dropped,
    /// The outcome of `lock`: acquired, or timed out.
    Locked(Result<bool, ()>),
    Loaded(Result<Option<Stored>, ()>),
    /// The outcome of `save` or `clear`.
    Written(Result<(), Failure>),
    Replied(Reply),
    Disconnected,
    TimedOut,
    /// `unlock` or `sleep` is over.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Failure {
    Conflict,
    Failed,
}

/// A call of the driver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// There is no operation.
    None,
    Clear(Expected),
    Load,
    Lock {
        wait: Millis,
        lease: Millis,
    },
    Save(Stored, Expected),
    /// A request and its timeout.
    Send(Asked, Millis),
    Sleep(Millis),
    Unlock,
    /// The operation has ended.
    End(End),
}

/// The result of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Ready,
    NotStored,
    NotRefreshed,
    /// A usable access token with the challenge as a warning.
    ChallengedLater,
    StoreWarning,
    Challenged,
    EndedByService,
    Expired,
    Failed,
    Flushed,
    LoggedOut {
        cleared: bool,
    },
    NoSession {
        was_logged_in: bool,
    },
    OtherClient,
    ResponseLost,
    StoreFailed,
    Unavailable(Millis),
}

impl End {
    /// Returns whether the caller receives an access token.
    pub(crate) fn has_token(self) -> bool {
        matches!(
            self,
            Self::Ready
                | Self::NotStored
                | Self::NotRefreshed
                | Self::ChallengedLater
                | Self::StoreWarning
        )
    }

    fn of(result: &Result<Token, SessionError>) -> Self {
        match result {
            Ok(token) => Self::of_warning(token.warning()),
            Err(error) => Self::of_error(error),
        }
    }

    fn of_warning(warning: Option<&SessionWarning>) -> Self {
        match warning {
            None => Self::Ready,
            Some(SessionWarning::AuthenticationChallenge(_)) => Self::ChallengedLater,
            Some(SessionWarning::NotRefreshed(_)) => Self::NotRefreshed,
            Some(SessionWarning::NotStored(_)) => Self::NotStored,
            Some(SessionWarning::Store(_)) => Self::StoreWarning,
            Some(other) => panic!("{other:?}"),
        }
    }

    fn of_error(error: &SessionError) -> Self {
        match error {
            SessionError::AuthenticationChallenge(_) => Self::Challenged,
            SessionError::Ended(reason) => match **reason {
                SessionEnded::Expired => Self::Expired,
                SessionEnded::LoggedOut => Self::NoSession {
                    was_logged_in: true,
                },
                SessionEnded::NotLoggedIn => Self::NoSession {
                    was_logged_in: false,
                },
                SessionEnded::ResponseLost(_) => Self::ResponseLost,
                SessionEnded::Service(_) => Self::EndedByService,
                ref other => panic!("{other:?}"),
            },
            SessionError::Failed(_) => Self::Failed,
            SessionError::OtherClient(_) => Self::OtherClient,
            SessionError::Store(_) => Self::StoreFailed,
            SessionError::Unavailable { retry_in, .. } => Self::Unavailable(millis(*retry_in)),
            other => panic!("{other:?}"),
        }
    }
}

/// The part of a machine that callers can see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Visible {
    pub(crate) session: Option<Seen>,
    pub(crate) unsaved: bool,
    /// True if a caller holds the access token.
    pub(crate) held: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) login: u32,
    pub(crate) refresh: u32,
    pub(crate) access: u32,
    pub(crate) org: Org,
    pub(crate) fresh: bool,
    /// The remaining lifetime.
    pub(crate) left: Millis,
}

/// A machine and its operation in progress.
pub(crate) struct Process {
    machine: Rc<Machine>,
    operation: Option<Pin<Box<dyn Future<Output = End>>>>,
    line: Rc<Line>,
    /// The access token that a caller received last.
    held: Rc<RefCell<Option<Token>>>,
}

/// Between an operation and the test.
#[derive(Default)]
struct Line {
    clock: Cell<Millis>,
    call: RefCell<Option<Call>>,
    told: RefCell<Option<Told>>,
    /// True if the operation only goes again where it has been, and its calls are known.
    replays: Cell<bool>,
}

impl Process {
    pub(crate) fn new(policy: &SessionPolicy) -> Self {
        Self {
            machine: Rc::new(Machine::new(client(), policy.clone())),
            operation: None,
            line: Rc::default(),
            held: Rc::default(),
        }
    }

    /// All that decides what an idle process does next, with fingerprints for tokens.
    pub(crate) fn idle_state(&self) -> Option<String> {
        let state = || format!("{:?} {}", self.machine, self.is_held());
        self.operation.is_none().then(state)
    }

    fn is_held(&self) -> bool {
        let (held, session) = (self.held.borrow(), self.machine.session());
        let token = |session: &Authenticated| session.access_token().expose_secret().to_owned();
        held.as_ref().map(|held| token(held.session())) == session.map(|session| token(&session))
            && held.is_some()
    }

    pub(crate) fn visible(&self, clock: Millis) -> Visible {
        let now = at(clock);
        let seen = |session: Arc<Authenticated>| {
            let (login, access) = login_and_access(session.access_token().expose_secret());
            Seen {
                login,
                refresh: refresh_number(session.refresh_token().unwrap().expose_secret()),
                access,
                org: Org::of(session.organization_id().unwrap().as_str()),
                fresh: self.machine.fresh(now).is_some(),
                left: millis(session.expires_in(now).unwrap()),
            }
        };
        Visible {
            session: self.machine.session().map(seen),
            unsaved: self.machine.is_unsaved(),
            held: self.is_held(),
        }
    }

    /// Tells the process something again, to bring it to where it was.
    pub(crate) fn replay(&mut self, input: &Input) {
        self.line.replays.set(true);
        self.advance(input);
        self.line.replays.set(false);
    }

    /// Tells the process something, and returns the next call of its driver.
    pub(crate) fn tell(&mut self, input: &Input) -> Call {
        match self.advance(input) {
            Some(end) => Call::End(end),
            None => self.line.call.take().unwrap_or(Call::None),
        }
    }

    fn advance(&mut self, input: &Input) -> Option<End> {
        self.line.clock.set(input.clock);
        match &input.told {
            Told::Begin(operation) => {
                assert!(self.operation.is_none(), "one operation at a time");
                self.operation = Some(self.begin(*operation));
            }
            Told::Dropped => self.operation = None,
            told => *self.line.told.borrow_mut() = Some(told.clone()),
        }
        let operation = self.operation.as_mut()?;
        match operation
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Pending => None,
            Poll::Ready(end) => {
                self.operation = None;
                Some(end)
            }
        }
    }

    fn begin(&self, operation: Operation) -> Pin<Box<dyn Future<Output = End>>> {
        let machine = Rc::clone(&self.machine);
        let mut driver = Recorder(Rc::clone(&self.line));
        let held = Rc::clone(&self.held);
        Box::pin(async move {
            let driver = &mut driver;
            let result = match operation {
                Operation::AccessToken => machine.access_token(driver).await,
                Operation::RefreshRejected => {
                    let rejected = held.borrow().clone().expect("an access token was used");
                    machine.refresh_rejected(&rejected, driver).await
                }
                Operation::RefreshNow => machine.refresh_now(driver).await,
                Operation::Switch(org) => {
                    let organization = org.id().parse().unwrap();
                    machine.switch_organization(&organization, driver).await
                }
                Operation::LogIn(pair) => machine.log_in(log_in(pair, driver.now()), driver).await,
                Operation::LogOut => {
                    let cleared = machine.log_out(driver).await.error().is_none();
                    return End::LoggedOut { cleared };
                }
                Operation::Flush => {
                    let result = machine.flush(driver).await;
                    return result.map_or_else(|error| End::of_error(&error), |()| End::Flushed);
                }
            };
            let end = End::of(&result);
            if let Ok(token) = result {
                held.replace(Some(token));
            }
            end
        })
    }
}

/// The driver: each call is recorded, and returns what it is told.
struct Recorder(Rc<Line>);

impl Recorder {
    async fn call(&self, call: impl FnOnce() -> Call) -> Told {
        if !self.0.replays.get() {
            *self.0.call.borrow_mut() = Some(call());
        }
        future::poll_fn(|_| match self.0.told.take() {
            Some(told) => Poll::Ready(told),
            None => Poll::Pending,
        })
        .await
    }

    async fn write(&self, call: impl FnOnce() -> Call) -> Result<(), StoreError> {
        match self.call(call).await {
            Told::Written(result) => result.map_err(|failure| match failure {
                Failure::Conflict => StoreError::conflict(),
                Failure::Failed => failed(),
            }),
            told => panic!("{told:?}"),
        }
    }
}

impl Driver for Recorder {
    fn now(&self) -> SystemTime {
        at(self.0.clock.get())
    }

    async fn lock(&mut self, wait: Duration, lease: Duration) -> Result<Lock, StoreError> {
        let call = || Call::Lock {
            wait: millis(wait),
            lease: millis(lease),
        };
        match self.call(call).await {
            Told::Locked(Ok(true)) => Ok(Lock::Acquired),
            Told::Locked(Ok(false)) => Ok(Lock::TimedOut),
            Told::Locked(Err(())) => Err(failed()),
            told => panic!("{told:?}"),
        }
    }

    async fn unlock(&mut self) {
        assert_eq!(self.call(|| Call::Unlock).await, Told::Done);
    }

    async fn load(&mut self) -> Result<Option<StoredSession>, StoreError> {
        match self.call(|| Call::Load).await {
            Told::Loaded(Ok(record)) => Ok(record.map(|record| record.parsed.clone())),
            Told::Loaded(Err(())) => Err(failed()),
            told => panic!("{told:?}"),
        }
    }

    async fn save(&mut self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        self.write(|| Call::Save(Stored::new(record), expected))
            .await
    }

    async fn clear(&mut self, expected: Expected) -> Result<(), StoreError> {
        self.write(|| Call::Clear(expected)).await
    }

    async fn send(
        &mut self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, Cause> {
        match self
            .call(|| Call::Send(Asked::read(request.body()), millis(timeout)))
            .await
        {
            Told::Replied(reply) => Ok(reply.response()),
            Told::Disconnected => Err(Arc::new(std::io::Error::other("disconnected"))),
            Told::TimedOut => Err(Arc::new(std::io::Error::other("timed out"))),
            told => panic!("{told:?}"),
        }
    }

    async fn sleep(&mut self, duration: Duration) {
        assert_eq!(
            self.call(|| Call::Sleep(millis(duration))).await,
            Told::Done
        );
    }
}

fn failed() -> StoreError {
    StoreError::new(std::io::Error::other("the disk is full"))
}

fn client() -> Client<Public> {
    Client::public("client_model".parse().unwrap())
}

/// A login from start to session.
fn log_in(pair: Pair, now: SystemTime) -> Authenticated {
    let client = client();
    let redirect_uri = "http://127.0.0.1:52143/callback";
    let (url, awaiting) = client
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            redirect_uri.parse().unwrap(),
        )
        .begin(now, &mut StdRng::seed_from_u64(0));
    let url = Url::from(url);
    let state = url
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1;
    let callback = Callback::parse(&format!("{redirect_uri}?code=c&state={state}")).unwrap();
    awaiting
        .accept(&client, callback, now)
        .unwrap()
        .response(Reply::Success(pair).response(), now)
        .unwrap()
        .authenticated()
        .unwrap()
}

fn at(clock: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(clock)
}

fn millis(duration: Duration) -> Millis {
    duration.as_millis().try_into().unwrap()
}
