//! The calls of the driver in single operations: a table of the invariants, and policies and stores that the model check leaves alone.

use std::time::Duration;

use workos_login_session::SessionPolicy;

use crate::process::{Call, End, Failure, Input, Operation, Process, Told};
use crate::record::Stored;
use crate::service::{Millis, Org, Reply, Rules, Service};
use crate::world::BEGINNING;

/// An unusual result of the driver.
enum Fault {
    None,
    LockTimesOut,
    /// The store cannot be written from this save on.
    SavesFail(usize),
    /// Another process refreshes the session first.
    OtherRefreshes,
    /// Another process logs out before the response is saved.
    OtherLogsOut,
    /// An earlier process has stored this intent and died.
    Died(Operation),
}

#[test]
fn the_calls_of_a_driver_follow_the_invariants() {
    use End::*;
    use Fault::*;
    use Operation::{AccessToken, LogOut, RefreshRejected, Switch};
    const LOST: Told = Told::Disconnected;
    const GRANT: Told = Told::Replied(Reply::INVALID_GRANT);
    const BUSY: Told = Told::Replied(Reply::BUSY);
    const SSO: Told = Told::Replied(Reply::SSO_REQUIRED);
    let (fresh, due, expired) = (1, 151, 301);
    #[rustfmt::skip]
    let table = [
        // The responses are those that are no success.
        ("K1",  "the token is not due",           fresh,   AccessToken,     None,          vec![],     "", Ready),
        ("K2",  "another process refreshes",      due,     AccessToken,     LockTimesOut,  vec![],     "lock(1s)", NotRefreshed),
        ("K2",  "the token expires in 2 s",       298,     AccessToken,     LockTimesOut,  vec![],     "lock(60s)", NotRefreshed),
        ("K3",  "another process has refreshed",  due,     AccessToken,     OtherRefreshes, vec![],     "lock(1s) load unlock", Ready),
        ("K4",  "the session is due",             due,     AccessToken,     None,          vec![],     "lock(1s) load save+intent send(1,A,4s) load save unlock", Ready),
        ("K4",  "a refresh was interrupted",      due,     AccessToken,     Died(AccessToken), vec![], "load lock(1s) load send(1,A,4s) load save unlock", Ready),
        ("K4",  "a switch was interrupted",       due,     AccessToken,     Died(Switch(Org::B)), vec![], "load lock(1s) load send(1,B,4s) load save unlock", Ready),
        ("K4",  "the store cannot be written",    due,     AccessToken,     SavesFail(0),  vec![],     "lock(1s) load save+intent unlock", StoreWarning),
        ("K5",  "the response cannot be saved",   due,     AccessToken,     SavesFail(1),  vec![],     "lock(1s) load save+intent send(1,A,4s) load save sleep(500ms) load save sleep(1s) load save unlock", NotStored),
        ("K6",  "one response is lost",           due,     AccessToken,     None,          vec![LOST], "lock(1s) load save+intent send(1,A,4s) sleep(500ms) send(1,A,4s) load save unlock", Ready),
        ("K6",  "the session ends after that",    due,     AccessToken,     None,          vec![LOST, GRANT], "lock(1s) load save+intent send(1,A,4s) sleep(500ms) send(1,A,4s) load clear unlock", ResponseLost),
        ("K7",  "the service is busy",            due,     AccessToken,     None,          vec![BUSY], "lock(1s) load save+intent send(1,A,4s) load save unlock", NotRefreshed),
        ("K7",  "the service is busy",            expired, AccessToken,     None,          vec![BUSY], "lock(60s) load save+intent send(1,A,4s) load save unlock", Unavailable(1000)),
        ("K7",  "a challenge is demanded",        due,     AccessToken,     None,          vec![SSO],  "lock(1s) load save+intent send(1,A,4s) load save unlock", ChallengedLater),
        ("K7",  "a challenge is demanded",        expired, AccessToken,     None,          vec![SSO],  "lock(60s) load save+intent send(1,A,4s) load save unlock", Challenged),
        ("K8",  "the service ends the session",   due,     AccessToken,     None,          vec![GRANT], "lock(1s) load save+intent send(1,A,4s) load clear unlock", EndedByService),
        ("K10", "the lock is not released",       expired, AccessToken,     LockTimesOut,  vec![],     "lock(60s)", Unavailable(500)),
        ("K11", "the organization is switched",   fresh,   Switch(Org::B),  None,          vec![],     "lock(60s) load save+intent send(1,B,4s) load save unlock", Ready),
        ("K11", "the switch is rejected",         fresh,   Switch(Org::B),  None,          vec![SSO],  "lock(60s) load save+intent send(1,B,4s) load save unlock", Failed),
        ("K12", "the access token is rejected",   fresh,   RefreshRejected, None,          vec![],     "lock(60s) load save+intent send(1,A,4s) load save unlock", Ready),
        ("K13", "the user logs out elsewhere",    due,     AccessToken,     OtherLogsOut,  vec![],     "lock(1s) load save+intent send(1,A,4s) load unlock", NoSession { was_logged_in: true }),
        ("K13", "the user logs out",              fresh,   LogOut,          LockTimesOut,  vec![],     "lock(60s) load clear unlock", LoggedOut { cleared: true }),
    ];
    for (rule, what, seconds, operation, fault, replies, calls, end) in table {
        let mut walk = Walk::logged_in(&SessionPolicy::default());
        walk.clock += seconds * 1000;
        walk.set_up(&fault);
        let (made, ended) = walk.run(operation, &fault, replies);
        assert_eq!(
            (made.join(" ").as_str(), ended),
            (calls, end),
            "{rule}: {what}"
        );
    }
}

