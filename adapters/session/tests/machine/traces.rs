//! Single schedules: policies and stores that the search leaves alone.

use std::time::Duration;

use workos_login::session::SessionPolicy;

use crate::process::{Asks, End, Input, Process, Told, Wish};
use crate::record::Stored;
use crate::service::{ErrorResponse, Millis, Rules, Service};

#[test]
fn what_the_service_asks_for_counts_above_the_longest_pause() {
    let policy = policy().pauses(Duration::from_secs(1), Duration::from_secs(5));
    let mut walk = Walk::to_sending(&policy, 0);
    let end = walk.end(Told::Answered(ErrorResponse::Failure(
        503,
        "server_error",
        Some(30),
    )));
    assert_eq!(end, End::TryAgain(30_000));
}

#[test]
fn a_store_that_takes_its_time_does_not_shorten_the_window() {
    let mut walk = Walk::to_sending(&policy(), 15_000);
    assert!(matches!(walk.asks, Asks::Send(_, 4000)), "{:?}", walk.asks);
    assert_eq!(walk.tell(Told::Broken), Asks::Wait(500));
}

#[test]
fn repeating_ends_though_the_clock_stands_still() {
    let policy = policy().pauses(Duration::from_millis(100), Duration::from_millis(100));
    let mut walk = Walk::to_sending(&policy, 0);
    let mut sends = 1;
    while let Asks::Wait(100) = walk.tell(Told::Broken) {
        assert!(matches!(walk.tell(Told::Waited), Asks::Send(..)));
        sends += 1;
    }
    assert_eq!(sends, 100, "ten seconds of pauses of a tenth");
}

#[test]
fn a_pause_grows_though_the_lock_is_lost_in_the_middle() {
    let mut walk = Walk::to_sending(&policy(), 0);
    assert_eq!(walk.tell(Told::Broken), Asks::Wait(500));
    walk.clock += 3_600_000;
    assert_eq!(walk.end(Told::Waited), End::TryAgain(500));
    walk.clock += 500;
    walk.tell(Told::Wish(Wish::Token));
    assert!(matches!(walk.go_on(), Asks::Send(..)));
    assert_eq!(walk.end(Told::Broken), End::TryAgain(1000));
}

#[test]
fn no_policy_makes_a_busy_loop() {
    let policy = policy().pauses(Duration::ZERO, Duration::ZERO);
    let mut walk = Walk::to_sending(&policy, 0);
    assert_eq!(walk.tell(Told::Broken), Asks::Wait(10));
}

fn policy() -> SessionPolicy {
    SessionPolicy::default()
}

/// A process whose token is spent, on its way through a refresh.
struct Walk {
    process: Process,
    store: Option<Stored>,
    clock: Millis,
    asks: Asks,
}

impl Walk {
    /// Goes as far as the first sending. Announcing it takes the store this long.
    fn to_sending(policy: &SessionPolicy, announcing: Millis) -> Self {
        let mut walk = Self {
            process: Process::new(policy),
            store: None,
            clock: 1_780_000_000_000,
            asks: Asks::Nothing,
        };
        let pair = Service::new(Rules::STRICT).log_in();
        walk.tell(Told::Wish(Wish::SignIn(pair)));
        assert_eq!(walk.go_on(), Asks::Done(End::Ready));
        walk.clock += 301_000;
        walk.tell(Told::Wish(Wish::Token));
        while !matches!(walk.asks, Asks::Send(..)) {
            if matches!(walk.asks, Asks::Save(_)) {
                walk.clock += announcing;
            }
            walk.step();
        }
        walk
    }

    fn end(&mut self, told: Told) -> End {
        self.tell(told);
        match self.go_on() {
            Asks::Done(end) => end,
            asks => panic!("{asks:?} is no end"),
        }
    }

    /// Does what is asked for, as long as it is the store's.
    fn go_on(&mut self) -> Asks {
        while !matches!(self.asks, Asks::Done(_) | Asks::Send(..) | Asks::Wait(_)) {
            self.step();
        }
        self.asks.clone()
    }

    fn step(&mut self) {
        let told = match self.asks.clone() {
            Asks::Load => Told::Loaded(Ok(self.store.clone())),
            Asks::Lock(_) => Told::Locked(Ok(true)),
            Asks::Save(record) => {
                self.store = Some(record);
                Told::Saved(true)
            }
            Asks::Unlock => Told::Unlocked,
            asks => panic!("{asks:?} is not the store's"),
        };
        self.tell(told);
    }

    fn tell(&mut self, told: Told) -> Asks {
        let clock = self.clock;
        self.asks = self.process.tell(&Input { told, clock });
        self.asks.clone()
    }
}
