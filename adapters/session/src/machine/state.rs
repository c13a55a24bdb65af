//! The state of a machine between operations.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use workos_login::{Authenticated, AuthenticationChallenge, RefreshPolicy};

use crate::error::{Cause, SessionEnded, SessionWarning};
use crate::machine::backoff::Backoff;
use crate::machine::slots::Shown;
use crate::record::{Expected, Generation, StoredSession};
use crate::token::Token;

#[derive(Debug, Default)]
pub(super) struct State {
    current: Option<Current>,
    pub(super) backoff: Backoff,
}

/// The session of this process.
struct Current {
    session: Arc<Authenticated>,
    /// The operation that sent a refresh to which there is no response. It is dead if a process or a future was dropped: then
    /// the refresh token may have been used, and the next operation repeats the request.
    unanswered: Option<Weak<()>>,
    unsaved: Option<Unsaved>,
    challenged: Option<Arc<AuthenticationChallenge>>,
}

/// A session that is newer than the stored one.
#[derive(Debug)]
struct Unsaved {
    /// The record that it replaces in the store.
    replaces: Expected,
    /// `true` for a new login, which replaces the session of any other login.
    login: bool,
    /// The error of the last save. Until it is saved, no caller sees it (K5).
    failed: Option<Cause>,
}

/// The result of comparing the stored session with the one of this process.
pub(super) enum Comparison {
    /// It is the same, or was adopted.
    Current,
    /// It is older, and is to be replaced.
    Older(Expected),
    /// It is gone, and so is the one of this process.
    Gone(SessionEnded),
}

impl State {
    /// Returns the access token that callers may see, due for refresh or not.
    pub(super) fn token(&self) -> Option<Token> {
        let current = self.visible()?;
        let warning = match (&current.unsaved, &current.challenged) {
            (
                Some(Unsaved {
                    failed: Some(cause),
                    ..
                }),
                _,
            ) => Some(SessionWarning::NotStored(Arc::clone(cause))),
            (_, Some(challenge)) => Some(SessionWarning::AuthenticationChallenge(Arc::clone(
                challenge,
            ))),
            _ => None,
        };
        Some(Token::new(Arc::clone(&current.session), warning))
    }

    /// Returns the access token that callers may see, for their slots.
    pub(super) fn shown(&self, policy: &RefreshPolicy, now: SystemTime) -> Option<Shown> {
        let unanswered = self.visible()?.unanswered.clone();
        Some(Shown::new(self.token()?, unanswered, policy, now))
    }

    /// Returns the access token if it has not expired.
    pub(super) fn usable(&self, now: SystemTime) -> Option<Token> {
        let current = self.visible()?;
        if current.session.expires_in(now) == Some(Duration::ZERO) {
            return None;
        }
        self.token()
    }