#[test]
fn a_longer_retry_after_takes_precedence_over_the_maximum_backoff() {
    let policy = SessionPolicy::default().backoff(Duration::from_secs(1), Duration::from_secs(5));
    let mut walk = Walk::expired(&policy);
    let reply = Told::Replied(Reply::Failure(503, "server_error", Some(30)));
    let (_, end) = walk.run(Operation::AccessToken, &Fault::None, vec![reply]);
    assert_eq!(end, End::Unavailable(30_000));
}

#[test]
fn a_slow_store_does_not_shorten_the_replay_window() {
    let mut walk = Walk::expired(&SessionPolicy::default());
    walk.save_time = 15_000;
    let (calls, _) = walk.run(
        Operation::AccessToken,
        &Fault::None,
        vec![Told::Disconnected],
    );
    assert_eq!(
        calls[3..6],
        ["send(1,A,4s)", "sleep(500ms)", "send(1,A,4s)"]
    );
}

#[test]
fn k6_the_last_attempt_that_fits_has_the_whole_timeout() {
    // An attempt, the tenth by which it can end late, and the pause take 4.9 s.
    for (window, first, last) in [(4_900, "30s", ""), (4_901, "4s", "send(1,A,30s)")] {
        let policy = SessionPolicy::default().replay_window(Duration::from_millis(window));
        let mut walk = Walk::expired(&policy);
        let (calls, _) = walk.run(
            Operation::AccessToken,
            &Fault::None,
            vec![Told::Disconnected],
        );
        assert_eq!(calls[3], format!("send(1,A,{first})"), "{window} ms");
        let next = calls.get(5).filter(|_| !last.is_empty());
        assert_eq!(next.map_or("", |call| call), last, "{window} ms");
    }
}

#[test]
fn slow_responses_after_a_crash_end_no_session() {
    const TAKES: Millis = 5_000;
    // When the next process continues, after the first request was sent.
    for age in (0..10_000).step_by(50) {
        let mut walk = Walk::expired(&SessionPolicy::default());
        walk.die_after_sending();
        walk.clock += age;
        let (calls, end) = walk.go(Told::Begin(Operation::AccessToken), &mut |walk, call| {
            let usual = walk.usual(call);
            let Call::Send(_, timeout) = call else {
                return Some(usual);
            };
            let is_lost = *timeout < TAKES;
            // The attempt ends late, as on a busy machine.
            walk.clock += TAKES.min(*timeout) + 100;
            Some(if is_lost { Told::Disconnected } else { usual })
        });
        assert_eq!(end, Some(End::Ready), "after {age} ms: {calls:?}");
    }
}

