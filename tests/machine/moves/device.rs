//! Any moves in any order, against a small model of when a device login asks again.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use workos_login::http::header::RETRY_AFTER;
use workos_login::{AwaitingDevice, Client, DevicePoll, Error, Exchange, PollingDevice, Public};

use crate::scenario::{Scenario, edited, fixture, kind, now, response, stored, with_header};

/// What can happen to a device login that waits.
#[derive(Clone, Debug)]
enum Move {
    /// A poll, and what comes of it after so many milliseconds.
    Poll(Came, u64),
    SaveAndLoad,
    /// The clock moves on by so many milliseconds, or is set back.
    TimePasses(i64),
    /// What a careful caller does: the time until the next poll passes.
    WaitForPoll,
}

#[derive(Clone, Copy, Debug)]
enum Came {
    Pending,
    SlowDown,
    Lost,
    /// 429 or 503, with the seconds of its `Retry-After`.
    NotNow(u16, Option<u64>),
    /// An answer that ends the polling; the caller goes back to waiting all the same.
    Refused,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let not_now = (
        prop_oneof![Just(429), Just(503)],
        proptest::option::of(0_u64..100),
    );
    let came = prop_oneof![
        4 => Just(Came::Pending),
        2 => Just(Came::SlowDown),
        3 => Just(Came::Lost),
        3 => not_now.prop_map(|(status, wait)| Came::NotNow(status, wait)),
        1 => Just(Came::Refused),
    ];
    let one = prop_oneof![
        6 => (came, prop_oneof![Just(0), 0_u64..30_000]).prop_map(|(came, takes)| Move::Poll(came, takes)),
        2 => Just(Move::SaveAndLoad),
        1 => (-40_000_i64..60_000).prop_map(Move::TimePasses),
        4 => Just(Move::WaitForPoll),
    ];
    prop::collection::vec(one, 0..60)
}

/// What the device login should be; all times in milliseconds, from its beginning.
#[derive(Clone, Debug)]
struct Model {
    life: i64,
    interval: i64,
    wait: i64,
    last: i64,
    clock: i64,
}

impl Model {
    fn poll_in(&self) -> i64 {
        let wait = (self.wait - (self.clock - self.last).max(0)).max(0);
        wait.min(self.expires_in())
    }

    fn expires_in(&self) -> i64 {
        match self.clock {
            ..-60_000 => 0,
            clock => (self.life - clock.max(0)).max(0),
        }
    }

    fn came(&mut self, came: Came) {
        self.wait = match came {
            Came::Pending => self.interval,
            Came::SlowDown => {
                self.interval += 5_000;
                self.interval
            }
            Came::Lost | Came::Refused => self.backed_off(),
            Came::NotNow(_, seconds) => {
                let asked = seconds.map_or(1_000, |seconds| (seconds as i64 * 1_000).min(60_000));
                self.backed_off().max(asked)
            }
        };
        self.last = self.clock;
    }

    fn backed_off(&self) -> i64 {
        (2 * self.wait).min(60_000).max(self.interval)
    }

    fn now(&self) -> SystemTime {
        let distance = Duration::from_millis(self.clock.unsigned_abs());
        match self.clock {
            ..0 => now() - distance,
            _ => now() + distance,
        }
    }
}

/// Answers the poll, and goes back to waiting.
fn came_of(polling: PollingDevice, came: Came, now: SystemTime) -> AwaitingDevice {
    let response = match came {
        Came::Pending => response(400, fixture(crate::device::PENDING)),
        Came::SlowDown => response(400, fixture(crate::device::SLOW_DOWN_INCREMENT)),
        Came::Lost => return polling.into_awaiting(now),
        Came::NotNow(status, None) => response(status, "<html>"),
        Came::NotNow(status, Some(seconds)) => {
            with_header(response(status, ""), RETRY_AFTER, &seconds.to_string())
        }
        Came::Refused => response(404, ""),
    };
    match (polling.response(response, now), came) {
        (Ok(DevicePoll::Pending(device)), Came::Pending | Came::SlowDown) => device,
        (Err(refused), Came::NotNow(..)) => {
            assert!(refused.retry_in(now).is_some());
            refused.into_parts().0.into_awaiting(now)
        }
        (Err(refused), Came::Refused) => {
            assert!(refused.retry_in(now).is_none());
            refused.into_parts().0.into_awaiting(now)
        }
        (polled, came) => panic!("{came:?}: {polled:?}"),
    }
}

/// Polls, or is told that the code has run out, as the model says.
fn poll(
    device: AwaitingDevice,
    client: &Client<Public>,
    model: &mut Model,
    came: Came,
    takes: u64,
) -> AwaitingDevice {
    let before = stored(&device);
    match device.poll(client, model.now()) {
        Ok(polling) => {
            assert!(model.expires_in() > 0);
            model.clock += takes as i64;
            model.came(came);
            came_of(polling, came, model.now())
        }
        Err(refused) => {
            let (device, error) = refused.into_parts();
            assert!(matches!(error, Error::Expired(_)), "{}", kind(&error));
            assert_eq!(model.expires_in(), 0);
            assert_eq!(stored(&device), before);
            device
        }
    }
}

proptest! {
    #[test]
    fn a_device_login_agrees_with_its_model(
        moves in moves(),
        interval in 1_i64..90,
        life in 1_i64..900,
    ) {
        let scenario = Scenario::public();
        let body = edited("device_authorization.json", |body| {
            body["interval"] = interval.into();
            body["expires_in"] = life.into();
        });
        let mut device = scenario.to_awaiting_device_from(&body);
        let interval = interval * 1_000;
        let mut model = Model { life: life * 1_000, interval, wait: interval, last: 0, clock: 0 };
        for step in &moves {
            match *step {
                Move::Poll(came, takes) => {
                    device = poll(device, &scenario.client, &mut model, came, takes);
                }
                Move::SaveAndLoad => {
                    let saved = stored(&device);
                    device = serde_json::from_str(&saved).unwrap();
                    prop_assert_eq!(stored(&device), saved);
                }
                Move::TimePasses(millis) => model.clock += millis,
                Move::WaitForPoll => model.clock += model.poll_in(),
            }
            let at = model.now();
            let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap();
            prop_assert_eq!(millis(device.poll_in(at)), model.poll_in(), "{:?}", step);
            prop_assert_eq!(millis(device.expires_in(at)), model.expires_in(), "{:?}", step);
        }
    }
}