    pub(super) fn is_unsaved(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.unsaved.is_some())
    }

    pub(super) fn challenge(&self) -> Option<&Arc<AuthenticationChallenge>> {
        self.current.as_ref()?.challenged.as_ref()
    }

    /// Compares the stored session with the one of this process, and adopts it unless it is older (K3).
    pub(super) fn compare(&mut self, stored: Option<&StoredSession>) -> Comparison {
        let Some(record) = stored else {
            return self.compare_with_nothing();
        };
        let generation = record.generation();
        let is_same = self.generation() == Some(generation);
        if let Some(current) = &self.current
            && let Some(unsaved) = &current.unsaved
            && !is_same
            && current.is_replacing(unsaved, record)
        {
            return Comparison::Older(Expected::Generation(generation));
        }
        if !is_same {
            // The failures were those of another session.
            self.backoff = Backoff::default();
        }
        self.adopt(record);
        Comparison::Current
    }

    fn compare_with_nothing(&mut self) -> Comparison {
        let unsaved = self
            .current
            .as_ref()
            .and_then(|current| current.unsaved.as_ref());
        match unsaved.map(|unsaved| unsaved.replaces) {
            Some(Expected::Anything | Expected::Nothing) => Comparison::Older(Expected::Nothing),
            Some(Expected::Generation(_)) | None => Comparison::Gone(match self.forget() {
                Some(_) => SessionEnded::LoggedOut,
                None => SessionEnded::NotLoggedIn,
            }),
        }
    }

    /// Notes that a record of the session of this process was saved.
    pub(super) fn saved(&mut self, record: &StoredSession) {
        if self.generation() == Some(record.generation()) {
            self.adopt(record);
        }
    }

    /// Takes over what the store holds.
    fn adopt(&mut self, record: &StoredSession) {
        self.backoff.extend(record.members.retry_at);
        self.current = Some(Current {
            session: Arc::clone(record.session()),
            unanswered: record.open_intent().map(|_| Weak::new()),
            unsaved: None,
            challenged: record.members.challenged.clone(),
        });
    }

    /// Takes over a new login. No caller sees it until it is stored.
    pub(super) fn log_in(&mut self, session: Arc<Authenticated>, replaces: Expected) {
        self.backoff = Backoff::default();
        self.replace(session, replaces, true);
    }

    /// Takes over the response to a refresh, unless the session that was sent is gone (K13). No caller sees it until it is stored.
    pub(super) fn arrive(&mut self, session: Arc<Authenticated>, sent: Generation) {
        // A login or a logout since then takes precedence over the response.
        if self.generation() == Some(sent) {
            self.replace(session, Expected::Generation(sent), false);
        }
    }

    /// Notes that a refresh is sent by an operation.
    pub(super) fn send(&mut self, operation: &Arc<()>) {
        if let Some(current) = &mut self.current {
            current.unanswered = Some(Arc::downgrade(operation));
        }
    }

    /// Notes why the session could not be saved: from now on, callers see it with a warning.
    pub(super) fn save_failed(&mut self, cause: Cause) {
        if let Some(Current {
            unsaved: Some(unsaved),
            ..
        }) = &mut self.current
        {
            unsaved.failed = Some(cause);
        }
    }

    pub(super) fn reset_backoff(&mut self) {
        self.backoff = Backoff::default();
    }

    /// Makes the record of the session of this process.
    pub(super) fn record(&self) -> Option<StoredSession> {
        let current = self.current.as_ref()?;
        let mut record = StoredSession::new(Arc::clone(&current.session));
        record.members.retry_at = self.backoff.retry_at();
        Some(record)
    }

    pub(super) fn generation(&self) -> Option<Generation> {
        self.current
            .as_ref()
            .map(|current| Generation::of(&current.session))
    }

    pub(super) fn forget(&mut self) -> Option<Arc<Authenticated>> {
        self.backoff = Backoff::default();
        self.current.take().map(|current| current.session)
    }

    fn replace(&mut self, session: Arc<Authenticated>, replaces: Expected, login: bool) {
        self.current = Some(Current {
            session,
            unanswered: None,
            unsaved: Some(Unsaved {
                replaces,
                login,
                failed: None,
            }),
            challenged: None,
        });
    }

    fn visible(&self) -> Option<&Current> {
        let current = self.current.as_ref()?;
        match current.unsaved {
            // Not returned before it is saved, or saving has failed: after a crash, a token that was in use would be lost.
            Some(Unsaved { failed: None, .. }) => None,
            _ => Some(current),
        }
    }
}

impl Current {
    /// Sessions without an ID are of the same login if they are of the same user: nothing else distinguishes them. Without a
    /// user, too, they count as different, so that a new login is never replaced by the session of another user.
    fn is_of_the_same_login(&self, other: &Authenticated) -> bool {
        let user = |session: &Authenticated| session.user().map(|user| user.id().to_owned());
        let known = self.session.session_id().is_some() || self.session.user().is_some();
        known
            && self.session.session_id() == other.session_id()
            && user(&self.session) == user(other)
    }

    /// Returns whether this session, which is unsaved, replaces the stored one.
    fn is_replacing(&self, unsaved: &Unsaved, stored: &StoredSession) -> bool {
        let is_same_login = self.is_of_the_same_login(stored.session());
        match unsaved.replaces {
            // A save that failed may have stored this session, and another process may have refreshed it since.
            Expected::Anything => !is_same_login || self.session.session_id().is_none(),
            Expected::Generation(replaced) if replaced == stored.generation() => true,
            Expected::Generation(_) | Expected::Nothing => unsaved.login && !is_same_login,
        }
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current")
            .field("session", &self.session)
            .field("generation", &Generation::of(&self.session))
            .field(
                "unanswered",
                &self.unanswered.as_ref().map(Weak::strong_count),
            )
            .field("unsaved", &self.unsaved)
            .field("challenged", &self.challenged.is_some())
            .finish()
    }
}
