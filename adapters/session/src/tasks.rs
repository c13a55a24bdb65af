//! The keeper for tasks, on any runtime.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use async_lock::{Mutex, MutexGuardArc};
use blocking::Task;
use futures_lite::future;
use workos_login::http::{Request, Response};
use workos_login::session::{Done, Machine, Step};
use workos_login::{Authenticated, OrganizationId, Refreshing, SendError};

use crate::bearer;
use crate::error::{CallError, Error};
use crate::logged_out::LoggedOut;
use crate::operation::{Answer, Next, Operation, Shared};
use crate::store::Store;
use crate::token::Token;
use crate::turns::will_do;

/// Keeps one session alive, for tasks.
///
/// Clones share everything. It needs no particular runtime: the sleep function is the caller's, and the store is used
/// on threads of the [`blocking`] pool.
///
/// Every future may be dropped at any point. What has been given to the store is finished and the lock given back; a
/// refresh that was sent without its answer having arrived is asked for again by the next operation.
pub struct SessionManager<S> {
    shared: Arc<Shared<S>>,
    turns: Arc<Turns>,
    send: Arc<SendRefresh>,
    sleep: Arc<Sleep>,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type SendRefresh = dyn Fn(Refreshing) -> Boxed<Answer> + Send + Sync;
type Sleep = dyn Fn(Duration) -> Boxed<()> + Send + Sync;

/// The tasks of a process take turns.
#[derive(Debug, Default)]
struct Turns {
    /// What came of the last operation, when it is for others as well.
    outcome: Arc<Mutex<Option<Result<Token, Error>>>>,
    /// How many operations have ended.
    count: AtomicU64,
}

type Turn = MutexGuardArc<Option<Result<Token, Error>>>;

impl<S: Store + 'static> SessionManager<S> {
    /// Puts a keeper together: the machine with its policy, the store, what sends a refresh, and what sleeps.
    ///
    /// `send` is an HTTP adapter's function; its future is dropped when it takes longer than the exchange may.
    /// `sleep` is the runtime's, such as `tokio::time::sleep`.
    pub fn new<T, F, G>(
        machine: Machine,
        store: S,
        send: impl Fn(Refreshing) -> F + Send + Sync + 'static,
        sleep: impl Fn(Duration) -> G + Send + Sync + 'static,
    ) -> Self
    where
        T: std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<Authenticated, SendError<Refreshing, T>>> + Send + 'static,
        G: Future<Output = ()> + Send + 'static,
    {
        Self {
            shared: Arc::new(Shared::new(machine, store)),
            turns: Arc::default(),
            send: Arc::new(move |exchange| {
                let sending = send(exchange);
                Box::pin(async { sending.await.into() })
            }),
            sleep: Arc::new(move |time| Box::pin(sleep(time))),
        }
    }

    /// Returns a good access token, refreshing the session when it is due.
    ///
    /// While a refresh is under way, others wait for its result and get the same one.
    ///
    /// # Errors
    ///
    /// There is no good access token; [`Error`] says what to do.
    pub async fn token(&self) -> Result<Token, Error> {
        match self.shared.fresh() {
            Some(token) => Ok(token),
            None => self.ask(None).await,
        }
    }

