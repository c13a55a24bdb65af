//! A keeper with a store and a service that are played in memory.

use std::io;
use std::time::SystemTime;

use workos_login::http::Response;
use workos_login::secrecy::ExposeSecret;
use workos_login::session::{Done, Machine, SessionPolicy, Step, StoredSession};
use workos_login::{Authenticated, Exchange, SendError};

use crate::scenario::{Scenario, now, stored};

/// The store and the service, and what was asked of them.
pub(crate) struct World {
    pub(crate) now: SystemTime,
    /// The record, as it is stored.
    pub(crate) store: Option<String>,
    /// The refresh tokens that were sent, in their order.
    pub(crate) sent: Vec<String>,
}

impl World {
    /// A world whose store holds this session.
    pub(crate) fn holding(session: &Authenticated) -> Self {
        let record = StoredSession::new(session.clone());
        Self {
            now: now(),
            store: Some(stored(&record)),
            sent: Vec::new(),
        }
    }

    pub(crate) fn record(&self) -> Option<StoredSession> {
        let text = self.store.as_ref()?;
        Some(serde_json::from_str(text).unwrap())
    }

    /// Runs an operation to its end. `answer` is what the service says to each refresh token; `None` is a lost answer.
    pub(crate) fn run(
        &mut self,
        keeper: &mut Machine,
        mut step: Step,
        mut answer: impl FnMut(&str, &mut Option<String>) -> Option<Response<Vec<u8>>>,
    ) -> Done {
        loop {
            step = match self.until_it_sends(keeper, step) {
                Step::Done(done) => return done,
                Step::Send(sending) => {
                    let (exchange, sent) = sending.into_parts();
                    let request = exchange.request();
                    let token = crate::conformance::field(&request, "refresh_token").unwrap();
                    let result = match answer(&token, &mut self.store) {
                        Some(response) => exchange
                            .response(response, self.now)
                            .map_err(SendError::from),
                        None => Err(SendError::transport(exchange, io::Error::other("lost"))),
                    };
                    self.sent.push(token);
                    assert!(self.sent.len() < 1000, "an operation has an end");
                    sent.sent(keeper, result, self.now)
                }
                other => panic!("{other:?}"),
            };
        }
    }

    /// Does everything up to the next refresh that is to be sent, or to the end.
    pub(crate) fn until_it_sends(&mut self, keeper: &mut Machine, mut step: Step) -> Step {
        for _ in 0..1000 {
            step = match step {
                Step::Clear(clearing) => {
                    self.store = None;
                    clearing.cleared(keeper, true)
                }
                Step::Done(_) | Step::Send(_) => return step,
                Step::Load(loading) => loading.loaded(keeper, Ok(self.record()), self.now),
                Step::Lock(locking) => locking.locked(keeper, Ok(true), self.now),
                Step::Save(saving) => {
                    self.store = Some(stored(saving.record()));
                    saving.saved(keeper, true, self.now)
                }
                Step::Unlock(unlocking) => unlocking.unlocked(),
                Step::Wait(waiting) => {
                    self.now += waiting.time();
                    waiting.waited(keeper, self.now)
                }
            };
        }
        panic!("an operation has an end: {step:?}")
    }
}

/// The keeper of a public client.
pub(crate) fn keeper() -> Machine {
    Machine::new(&Scenario::public().client, SessionPolicy::default())
}

/// The access token that a keeper has at hand.
pub(crate) fn access_token(keeper: &Machine) -> &str {
    keeper.session().unwrap().access_token().expose_secret()
}
