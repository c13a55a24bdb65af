//! The async session manager.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_lock::{Mutex, MutexGuard};
use futures_lite::future;
use workos_login::http::{Request, Response};
use workos_login::{Authenticated, HttpClient, OrganizationId};

use crate::bearer;
use crate::clock::Clock;
use crate::error::{CallError, SessionError};
use crate::io::{Erased, Http, Io, Outside};
use crate::machine::{Machine, Wanted};
use crate::marker::MaybeSend;
use crate::record::Fingerprint;
use crate::store::Store;
use crate::token::{LoggedOut, Token};

/// Keeps one session fresh, for tasks on any async runtime.
///
/// Clones share everything. An access token that is not due for refresh is returned at once, also while a refresh is in flight.
/// Operations take turns; callers that wait for the turn of a refresh receive its result and send none of their own.
///
/// # Cancel safety
///
/// Every future can be dropped at any `await`. The lock is released, after the store has finished what it began. The session is
/// not lost: if a refresh was sent and its response has not arrived, the next operation, in any process, repeats the request.
#[derive(Clone)]
pub struct SessionManager(Arc<Shared>);

struct Shared {
    machine: Machine,
    outside: Outside,
    /// The turn of one operation, with the result of the last one if other callers can use it.
    turn: Mutex<Option<Outcome>>,
    /// The number of operations that have ended.
    ended: AtomicU64,
}

type Outcome = Result<Token, SessionError>;
type Turn<'a> = MutexGuard<'a, Option<Outcome>>;