    /// Returns another access token than `token`, which a server has refused.
    ///
    /// [`call`](Self::call) does this. Do it once for one call: when the new token is refused as well, it is not the token.
    ///
    /// # Errors
    ///
    /// There is no other access token; [`Error`] says what to do.
    pub async fn refused(&self, token: &Token) -> Result<Token, Error> {
        self.ask(Some(token)).await
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
    pub async fn call<B: Clone, R, E, F>(
        &self,
        request: Request<B>,
        mut send: impl FnMut(Request<B>) -> F,
    ) -> Result<Response<R>, CallError<E>>
    where
        F: Future<Output = Result<Response<R>, E>>,
    {
        bearer::check(request.uri())?;
        let token = self.token().await?;
        let first = bearer::authorize(request.clone(), &token)?;
        let response = send(first).await.map_err(CallError::Send)?;
        if !bearer::is_refused(&response) {
            return Ok(response);
        }
        drop(response);
        let token = self.refused(&token).await?;
        send(bearer::authorize(request, &token)?)
            .await
            .map_err(CallError::Send)
    }

    /// Keeps a new session, in place of any other.
    ///
    /// When it cannot be stored, the token comes with a [warning](Token::warning).
    ///
    /// # Errors
    ///
    /// Only when somebody else in this process logs out in the same moment.
    pub async fn log_in(&self, session: Authenticated) -> Result<Token, Error> {
        let step = self.shared.machine_mut().log_in(session, SystemTime::now());
        let (operation, done) = self.force(step).await;
        operation.token(done)
    }

    /// Forgets the session, here and in the store.
    ///
    /// It wins over a refresh that is under way, here or in another process, and waits no longer than one lease for it.
    pub async fn log_out(&self) -> LoggedOut {
        let step = self.shared.machine_mut().log_out(SystemTime::now());
        let (operation, done) = self.force(step).await;
        operation.logged_out(done)
    }

    /// Moves the session to another organization, and returns the access token for it.
    ///
    /// # Errors
    ///
    /// The session stays as it was; [`Error`] says what to do.
    pub async fn switch(&self, organization: OrganizationId) -> Result<Token, Error> {
        let turn = self.turns.outcome.lock_arc().await;
        let step = self
            .shared
            .machine_mut()
            .switch(organization, SystemTime::now());
        let operation = Operation::new(&self.shared, Duration::MAX);
        let (operation, done, _) = self.drive(operation, step, Some(turn)).await;
        operation.token(done)
    }

    /// Stores the session if that was not possible before.
    ///
    /// # Errors
    ///
    /// It is not possible now, either; [`Error`] says what to do.
    pub async fn flush(&self) -> Result<(), Error> {
        let turn = self.turns.outcome.lock_arc().await;
        let step = self.shared.machine_mut().flush(SystemTime::now());
        let operation = Operation::new(&self.shared, Duration::MAX);
        let (operation, done, _) = self.drive(operation, step, Some(turn)).await;
        operation.stored(done)
    }

    /// Returns the session as this process knows it, or else as it is stored, due or not. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store cannot be read.
    pub async fn session(&self) -> Result<Option<Authenticated>, Error> {
        let shared = Arc::clone(&self.shared);
        blocking::unblock(move || shared.session()).await
    }

    /// Finds out whether a session could be stored. Ask before a login begins.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it could not.
    pub async fn check(&self) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        blocking::unblock(move || shared.check()).await
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    async fn ask(&self, refused: Option<&Token>) -> Result<Token, Error> {
        let arrived = self.turns.count.load(Ordering::Acquire);
        let turn = self.turns.outcome.lock_arc().await;
        if self.turns.count.load(Ordering::Acquire) > arrived
            && let Some(outcome) = &*turn
            && will_do(outcome, refused)
        {
            return outcome.clone();
        }
        let now = SystemTime::now();
        let step = match refused {
            None => self.shared.machine_mut().token(now),
            Some(token) => self.shared.machine_mut().refused(token.secret(), now),
        };
        let operation = Operation::new(&self.shared, Duration::MAX);
        let (operation, done, turn) = self.drive(operation, step, Some(turn)).await;
        let outcome = operation.token(done);
        if let Some(mut turn) = turn {
            *turn = Some(outcome.clone());
        }
        outcome
    }

    /// Does what does not wait for anybody longer than one lease.
    async fn force(&self, step: Step) -> (Operation<S>, Done) {
        let lease = match &step {
            Step::Lock(locking) => locking.lease(),
            _ => Duration::MAX,
        };
        let begun = Instant::now();
        let turn = async { Some(self.turns.outcome.lock_arc().await) };
        let no_turn = async {
            (self.sleep)(lease).await;
            None
        };
        let turn = future::or(turn, no_turn).await;
        let patience = lease.saturating_sub(begun.elapsed());
        let operation = Operation::new(&self.shared, patience);
        let (operation, done, _) = self.drive(operation, step, turn).await;
        (operation, done)
    }

    /// Takes the operation to its end. The turn goes with it wherever it goes, and ends no earlier.
    async fn drive(
        &self,
        mut operation: Operation<S>,
        mut step: Step,
        mut turn: Option<Turn>,
    ) -> (Operation<S>, Done, Option<Turn>) {
        loop {
            let next;
            (operation, next, turn) = Finished::of(move || {
                let next = operation.run(step);
                (operation, next, turn)
            })
            .await;
            step = match next {
                Next::Done(done) => {
                    if let Some(turn) = &mut turn {
                        **turn = None;
                        self.turns.count.fetch_add(1, Ordering::Release);
                    }
                    return (operation, done, turn);
                }
                Next::Wait(waiting) => {
                    (self.sleep)(waiting.time()).await;
                    operation.waited(waiting)
                }
                Next::Send(sending) => {
                    let limit = sending.limit();
                    let (exchange, sent) = sending.into_parts();
                    let answer = (self.send)(exchange);
                    let too_late = async {
                        (self.sleep)(limit).await;
                        Answer::Lost(None)
                    };
                    let answer = future::or(answer, too_late).await;
                    operation.sent(sent, answer)
                }
            };
        }
    }
}

impl<S> Clone for SessionManager<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            turns: Arc::clone(&self.turns),
            send: Arc::clone(&self.send),
            sleep: Arc::clone(&self.sleep),
        }
    }
}

impl<S> fmt::Debug for SessionManager<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManager")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

/// Work on another thread that is finished also when nobody waits for it any more.
struct Finished<T>(Option<Task<T>>);

impl<T: Send + 'static> Finished<T> {
    fn of(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Some(blocking::unblock(work)))
    }
}

impl<T> Future for Finished<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<T> {
        match &mut self.0 {
            Some(task) => Pin::new(task).poll(context),
            None => std::task::Poll::Pending,
        }
    }
}

impl<T> Drop for Finished<T> {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}
