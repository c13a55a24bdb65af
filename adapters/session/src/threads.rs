//! The keeper for threads.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use workos_login::http::{Request, Response};
use workos_login::session::{Done, Machine, Step};
use workos_login::{Authenticated, OrganizationId, Refreshing, SendError};

use crate::bearer;
use crate::error::{CallError, Error};
use crate::logged_out::LoggedOut;
use crate::operation::{Answer, Next, Operation, Shared};
use crate::store::Store;
use crate::token::Token;
use crate::turns::{Joined, Turns};

/// Keeps one session alive, for threads.
///
/// Clones share everything. Each call does what it says before it returns; a token that is not due is returned at once.
pub struct BlockingSessionManager<S> {
    shared: Arc<Shared<S>>,
    turns: Arc<Turns>,
    send: Arc<Send>,
}

type Send = dyn Fn(Refreshing, Duration) -> Answer + std::marker::Send + Sync;

impl<S: Store> BlockingSessionManager<S> {
    /// Puts a keeper together: the machine with its policy, the store, and what sends a refresh.
    ///
    /// `send` is an HTTP adapter's function. It is told how long the exchange may take, and has to end it by then, because a
    /// lost answer can be asked for again only for some seconds: nothing else can end it.
    pub fn new<T>(
        machine: Machine,
        store: S,
        send: impl Fn(Refreshing, Duration) -> Result<Authenticated, SendError<Refreshing, T>>
        + std::marker::Send
        + Sync
        + 'static,
    ) -> Self
    where
        T: std::error::Error + std::marker::Send + Sync + 'static,
    {
        Self {
            shared: Arc::new(Shared::new(machine, store)),
            turns: Arc::default(),
            send: Arc::new(move |exchange, limit| send(exchange, limit).into()),
        }
    }

    /// Returns a good access token, refreshing the session when it is due.
    ///
    /// While a refresh is under way, others wait for its result and get the same one.
    ///
    /// # Errors
    ///
    /// There is no good access token; [`Error`] says what to do.
    pub fn token(&self) -> Result<Token, Error> {
        match self.shared.fresh() {
            Some(token) => Ok(token),
            None => self.ask(None),
        }
    }

    /// Returns another access token than `token`, which a server has refused.
    ///
    /// [`call`](Self::call) does this. Do it once for one call: when the new token is refused as well, it is not the token.
    ///
    /// # Errors
    ///
    /// There is no other access token; [`Error`] says what to do.
    pub fn refused(&self, token: &Token) -> Result<Token, Error> {
        self.ask(Some(token))
    }

    /// Makes a call with the access token in its `Authorization` header, which is marked sensitive.
    ///
    /// When the answer is 401 with `WWW-Authenticate: Bearer error="invalid_token"` (RFC 6750 section 3.1), the session
    /// is refreshed once and the call repeated once. Every other answer is returned as it is. `send` returns
    /// answers of all statuses as `Ok`, and follows no redirect to another host with the header.
    ///
    /// # Errors
    ///
    /// [`CallError`]: there is no token, the address is not https, or `send` failed.
    pub fn call<B: Clone, R, E>(
        &self,
        request: Request<B>,
        mut send: impl FnMut(Request<B>) -> Result<Response<R>, E>,
    ) -> Result<Response<R>, CallError<E>> {
        bearer::check(request.uri())?;
        let token = self.token()?;
        let first = bearer::authorize(request.clone(), &token)?;
        let response = send(first).map_err(CallError::Send)?;
        if !bearer::is_refused(&response) {
            return Ok(response);
        }
        let token = self.refused(&token)?;
        send(bearer::authorize(request, &token)?).map_err(CallError::Send)
    }

    /// Keeps a new session, in place of any other.
    ///
    /// When it cannot be stored, the token comes with a [warning](Token::warning).
    ///
    /// # Errors
    ///
    /// Only when somebody else in this process logs out in the same moment.
    pub fn log_in(&self, session: Authenticated) -> Result<Token, Error> {
        let step = self.shared.machine_mut().log_in(session, SystemTime::now());
        let (operation, done) = self.force(step);
        operation.token(done)
    }

    /// Forgets the session, here and in the store.
    ///
    /// It wins over a refresh that is under way, here or in another process, and waits no longer than one lease for it.
    pub fn log_out(&self) -> LoggedOut {
        let step = self.shared.machine_mut().log_out(SystemTime::now());
        let (operation, done) = self.force(step);
        operation.logged_out(done)
    }

    /// Moves the session to another organization, and returns the access token for it.
    ///
    /// # Errors
    ///
    /// The session stays as it was; [`Error`] says what to do.
    pub fn switch(&self, organization: OrganizationId) -> Result<Token, Error> {
        let turn = self.turns.enter(Duration::MAX);
        let step = self
            .shared
            .machine_mut()
            .switch(organization, SystemTime::now());
        let (operation, done) = self.drive(Operation::new(&self.shared, Duration::MAX), step);
        drop(turn);
        operation.token(done)
    }

    /// Stores the session if that was not possible before.
    ///
    /// # Errors
    ///
    /// It is not possible now, either; [`Error`] says what to do.
    pub fn flush(&self) -> Result<(), Error> {
        let turn = self.turns.enter(Duration::MAX);
        let step = self.shared.machine_mut().flush(SystemTime::now());
        let (operation, done) = self.drive(Operation::new(&self.shared, Duration::MAX), step);
        drop(turn);
        operation.stored(done)
    }

    /// Returns the session as this process knows it, or else as it is stored, due or not. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store cannot be read.
    pub fn session(&self) -> Result<Option<Authenticated>, Error> {
        self.shared.session()
    }

    /// Finds out whether a session could be stored. Ask before a login begins.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it could not.
    pub fn check(&self) -> Result<(), Error> {
        self.shared.check()
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    fn ask(&self, refused: Option<&Token>) -> Result<Token, Error> {
        let turn = match self.turns.join(refused) {
            Joined::Outcome(outcome) => return outcome,
            Joined::Turn(turn) => turn,
        };
        let now = SystemTime::now();
        let step = match refused {
            None => self.shared.machine_mut().token(now),
            Some(token) => self.shared.machine_mut().refused(token.secret(), now),
        };
        let operation = Operation::new(&self.shared, Duration::MAX);
        let (operation, done) = self.drive(operation, step);
        let outcome = operation.token(done);
        turn.end(&outcome);
        outcome
    }

    /// Does what does not wait for anybody longer than one lease.
    fn force(&self, step: Step) -> (Operation<S>, Done) {
        let lease = match &step {
            Step::Lock(locking) => locking.lease(),
            _ => Duration::MAX,
        };
        let begun = Instant::now();
        let turn = self.turns.enter(lease);
        let patience = lease.saturating_sub(begun.elapsed());
        let ended = self.drive(Operation::new(&self.shared, patience), step);
        drop(turn);
        ended
    }

    fn drive(&self, mut operation: Operation<S>, mut step: Step) -> (Operation<S>, Done) {
        loop {
            step = match operation.run(step) {
                Next::Done(done) => return (operation, done),
                Next::Wait(waiting) => {
                    thread::sleep(waiting.time());
                    operation.waited(waiting)
                }
                Next::Send(sending) => {
                    let limit = sending.limit();
                    let (exchange, sent) = sending.into_parts();
                    let answer = (self.send)(exchange, limit);
                    operation.sent(sent, answer)
                }
            };
        }
    }
}

impl<S> Clone for BlockingSessionManager<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            turns: Arc::clone(&self.turns),
            send: Arc::clone(&self.send),
        }
    }
}

impl<S> fmt::Debug for BlockingSessionManager<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSessionManager")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}
