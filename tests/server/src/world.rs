//! Everything the server knows at one moment. One lock guards it; nobody waits while holding it.

use std::fmt;
use std::time::SystemTime;

use crate::bounded::Bounded;
use crate::clock::Clock;
use crate::code_grant::Code;
use crate::config::Config;
use crate::device::Device;
use crate::injection::Injections;
use crate::refresh_grant::RefreshToken;
use crate::session::Session;
use crate::step_up::Pending;
use crate::token::Signer;

pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) signer: Signer,
    pub(crate) injections: Injections,
    pub(crate) codes: Bounded<Code>,
    pub(crate) sessions: Bounded<Session>,
    pub(crate) refresh_tokens: Bounded<RefreshToken>,
    pub(crate) pending: Bounded<Pending>,
    pub(crate) devices: Bounded<Device>,
    /// Whose each second factor is.
    pub(crate) factors: Bounded<String>,
    /// Which factor each challenge is for.
    pub(crate) challenges: Bounded<String>,
}

impl World {
    pub(crate) fn new(config: Config, base_url: String) -> Self {
        Self {
            config,
            base_url,
            clock: Clock::default(),
            signer: Signer::new(),
            injections: Injections::default(),
            codes: Bounded::new(KEPT),
            sessions: Bounded::new(KEPT),
            refresh_tokens: Bounded::new(KEPT),
            pending: Bounded::new(KEPT),
            devices: Bounded::new(KEPT),
            factors: Bounded::new(KEPT),
            challenges: Bounded::new(KEPT),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// How many of each kind are kept; the oldest goes when one more comes.
const KEPT: usize = 10_000;
