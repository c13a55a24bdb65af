//! A device login: when it is polled and when it expires.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use workos_login::{AwaitingDevice, Client, DevicePoll, Exchange, PollingDevice, Public};

use super::{Move, Reply, moves, unavailable};
use crate::scenario::{Scenario, edited, kind, lost, now, refused, reloaded, stored};

#[derive(Clone, Copy, Debug)]
enum Own {
    Poll,
    /// The time until the next poll passes.
    Wait,
}

enum Machine {
    Awaiting(AwaitingDevice),
    Polling(PollingDevice),
}

/// The expected state of the machine. All times are milliseconds since the start of the login.
#[derive(Debug)]
struct Model {
    lifetime: i64,
    interval: i64,
    backoff: i64,
    polled_at: i64,
    clock: i64,
    polling: bool,
    /// The `Retry-After` of the last response to the current poll.
    retry_after: i64,
}

impl Model {
    fn poll_in(&self) -> i64 {
        let wait = self.backoff - (self.clock - self.polled_at).max(0);
        wait.max(0).min(self.expires_in())
    }

    fn expires_in(&self) -> i64 {
        match self.clock {
            ..-60_000 => 0,
            clock => (self.lifetime - clock.max(0)).max(0),
        }
    }

    fn now(&self) -> SystemTime {
        let distance = Duration::from_millis(self.clock.unsigned_abs());
        if self.clock < 0 {
            now() - distance
        } else {
            now() + distance
        }
    }

    /// Ends a poll; the next one follows after `backoff`.
    fn polled(&mut self, backoff: i64) {
        (self.polling, self.polled_at, self.backoff) = (false, self.clock, backoff);
    }

    /// Makes a move and returns the error that it leads to.
    fn expect(&mut self, next: Move<Own>) -> Option<&'static str> {
        match (next, self.polling) {
            (Move::Own(Own::Poll), false) if self.expires_in() == 0 => return Some("Expired"),
            (Move::Own(Own::Poll), false) => (self.polling, self.retry_after) = (true, 0),
            (Move::Own(Own::Wait), _) => self.clock += self.poll_in(),
            (Move::Advance(millis), _) => self.clock += millis,
            (Move::Respond(Reply::Pending), true) => self.polled(self.interval),
            (Move::Respond(Reply::SlowDown), true) => {
                self.interval += 5_000;
                self.polled(self.interval);
            }
            (Move::Respond(reply), true) => {
                self.retry_after = match reply {
                    Reply::Unavailable(_, seconds) => (seconds.unwrap_or(1).min(60) * 1_000) as i64,
                    _ => 0,
                };
                return reply.error(false);
            }
            (Move::Abandon, true) => {
                let doubled = (2 * self.backoff).min(60_000);
                self.polled(doubled.max(self.interval).max(self.retry_after));
            }
            _ => {}
        }
        None
    }
}

/// Makes a move and returns the machine with the error that it leads to.
fn play(
    machine: Machine,
    next: Move<Own>,
    client: &Client<Public>,
    at: SystemTime,
) -> (Machine, Option<&'static str>) {
    match (machine, next) {
        (Machine::Awaiting(device), Move::Own(Own::Poll)) => {
            let before = stored(&device);
            match device.poll(client, at) {
                Ok(polling) => (Machine::Polling(polling), None),
                Err(refusal) => {
                    let (device, error) = refused::<(), _>(Err(refusal));
                    assert_eq!(stored(&device), before);
                    (Machine::Awaiting(device), Some(kind(&error)))
                }
            }
        }
        (Machine::Awaiting(device), Move::Reload) => (Machine::Awaiting(reloaded(&device)), None),
        (Machine::Polling(polling), Move::Respond(reply)) => {
            match polling.response(reply.response(String::new), at) {
                Ok(DevicePoll::Pending(device)) => (Machine::Awaiting(device), None),
                Ok(DevicePoll::Done(outcome)) => panic!("{outcome:?}"),
                Err(refused) => {
                    let retried = refused.retry_in(at).is_some();
                    assert_eq!(retried, matches!(reply, Reply::Unavailable(..)));
                    let (polling, error) = refused.into_parts();
                    (Machine::Polling(polling), Some(kind(&error)))
                }
            }
        }
        (Machine::Polling(polling), Move::Lose) => (Machine::Polling(lost(polling, at)), None),
        (Machine::Polling(polling), Move::Abandon) => {
            (Machine::Awaiting(polling.into_awaiting(at)), None)
        }
        (machine, _) => (machine, None),
    }
}

fn replies() -> impl Strategy<Value = Reply> {
    prop_oneof![
        4 => Just(Reply::Pending),
        2 => Just(Reply::SlowDown),
        3 => unavailable(),
        1 => prop_oneof![Just(Reply::NotFound), Just(Reply::InvalidGrant), Just(Reply::Malformed)],
    ]
}

proptest! {
    #[test]
    fn a_device_login_agrees_with_its_model(
        moves in moves(prop_oneof![Just(Own::Poll), Just(Own::Wait)], replies(), -40_000..60_000),
        interval in 1_i64..90,
        lifetime in 1_i64..900,
    ) {
        let scenario = Scenario::public();
        let body = edited("device_authorization.json", |body| {
            body["interval"] = interval.into();
            body["expires_in"] = lifetime.into();
        });
        let mut machine = Machine::Awaiting(scenario.to_awaiting_device_from(&body));
        let interval = interval * 1_000;
        let mut model = Model {
            lifetime: lifetime * 1_000,
            interval,
            backoff: interval,
            polled_at: 0,
            clock: 0,
            polling: false,
            retry_after: 0,
        };
        for next in moves {
            let at = model.now();
            let (state, error) = play(machine, next, &scenario.client, at);
            prop_assert_eq!(error, model.expect(next), "{:?}", next);
            prop_assert_eq!(matches!(state, Machine::Polling(_)), model.polling);
            if let Machine::Awaiting(device) = &state {
                let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap();
                prop_assert_eq!(millis(device.poll_in(model.now())), model.poll_in(), "{:?}", next);
                prop_assert_eq!(millis(device.expires_in(model.now())), model.expires_in(), "{:?}", next);
            }
            machine = state;
        }
    }
}
