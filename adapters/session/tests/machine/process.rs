//! One process: a real keeper, and the step that it waits for. What it is told and what it asks for are data.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use workos_login::secrecy::ExposeSecret as _;
use workos_login::session::{
    Done, Machine, SentRefresh, SessionEnded, SessionPolicy, Step, StoreFailed, StoredSession,
    Warning,
};
use workos_login::url::Url;
use workos_login::{
    Authenticated, Callback, Client, ConnectionSelector, Exchange as _, Public, Refreshing, Screen,
    SendError,
};

use crate::record::Stored;
use crate::service::{Asked, ErrorResponse, Millis, Org, Pair, login_and_access};

/// What a caller wants of a keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    Token,
    /// The access token at hand was refused by a resource server.
    Another,
    Switch(Org),
    SignIn(Pair),
    LogOut,
    Flush,
}

/// What a process is told, and at what time by its clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Input {
    pub(crate) told: Told,
    pub(crate) clock: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    Wish(Wish),
    /// Nobody waits for the operation any more: it is dropped where it is.
    Dropped,
    Cleared(bool),
    /// An error when the store could not be read.
    Loaded(Result<Option<Stored>, ()>),
    Locked(Result<bool, ()>),
    Saved(bool),
    Answered(ErrorResponse),
    Broken,
    TimedOut,
    Unlocked,
    Waited,
}

/// What a process asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asks {
    Nothing,
    Clear,
    Load,
    Lock(Millis),
    Save(Stored),
    /// What was sent, and for how long an answer is waited for.
    Send(Asked, Millis),
    Unlock,
    Wait(Millis),
    Done(End),
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Failed,
    LoggedOut { cleared: bool },
    Ready,
    NotStored,
    NotRefreshed,
    StaleStore,
    Ended,
    Expired,
    Gone,
    NobodyHere,
    ResponseLost,
    AuthenticationChallenge,
    StoreFailed,
    TryAgain(Millis),
}

impl End {
    /// Whether a caller has got a token.
    pub(crate) fn hands_out(self) -> bool {
        matches!(
            self,
            Self::Ready | Self::NotStored | Self::NotRefreshed | Self::StaleStore
        )
    }

    fn of(done: &Done) -> Self {
        match done {
            Done::Failed(_) => Self::Failed,
            Done::LoggedOut { cleared, .. } => Self::LoggedOut { cleared: *cleared },
            Done::Ready(None) => Self::Ready,
            Done::Ready(Some(Warning::NotStored)) => Self::NotStored,
            Done::Ready(Some(Warning::NotRefreshed(_))) => Self::NotRefreshed,
            Done::Ready(Some(Warning::StoreFailed)) => Self::StaleStore,
            Done::SessionEnded(SessionEnded::Ended(_)) => Self::Ended,
            Done::SessionEnded(SessionEnded::Expired) => Self::Expired,
            Done::SessionEnded(SessionEnded::LoggedOut) => Self::Gone,
            Done::SessionEnded(SessionEnded::NotLoggedIn) => Self::NobodyHere,
            Done::SessionEnded(SessionEnded::ResponseLost(_)) => Self::ResponseLost,
            Done::SessionEnded(SessionEnded::AuthenticationChallenge(_)) => {
                Self::AuthenticationChallenge
            }
            Done::StoreFailed => Self::StoreFailed,
            Done::TryAgain { after, .. } => Self::TryAgain(millis(*after)),
            other => panic!("{other:?} is not known here"),
        }
    }
}

/// What callers can see of a keeper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sight {
    pub(crate) session: Option<Seen>,
    pub(crate) unsaved: bool,
}

/// The session that callers can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) login: u32,
    pub(crate) access: u32,
    pub(crate) org: Org,
    pub(crate) fresh: bool,
    pub(crate) left: Millis,
}

/// A real keeper and its driver's hands.
pub(crate) struct Process {
    client: Client<Public>,
    keeper: Machine,
    pending: Pending,
}

#[derive(Debug)]
enum Pending {
    Nothing,
    Flight(Refreshing, SentRefresh),
    Step(Step),
}

impl Process {
    pub(crate) fn new(policy: &SessionPolicy) -> Self {
        let client = Client::public("client_model".parse().unwrap());
        Self {
            keeper: Machine::new(&client, policy.clone()),
            client,
            pending: Pending::Nothing,
        }
    }

    /// Whether two processes are in the same state, as text: all that decides what they will do, with fingerprints for tokens.
    pub(crate) fn state(&self) -> String {
        format!("{:?} {:?}", self.keeper, self.pending)
    }

    pub(crate) fn sight(&self, clock: Millis) -> Sight {
        Sight {
            session: self.keeper.session().map(|session| {
                let (login, access) = login_and_access(session.access_token().expose_secret());
                Seen {
                    login,
                    access,
                    org: Org::from_id(session.organization_id().unwrap().as_str()),
                    fresh: self.keeper.fresh(at(clock)).is_some(),
                    left: millis(session.expires_in(at(clock)).unwrap()),
                }
            }),
            unsaved: self.keeper.is_unsaved(),
        }
    }

