//! The state of the server: its configuration and everything that it has issued.
//!
//! One mutex guards the state. It is never held across an `await`, so that a delayed or hanging
//! response does not block other requests. All collections are bounded; nothing is written to
//! disk. The records are plain data; the rules of the protocol are in `handlers`.

mod bounded;
mod records;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::config::Config;
use crate::ids::{id, opaque};
use crate::injection::Injections;
use crate::signer::Signer;
use crate::user::Challenge;

use bounded::Bounded;
pub(crate) use records::{
    AuthorizationCode, Decision, Device, Login, PendingLogin, RefreshToken, Replay, Session,
    is_live,
};

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) base_url: String,
    pub(crate) signer: Signer,
    pub(crate) injections: Injections,
    pub(crate) codes: Bounded<AuthorizationCode>,
    pub(crate) sessions: Bounded<Session>,
    pub(crate) refresh_tokens: Bounded<RefreshToken>,
    /// Logins that wait for an authentication challenge, by pending authentication token.
    pub(crate) pending_logins: Bounded<PendingLogin>,
    /// Device logins, by device code.
    pub(crate) devices: Bounded<Device>,
    /// The user ID of each second factor.
    pub(crate) factors: Bounded<String>,
    /// The factor ID of each MFA challenge.
    pub(crate) mfa_challenges: Bounded<String>,
}

impl State {
    pub(crate) fn new(config: Config, base_url: String) -> Self {
        Self {
            config,
            base_url,
            signer: Signer::new(),
            injections: Injections::default(),
            codes: Bounded::new(CAPACITY),
            sessions: Bounded::new(CAPACITY),
            refresh_tokens: Bounded::new(CAPACITY),
            pending_logins: Bounded::new(CAPACITY),
            devices: Bounded::new(CAPACITY),
            factors: Bounded::new(CAPACITY),
            mfa_challenges: Bounded::new(CAPACITY),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.config.clock.now()
    }

    /// Ends a session. Returns `false` if it does not exist or has ended already.
    pub(crate) fn end_session(&mut self, id: &str) -> bool {
        self.sessions
            .get_mut(id)
            .is_some_and(|session| !std::mem::replace(&mut session.ended, true))
    }

    /// Stores a login until its challenge is completed, and returns the pending authentication
    /// token.
    pub(crate) fn store_pending(
        &mut self,
        login: Login,
        challenge: Option<Challenge>,
        challenge_id: Option<String>,
    ) -> String {
        let token = opaque();
        let pending = PendingLogin {
            login,
            challenge,
            challenge_id,
            expires_at: self.now().checked_add(PENDING_LOGIN_TTL),
        };
        self.pending_logins.insert(token.clone(), pending);
        token
    }

    /// Returns the second factor of a user. It is created when it is first needed.
    pub(crate) fn factor_of(&mut self, user_id: &str) -> String {
        if let Some(factor) = self.factors.find_key(|owner| owner == user_id) {
            return factor.to_owned();
        }
        let factor = id("auth_factor", self.now());
        self.factors.insert(factor.clone(), user_id.to_owned());
        factor
    }

    /// Creates an MFA challenge for a factor.
    pub(crate) fn create_mfa_challenge(&mut self, factor: &str) -> String {
        let challenge = id("auth_challenge", self.now());
        self.mfa_challenges
            .insert(challenge.clone(), factor.to_owned());
        challenge
    }

    /// Returns the ID of the user whose factor an MFA challenge is for.
    pub(crate) fn challenged_user(&self, mfa_challenge: &str) -> Option<&String> {
        self.factors.get(self.mfa_challenges.get(mfa_challenge)?)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// The maximum number of entries in each collection.
const CAPACITY: usize = 10_000;
const PENDING_LOGIN_TTL: Duration = Duration::from_secs(600);