#[test]
fn k9_an_intent_of_the_future_keeps_no_window_open() {
    for (ahead, timeout) in [(60_000, 4_000), (60_001, 30_000)] {
        // The clock was ahead when the process died, and was set afterwards.
        let mut walk = Walk::expired(&SessionPolicy::default());
        walk.clock += ahead;
        walk.die_after_sending();
        walk.clock -= ahead;
        let mut sent = None;
        walk.go(Told::Begin(Operation::AccessToken), &mut |walk, call| {
            if let Call::Send(_, timeout) = call {
                sent = Some(*timeout);
                return None;
            }
            Some(walk.usual(call))
        });
        assert_eq!(sent, Some(timeout), "{ahead} ms ahead");
    }
}

#[test]
fn k5_a_login_is_saved_three_times_at_most() {
    let mut walk = Walk::logged_in(&SessionPolicy::default());
    let pair = walk.service.log_in();
    let (calls, _) = walk.run(Operation::LogIn(pair), &Fault::SavesFail(0), vec![]);
    assert_eq!(
        calls.join(" "),
        "lock(60s) load save sleep(500ms) load save sleep(1s) load save unlock"
    );
}

#[test]
fn attempts_end_if_the_clock_stands_still() {
    let tenth = Duration::from_millis(100);
    let mut walk = Walk::expired(&SessionPolicy::default().backoff(tenth, tenth));
    walk.stands_still = true;
    let (calls, _) = walk.run(
        Operation::AccessToken,
        &Fault::None,
        vec![Told::Disconnected; 200],
    );
    let attempts = calls.iter().filter(|call| call.starts_with("send"));
    assert_eq!(attempts.count(), 100, "ten seconds of pauses of a tenth");
}

#[test]
fn the_backoff_increases_if_the_clock_is_set_forward_during_a_refresh() {
    let mut walk = Walk::expired(&SessionPolicy::default());
    let mut jump = 3_600_000;
    let mut ends = [End::Ready; 2];
    for end in &mut ends {
        let begin = Told::Begin(Operation::AccessToken);
        *end = walk
            .go(begin, &mut |walk, call| match call {
                Call::Send(..) => Some(Told::Disconnected),
                Call::Sleep(_) => {
                    walk.clock += std::mem::take(&mut jump);
                    Some(Told::Done)
                }
                call => Some(walk.usual(call)),
            })
            .1
            .unwrap();
        walk.clock += 500;
    }
    assert_eq!(ends, [End::Unavailable(500), End::Unavailable(1000)]);
}

#[test]
fn no_policy_causes_a_busy_loop() {
    let policy = SessionPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    let mut walk = Walk::expired(&policy);
    let (calls, _) = walk.run(
        Operation::AccessToken,
        &Fault::None,
        vec![Told::Disconnected],
    );
    assert_eq!(calls[4], "sleep(10ms)");
}

/// A process with its store and its service.
struct Walk {
    policy: SessionPolicy,
    process: Process,
    store: Option<Stored>,
    service: Service,
    clock: Millis,
    save_time: Millis,
    stands_still: bool,
}

impl Walk {
    fn logged_in(policy: &SessionPolicy) -> Self {
        let mut walk = Self {
            policy: policy.clone(),
            process: Process::new(policy),
            store: None,
            service: Service::new(Rules::DETECTING),
            clock: BEGINNING,
            save_time: 0,
            stands_still: false,
        };
        let pair = walk.service.log_in();
        let (_, end) = walk.run(Operation::LogIn(pair), &Fault::None, vec![]);
        assert_eq!(end, End::Ready);
        walk
    }

    /// Ends the process after it has sent a refresh, and starts another one.
    fn die_after_sending(&mut self) {
        self.go(Told::Begin(Operation::AccessToken), &mut |walk, call| {
            let usual = walk.usual(call);
            (!matches!(call, Call::Send(..))).then_some(usual)
        });
        self.process = Process::new(&self.policy);
    }