    /// Tells the keeper something, and says what it asks for next.
    pub(crate) fn tell(&mut self, input: &Input) -> Asks {
        let now = at(input.clock);
        let pending = std::mem::replace(&mut self.pending, Pending::Nothing);
        let step = match (pending, &input.told) {
            (Pending::Nothing, Told::Wish(wish)) => self.wish(*wish, now),
            (_, Told::Dropped) => return Asks::Nothing,
            (Pending::Flight(refreshing, sent), told) => self.land(refreshing, sent, told, now),
            (Pending::Step(step), told) => self.answer(step, told, now),
            (pending, told) => panic!("{told:?} is no answer to {pending:?}"),
        };
        self.ask(step)
    }

    fn wish(&mut self, wish: Wish, now: SystemTime) -> Step {
        match wish {
            Wish::Token => self.keeper.token(now),
            Wish::Another => {
                let session = self.keeper.session().expect("a token was used");
                let refused = session.access_token().clone();
                self.keeper.refused(&refused, now)
            }
            Wish::Switch(org) => self.keeper.switch(org.id().parse().unwrap(), now),
            Wish::SignIn(pair) => {
                let session = log_in(&self.client, pair, now);
                self.keeper.log_in(session, now)
            }
            Wish::LogOut => self.keeper.log_out(now),
            Wish::Flush => self.keeper.flush(now),
        }
    }

    fn answer(&mut self, step: Step, told: &Told, now: SystemTime) -> Step {
        let keeper = &mut self.keeper;
        match (step, told) {
            (Step::Clear(step), Told::Cleared(ok)) => step.cleared(keeper, *ok),
            (Step::Load(step), Told::Loaded(Err(()))) => step.loaded(keeper, Err(StoreFailed), now),
            (Step::Load(step), Told::Loaded(Ok(record))) => {
                let record = record
                    .as_ref()
                    .map(|record| serde_json::from_str(&record.text).unwrap());
                step.loaded(keeper, Ok(record), now)
            }
            (Step::Lock(step), Told::Locked(held)) => {
                step.locked(keeper, held.map_err(|()| StoreFailed), now)
            }
            (Step::Save(step), Told::Saved(ok)) => step.saved(keeper, *ok, now),
            (Step::Unlock(step), Told::Unlocked) => step.unlocked(),
            (Step::Wait(step), Told::Waited) => step.waited(keeper, now),
            (step, told) => panic!("{told:?} is no answer to {step:?}"),
        }
    }

    fn land(
        &mut self,
        refreshing: Refreshing,
        sent: SentRefresh,
        told: &Told,
        now: SystemTime,
    ) -> Step {
        let keeper = &mut self.keeper;
        match told {
            Told::Answered(answer) => {
                let result = refreshing.response(answer.response(), now);
                let result = result.map_err(SendError::<_, Infallible>::from);
                sent.sent(keeper, result, now)
            }
            Told::Broken => sent.sent(keeper, Err(SendError::transport(refreshing, ())), now),
            Told::TimedOut => sent.timed_out(keeper, now),
            told => panic!("{told:?} is no answer to a refresh"),
        }
    }

    fn ask(&mut self, step: Step) -> Asks {
        let asks = match step {
            Step::Clear(_) => Asks::Clear,
            Step::Load(_) => Asks::Load,
            Step::Lock(ref step) => Asks::Lock(millis(step.lease())),
            Step::Save(ref step) => Asks::Save(stored(step.record())),
            Step::Unlock(_) => Asks::Unlock,
            Step::Wait(ref step) => Asks::Wait(millis(step.time())),
            Step::Done(done) => return Asks::Done(End::of(&done)),
            Step::Send(step) => {
                let limit = millis(step.limit());
                let (refreshing, sent) = step.into_parts();
                let asked = Asked::read(refreshing.request().body());
                self.pending = Pending::Flight(refreshing, sent);
                return Asks::Send(asked, limit);
            }
        };
        self.pending = Pending::Step(step);
        asks
    }
}

/// A login from start to session.
fn log_in(client: &Client<Public>, pair: Pair, now: SystemTime) -> Authenticated {
    let address = "http://127.0.0.1:52143/callback";
    let (url, awaiting) = client
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            address.parse().unwrap(),
        )
        .begin(now, &mut StdRng::seed_from_u64(0));
    let url = Url::from(url);
    let state = url
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1;
    let callback = Callback::parse(&format!("{address}?code=c&state={state}")).unwrap();
    awaiting
        .accept(client, callback, now)
        .unwrap()
        .response(ErrorResponse::Success(pair).response(), now)
        .unwrap()
        .authenticated()
        .unwrap()
}

/// A record as a store keeps it.
fn stored(record: &StoredSession) -> Stored {
    Stored::new(&serde_json::to_string(record).unwrap())
}

fn at(clock: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(clock)
}

fn millis(duration: Duration) -> Millis {
    duration.as_millis().try_into().unwrap()
}
