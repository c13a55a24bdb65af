//! One session, kept alive for many callers in several processes.
//!
//! People are signed out by races, lost answers and bad minutes: two processes refresh with the same token, an
//! answer gets lost after the service has acted, a 503 is taken for the end. A [`Machine`] is the machine that
//! does not. Like everything here it does no I/O: it says what to do next, and is told what happened.
//!
//! ```text
//!                    ┌────────── Load ◀──────────┐ (again, under the lock)
//!  token() ── fresh ─┼─▶ Done                    │
//!      └─ due ─▶ Load ─▶ Lock ─▶ Load ─▶ Save ─▶ Send ─▶ Load ─▶ Save ─▶ Unlock ─▶ Done
//!                                        intent    ▲ │ lost       session
//!                                                  └─┴─ Wait
//! ```
//!
//! What a caller can rely on:
//!
//! * A token that is not due is handed out at once: no lock, no store, no exchange.
//! * One refresh at a time, over everybody who shares the store. Before it is sent, the lock is held, the store
//!   has been read again, and the intent is stored; what another process has refreshed is adopted.
//! * A new session is stored before anybody sees its token.
//! * A lost answer is asked for again with the same token for as long as the service may still know it. When nobody
//!   waits for it any more, because a process was killed or a future dropped, the next operation does so, in any process.
//! * 408, 429 and 5xx end nothing: the old token is handed out while it is good, then "try again in".
//! * A session ends by an answer of the service only, and the store is cleared only if it still holds the
//!   very token that was refused.
//! * Whoever logs out wins over a refresh that is under way.

mod answered;
mod policy;
mod record;
mod step;
mod turn;

use std::fmt;
use std::sync::Weak;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use crate::client::{Any, Client};
use crate::ids::OrganizationId;
use crate::login::authenticated::Authenticated;
use crate::timestamp::Timestamp;

pub use self::policy::SessionPolicy;
pub use self::record::StoredSession;
use self::record::{Fingerprint, Generation};
pub use self::step::{
    Clearing, Done, Loading, Locking, Saving, Sending, SentRefresh, SessionEnded, Step,
    StoreFailed, Unlocking, Waiting, Warning,
};
use self::turn::{Task, Turn};

/// A session that is kept alive. See the [module](self).
///
/// One keeper serves one session in one process. A driver gives it to one caller at a time, and does what each
/// [`Step`] says; `workos-login-session` has a blocking and an async one. A driver may stop at any step and drop it:
/// nothing is lost, and the next operation takes up what was left.
pub struct Machine {
    client: Client<Any>,
    policy: SessionPolicy,
    session: Option<Authenticated>,
    /// Which operation has sent a refresh whose answer has not arrived, in this process or in one that died.
    unanswered: Option<Weak<()>>,
    unsaved: Option<Unsaved>,
    pause: Option<Pause>,
    failures: u32,
}

/// That the session here is newer than the one in the store.
#[derive(Clone, Debug)]
struct Unsaved {
    /// What it takes the place of; `None` for nothing.
    predecessor: Option<Generation>,
    /// Whether it is of a new login: that takes the place of any other session.
    login: bool,
    /// Whether storing it was tried in vain, so that callers may see it all the same.
    shown: bool,
}

/// That the service is left alone for a while.
#[derive(Clone, Copy, Debug)]
struct Pause {
    since: Timestamp,
    length: Duration,
}

impl Machine {
    /// Makes a keeper that knows of no session yet: the first operation reads the store.
    #[must_use]
    pub fn new<K>(client: &Client<K>, policy: SessionPolicy) -> Self
    where
        Client<K>: Clone + Into<Client<Any>>,
    {
        Self {
            client: client.clone().into(),
            policy,
            session: None,
            unanswered: None,
            unsaved: None,
            pause: None,
            failures: 0,
        }
    }

    /// Returns the access token when it is not due: no step is needed.
    ///
    /// A token of unknown life is handed out until a server refuses it: see [`refused`](Self::refused). When a refresh was
    /// sent and nobody waits for its answer any more, any token is due: the service repeats the answer for a short time only.
    #[must_use]
    pub fn fresh(&self, now: SystemTime) -> Option<&SecretString> {
        let session = self.session().filter(|_| !self.is_left_unanswered())?;
        match session.refresh_in(&self.policy.refresh, now) {
            Some(Duration::ZERO) => None,
            Some(_) | None => Some(session.access_token()),
        }
    }