    fn expired(policy: &SessionPolicy) -> Self {
        let mut walk = Self::logged_in(policy);
        walk.clock += 301_000;
        walk
    }

    /// Lets another process do what it did before.
    fn set_up(&mut self, fault: &Fault) {
        match fault {
            Fault::OtherRefreshes => {
                let here = std::mem::replace(&mut self.process, Process::new(&self.policy));
                self.run(Operation::AccessToken, &Fault::None, vec![]);
                self.process = here;
            }
            Fault::Died(operation) => {
                self.process = Process::new(&self.policy);
                self.go(Told::Begin(*operation), &mut |walk, call| match call {
                    Call::Send(..) => None,
                    call => Some(walk.usual(call)),
                });
                self.process = Process::new(&self.policy);
            }
            _ => {}
        }
    }

    /// Runs an operation to its end, and returns the calls of its driver.
    fn run(
        &mut self,
        operation: Operation,
        fault: &Fault,
        replies: Vec<Told>,
    ) -> (Vec<String>, End) {
        let mut replies = replies.into_iter();
        let mut saves = 0;
        let (calls, end) = self.go(Told::Begin(operation), &mut |walk, call| {
            Some(match (call, fault) {
                (Call::Lock { .. }, Fault::LockTimesOut) => Told::Locked(Ok(false)),
                (Call::Save(..), Fault::SavesFail(first)) => {
                    saves += 1;
                    match saves > *first {
                        true => Told::Written(Err(Failure::Failed)),
                        false => walk.usual(call),
                    }
                }
                (Call::Send(..), _) => {
                    let reply = replies.next().unwrap_or_else(|| walk.usual(call));
                    if matches!(fault, Fault::OtherLogsOut) {
                        walk.store = None;
                    }
                    reply
                }
                _ => walk.usual(call),
            })
        });
        (calls, end.expect("the operation has an end"))
    }

    fn go(
        &mut self,
        begin: Told,
        driver: &mut dyn FnMut(&mut Self, &Call) -> Option<Told>,
    ) -> (Vec<String>, Option<End>) {
        let mut calls = Vec::new();
        let mut told = begin;
        loop {
            let call = self.process.tell(&Input {
                told,
                clock: self.clock,
            });
            if let Call::End(end) = call {
                return (calls, Some(end));
            }
            calls.push(text(&call));
            match driver(self, &call) {
                Some(next) => told = next,
                None => return (calls, None),
            }
        }
    }

    /// Returns the result of a driver without faults.
    fn usual(&mut self, call: &Call) -> Told {
        match call {
            Call::Load => Told::Loaded(Ok(self.store.clone())),
            Call::Lock { .. } => Told::Locked(Ok(true)),
            Call::Save(record, _) => {
                self.store = Some(record.clone());
                self.clock += self.save_time;
                Told::Written(Ok(()))
            }
            Call::Clear(_) => {
                self.store = None;
                Told::Written(Ok(()))
            }
            Call::Send(asked, _) => Told::Replied(self.service.act(*asked, asked.org, self.clock)),
            Call::Sleep(time) => {
                self.clock += if self.stands_still { 0 } else { *time };
                Told::Done
            }
            Call::Unlock => Told::Done,
            Call::None | Call::End(_) => panic!("{call:?} returns nothing"),
        }
    }
}

fn text(call: &Call) -> String {
    let time = |time: Millis| match time % 1000 {
        0 => format!("{}s", time / 1000),
        _ => format!("{time}ms"),
    };
    match call {
        Call::Load => "load".into(),
        Call::Lock { wait, .. } => format!("lock({})", time(*wait)),
        Call::Save(record, _) if record.intent.is_some() => "save+intent".into(),
        Call::Save(..) => "save".into(),
        Call::Clear(_) => "clear".into(),
        Call::Send(asked, timeout) => {
            format!("send({},{:?},{})", asked.refresh, asked.org, time(*timeout))
        }
        Call::Sleep(duration) => format!("sleep({})", time(*duration)),
        Call::Unlock => "unlock".into(),
        Call::None | Call::End(_) => panic!("{call:?} is no call"),
    }
}
