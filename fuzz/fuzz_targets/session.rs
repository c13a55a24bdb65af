//! Every operation of the session machine ends, and every wait is bounded, with any response, clock and failure of the store.
#![no_main]

use std::time::{Duration, SystemTime};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use workos_login::session::{Done, Machine, SessionPolicy, Step, StoreFailed, StoredSession};
use workos_login::{Authenticated, Exchange, SendError};
use workos_login_fuzz::{SUCCESS, authenticated, client, json, now};

#[derive(Arbitrary, Debug)]
enum Operation {
    Flush,
    LogOut,
    RejectedToken,
    LogIn,
    Switch,
    Token,
}

#[derive(Arbitrary, Debug)]
struct Event<'a> {
    ok: bool,
    /// Seconds by which the clock moves, forward or back.
    clock: i16,
    reply: Reply<'a>,
}

#[derive(Arbitrary, Debug)]
enum Reply<'a> {
    Lost,
    Other { status: u16, body: &'a str },
    Success,
}

/// The maximum number of steps of an operation.
const STEPS: usize = 64;

fuzz_target!(|input: (Vec<Operation>, Vec<Event<'_>>)| {
    let (operations, events) = input;
    let mut events = events.into_iter();
    let mut clock = now();
    let mut store = Some(stored(&StoredSession::new(authenticated())));
    let mut machine = Machine::new(&client(), SessionPolicy::default());
    for operation in operations.into_iter().take(16) {
        let step = match operation {
            Operation::Flush => machine.flush(clock),
            Operation::LogOut => machine.log_out(clock),
            Operation::RejectedToken => machine.refused(authenticated().access_token(), clock),
            Operation::LogIn => machine.log_in(authenticated(), clock),
            Operation::Switch => machine.switch("org_1".parse().expect("an id"), clock),
            Operation::Token => machine.token(clock),
        };
        if let Done::TryAgain { after, .. } =
            run(step, &mut machine, &mut store, &mut events, &mut clock)
        {
            assert!(
                after <= Duration::from_secs(60) && after > Duration::ZERO,
                "{after:?}"
            );
        }
    }
});

fn run<'a>(
    mut step: Step,
    machine: &mut Machine,
    store: &mut Option<String>,
    events: &mut impl Iterator<Item = Event<'a>>,
    clock: &mut SystemTime,
) -> Done {
    for _ in 0..STEPS {
        let event = events.next().unwrap_or(Event {
            ok: true,
            clock: 0,
            reply: Reply::Success,
        });
        let passed = Duration::from_secs(event.clock.unsigned_abs().into());
        let moved = if event.clock < 0 {
            clock.checked_sub(passed)
        } else {
            clock.checked_add(passed)
        };
        *clock = moved.unwrap_or(*clock);
        step = match step {
            Step::Clear(clearing) => {
                if event.ok {
                    *store = None;
                }
                clearing.cleared(machine, event.ok)
            }
            Step::Done(done) => return done,
            Step::Load(loading) => {
                let record = match event.ok {
                    true => Ok(store.as_deref().map(|text| {
                        serde_json::from_str(text).expect("a stored state can be loaded")
                    })),
                    false => Err(StoreFailed),
                };
                loading.loaded(machine, record, *clock)
            }
            Step::Lock(locking) => {
                let held = match event.ok {
                    false if event.clock % 2 == 0 => Err(StoreFailed),
                    held => Ok(held),
                };
                locking.locked(machine, held, *clock)
            }
            Step::Save(saving) => {
                if event.ok {
                    *store = Some(stored(saving.record()));
                }
                saving.saved(machine, event.ok, *clock)
            }
            Step::Send(sending) => {
                let (exchange, sent) = sending.into_parts();
                let response = match event.reply {
                    Reply::Lost => None,
                    Reply::Other { status, body } => Some(json(200 + status % 400, body)),
                    Reply::Success => Some(json(200, SUCCESS)),
                };
                let result: Result<Authenticated, SendError<_, ()>> = match response {
                    None => Err(SendError::transport(exchange, ())),
                    Some(response) => exchange.response(response, *clock).map_err(SendError::from),
                };
                sent.sent(machine, result, *clock)
            }
            Step::Unlock(unlocking) => unlocking.unlocked(),
            Step::Wait(waiting) => {
                assert!(waiting.time() <= Duration::from_secs(60));
                *clock = clock.checked_add(waiting.time()).unwrap_or(*clock);
                waiting.waited(machine, *clock)
            }
        };
    }
    panic!("an operation did not end");
}

fn stored(record: &StoredSession) -> String {
    serde_json::to_string(record).expect("a stored session")
}