impl SessionManager {
    /// Makes a manager with the clock of the system.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn new(
        machine: Machine,
        store: Arc<dyn Store>,
        http: impl HttpClient + MaybeSend + 'static,
    ) -> Self {
        Self::with_clock(machine, store, http, Arc::new(crate::clock::SystemClock))
    }

    /// Makes a manager with another clock, which dates the sessions and does all waiting.
    pub fn with_clock(
        machine: Machine,
        store: Arc<dyn Store>,
        http: impl HttpClient + MaybeSend + 'static,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::from_parts(machine, store, Arc::new(Erased(http)), clock)
    }

    #[cfg_attr(
        target_arch = "wasm32",
        expect(
            clippy::arc_with_non_send_sync,
            reason = "in a browser, the store and the client are not `Send`"
        )
    )]
    pub(crate) fn from_parts(
        machine: Machine,
        store: Arc<dyn Store>,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Shared {
            machine,
            outside: Outside { store, http, clock },
            turn: Mutex::default(),
            ended: AtomicU64::default(),
        }))
    }

    /// Returns the access token if it is not due for refresh. It does not wait.
    #[must_use]
    pub fn fresh_access_token(&self) -> Option<Token> {
        self.0.machine.fresh(self.now())
    }

    /// Returns an access token that has not expired, and refreshes the session if it is due.
    ///
    /// If the refresh fails or takes too long, the result is the old access token with a [warning](Token::warning) until it expires.
    ///
    /// # Errors
    ///
    /// There is no such token; the [`SessionError`] says what to do.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped during a refresh, the next operation, in any process, repeats the request.
    pub async fn access_token(&self) -> Result<Token, SessionError> {
        match self.fresh_access_token() {
            Some(token) => Ok(token),
            // Boxed, because the future of every call would be as large as that of a refresh.
            None => Box::pin(self.obtain(Wanted::Usable)).await,
        }
    }

    /// Refreshes the session, due or not, and returns the new access token.
    ///
    /// It is for a change at the service that the access token shows, such as a new role.
    ///
    /// # Errors
    ///
    /// The session was not refreshed; the [`SessionError`] says what to do.
    ///
    /// # Cancel safety
    ///
    /// As for [`access_token`](Self::access_token).
    pub async fn refresh_now(&self) -> Result<Token, SessionError> {
        self.obtain(Wanted::Other(None)).await
    }

    /// Returns another access token than `rejected`, which a resource server has rejected with 401 `invalid_token`.
    ///
    /// [`call`](Self::call) does this. Call it once: if the new token is rejected, too, the token is not the reason.
    ///
    /// # Errors
    ///
    /// There is no other access token; the [`SessionError`] says what to do.
    ///
    /// # Cancel safety
    ///
    /// As for [`access_token`](Self::access_token).
    pub async fn refresh_rejected(&self, rejected: &Token) -> Result<Token, SessionError> {
        let rejected = Fingerprint::of(rejected.secret());
        self.obtain(Wanted::Other(Some(rejected))).await
    }

    /// Makes a call with the access token in its `Authorization` header, which is marked sensitive.
    ///
    /// If the response is 401 with `WWW-Authenticate: Bearer error="invalid_token"` (RFC 6750 section 3.1), the session is
    /// refreshed once and the call is repeated once. Every other response is returned as it is. `send` returns
    /// responses of all statuses as `Ok`, and follows no redirect to another host with the header.
    ///
    /// # Errors
    ///
    /// [`CallError`]: there is no access token, the URL is not https, or `send` failed.
    ///
    /// # Cancel safety
    ///
    /// As for [`access_token`](Self::access_token). Whether the call was made depends on `send`.
    pub async fn call<B: Clone, R, E, F>(
        &self,
        request: Request<B>,
        mut send: impl FnMut(Request<B>) -> F,
    ) -> Result<Response<R>, CallError<E>>
    where
        F: Future<Output = Result<Response<R>, E>>,
    {
        bearer::check(request.uri())?;
        let token = self.access_token().await?;
        let first = bearer::authorize(request.clone(), &token);
        let response = send(first).await.map_err(CallError::Send)?;
        if !bearer::is_rejected(&response) {
            return Ok(response);
        }
        drop(response);
        let token = self.refresh_rejected(&token).await?;
        let second = bearer::authorize(request, &token);
        send(second).await.map_err(CallError::Send)
    }

    /// Stores a new session in place of any other session of this client.
    ///
    /// If it cannot be saved, the result has a [warning](Token::warning), and each operation tries again.
    ///
    /// # Errors
    ///
    /// [`SessionError::Failed`] if the session is bound to another client; [`SessionError::Ended`] if the user logs out at the same time.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped after it was polled, the manager has the session, and its next operation saves it.
    pub async fn log_in(&self, session: Authenticated) -> Result<Token, SessionError> {
        let session = self.0.machine.take_login(session)?;
        let (turn, mut io) = self.force().await;
        let result = self.0.machine.store_login(session, &mut io).await;
        self.end(turn, None);
        result
    }

    /// Clears the session, here and in the store, and then revokes it at an authorization server that has a revocation endpoint.
    ///
    /// It takes precedence over a refresh in flight, here or in another process, and waits for it for at most one lease.
    /// [`LoggedOut`] names what could not be done.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the session is cleared or not: call it again. If it is dropped during the revocation, the session is
    /// cleared, and the refresh token may remain valid.
    pub async fn log_out(&self) -> LoggedOut {
        let (turn, mut io) = self.force().await;
        let logged_out = self.0.machine.end_session(&mut io).await;
        // Other operations, such as a new login, do not wait for the revocation.
        self.end(turn, None);
        self.0.machine.revoke(logged_out, &mut io).await
    }

    /// Switches the session to another organization, and returns the access token for it.
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do. If the response was lost, the next operation
    /// repeats the switch.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped after the request was sent, the next operation repeats the switch.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        let turn = self.0.turn.lock().await;
        let mut io = Io::new(&self.0.outside, Duration::ZERO);
        let result = self
            .0
            .machine
            .switch_organization(organization, &mut io)
            .await;
        self.end(Some(turn), None);
        result
    }

    /// Saves the session if that was not possible before.
    ///
    /// # Errors
    ///
    /// It is still not possible; the [`SessionError`] says what to do.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the session is saved or not; the next operation saves it.
    pub async fn flush(&self) -> Result<(), SessionError> {
        let turn = self.0.turn.lock().await;
        let mut io = Io::new(&self.0.outside, Duration::ZERO);
        let result = self.0.machine.flush(&mut io).await;
        self.end(Some(turn), None);
        result
    }

    /// Returns the session, due for refresh or not; the stored one if this process knows none. It sends nothing.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds a session of another client.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect on the session.
    pub async fn session(&self) -> Result<Option<Arc<Authenticated>>, SessionError> {
        let mut io = Io::new(&self.0.outside, Duration::ZERO);
        self.0.machine.stored_session(&mut io).await
    }

    /// Checks that a session can be stored. Call it before a login starts.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`] if no session can be stored.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect on the session.
    pub async fn check(&self) -> Result<(), SessionError> {
        self.0
            .outside
            .store
            .check()
            .await
            .map_err(SessionError::Store)
    }

    async fn obtain(&self, wanted: Wanted) -> Result<Token, SessionError> {
        let machine = &self.0.machine;
        let arrived = self.0.ended.load(Ordering::Acquire);
        let begun = self.now();
        let limit = machine.short_wait(&wanted, begun);
        let Some(turn) = self.turn(limit).await else {
            return machine.overtake(&wanted, self.now());
        };
        if self.0.ended.load(Ordering::Acquire) > arrived
            && let Some(outcome) = &*turn
            && self.is_enough(outcome, &wanted)
        {
            return outcome.clone();
        }
        let mut io = Io::new(&self.0.outside, self.since(begun));
        let outcome = machine.obtain(wanted, &mut io).await;
        self.end(Some(turn), Some(outcome.clone()));
        outcome
    }

    /// Returns whether the outcome of the operation that a caller waited for is enough for it.
    fn is_enough(&self, outcome: &Outcome, wanted: &Wanted) -> bool {
        match outcome {
            Ok(token) => matches!(wanted, Wanted::Other(None)) || wanted.accepts(token),
            Err(_) => self.0.machine.usable(wanted, self.now()).is_none(),
        }
    }

    /// Waits for the turn, but for at most one lease: then the operation begins without it.
    async fn force(&self) -> (Option<Turn<'_>>, Io<'_>) {
        let begun = self.now();
        let turn = self.turn(Some(self.0.machine.policy().lease)).await;
        (turn, Io::new(&self.0.outside, self.since(begun)))
    }

    async fn turn(&self, limit: Option<Duration>) -> Option<Turn<'_>> {
        let turn = async { Some(self.0.turn.lock().await) };
        let Some(limit) = limit else {
            return turn.await;
        };
        let too_late = async {
            self.0.outside.clock.sleep(limit).await;
            None
        };
        future::or(turn, too_late).await
    }

    fn end(&self, turn: Option<Turn<'_>>, outcome: Option<Outcome>) {
        if let Some(mut turn) = turn {
            *turn = outcome;
            self.0.ended.fetch_add(1, Ordering::Release);
        }
    }

    fn now(&self) -> SystemTime {
        self.0.outside.clock.now()
    }

    fn since(&self, begun: SystemTime) -> Duration {
        self.now().duration_since(begun).unwrap_or_default()
    }
}

impl fmt::Debug for SessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManager")
            .field("machine", &self.0.machine)
            .finish_non_exhaustive()
    }
}