    /// Returns the session as callers may see it, due or not.
    #[must_use]
    pub fn session(&self) -> Option<&Authenticated> {
        match self.unsaved {
            Some(Unsaved { shown: false, .. }) => None,
            _ => self.session.as_ref(),
        }
    }

    /// Returns the policy.
    #[must_use]
    pub fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// Whether there is a session that could not be stored yet. Any operation tries again, [`flush`](Self::flush) does nothing else.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.unsaved.is_some()
    }

    /// Asks for a good access token, refreshing when it is due.
    pub fn token(&mut self, now: SystemTime) -> Step {
        self.begin(Task::Token { refused: None }, now)
    }

    /// Asks for another access token than `token`, which a resource server has refused with 401 `invalid_token`.
    ///
    /// Do it once for one call: when the new token is refused as well, it is not the token (RFC 6750 section 3.1).
    pub fn refused(&mut self, token: &SecretString, now: SystemTime) -> Step {
        self.begin(
            Task::Token {
                refused: Some(Fingerprint::of(token)),
            },
            now,
        )
    }

    /// Moves the session to another organization. When the service refuses, the session stays as it is.
    pub fn switch(&mut self, organization: OrganizationId, now: SystemTime) -> Step {
        self.begin(Task::Switch(organization), now)
    }

    /// Keeps a new session, in place of any other.
    pub fn log_in(&mut self, session: Authenticated, now: SystemTime) -> Step {
        self.begin(Task::SignIn(Box::new(session)), now)
    }

    /// Forgets the session, here and in the store.
    ///
    /// [`Done::LoggedOut`] has the session, for [`Authenticated::logout_url`].
    pub fn log_out(&mut self, now: SystemTime) -> Step {
        self.begin(Task::LogOut, now)
    }

    /// Stores what could not be stored before.
    pub fn flush(&mut self, now: SystemTime) -> Step {
        self.begin(Task::Flush, now)
    }

    fn begin(&mut self, task: Task, now: SystemTime) -> Step {
        Turn::new(task).begin(self, now)
    }

    /// Whether a refresh was sent, and nobody waits for its answer any more: then the refresh token may be spent.
    fn is_left_unanswered(&self) -> bool {
        self.unanswered
            .as_ref()
            .is_some_and(|operation| operation.strong_count() == 0)
    }

    /// Whether the access token is still good, due or not.
    fn is_usable(&self, now: SystemTime) -> bool {
        self.session()
            .is_some_and(|session| session.expires_in(now) != Some(Duration::ZERO))
    }

    /// Whether the session here comes from the same login as another.
    fn is_of(&self, other: &Authenticated) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.session_id() == other.session_id())
    }

    /// Takes over what the store holds.
    fn adopt(&mut self, record: StoredSession) {
        self.unanswered = record.sent().map(|_| Weak::new());
        self.session = Some(record.into_session());
        self.unsaved = None;
        self.calm();
    }

    /// Takes over what came from the service, unseen until it is stored.
    fn arrive(&mut self, session: Authenticated, predecessor: Option<Generation>, login: bool) {
        self.session = Some(session);
        self.unanswered = None;
        self.unsaved = Some(Unsaved {
            predecessor,
            login,
            shown: false,
        });
    }

    fn forget(&mut self) -> Option<Authenticated> {
        self.unanswered = None;
        self.unsaved = None;
        self.calm();
        self.session.take()
    }

    fn calm(&mut self) {
        self.pause = None;
        self.failures = 0;
    }

    /// Leaves the service alone: longer after each failure, and at least as long as it asks for.
    fn rest(&mut self, asked: Option<Duration>, now: SystemTime) {
        let length = self
            .pause_after(self.failures)
            .max(asked.unwrap_or_default());
        self.failures = self.failures.saturating_add(1);
        self.pause = Some(Pause {
            since: Timestamp::from(now),
            length,
        });
    }

    fn pause_after(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures);
        self.policy
            .first_pause
            .saturating_mul(factor)
            .min(self.policy.longest_pause)
    }

    /// What is left of the pause. A clock that was set back does not prolong it.
    fn pause_left(&self, now: SystemTime) -> Option<Duration> {
        let pause = self.pause?;
        if pause.since.ahead_of(now) > Duration::ZERO {
            return None;
        }
        let left = pause.length.saturating_sub(pause.since.elapsed(now));
        (left > Duration::ZERO).then_some(left)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("session", &self.session)
            .field("generation", &self.session.as_ref().map(Generation::of))
            .field(
                "unanswered",
                &self.unanswered.as_ref().map(Weak::strong_count),
            )
            .field("unsaved", &self.unsaved)
            .field("pause", &self.pause)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
