//! Any fate of each step of a keeper: every operation ends, a wait has an end, and only a keeper empties the store.
#![no_main]

use std::time::{Duration, SystemTime};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use workos_login::session::{Done, Machine, SessionPolicy, StoredSession, Step, StoreFailed};
use workos_login::{Authenticated, Exchange, SendError};
use workos_login_fuzz::{SUCCESS, authenticated, client, json, now};

#[derive(Arbitrary, Debug)]
enum Wish {
    Flush,
    LogOut,
    Refused,
    SignIn,
    Switch,
    Token,
}

#[derive(Arbitrary, Debug)]
struct Fate<'a> {
    ok: bool,
    /// Seconds that pass, or are taken back.
    clock: i16,
    answer: ErrorResponse<'a>,
}

#[derive(Arbitrary, Debug)]
enum ErrorResponse<'a> {
    Lost,
    Other { status: u16, body: &'a str },
    Success,
}

/// No operation needs more steps than this.
const STEPS: usize = 64;

fuzz_target!(|input: (Vec<Wish>, Vec<Fate<'_>>)| {
    let (wishes, fates) = input;
    let mut fates = fates.into_iter();
    let mut clock = now();
    let mut store = Some(stored(&StoredSession::new(authenticated())));
    let mut keeper = Machine::new(&client(), SessionPolicy::default());
    for wish in wishes.into_iter().take(16) {
        let step = match wish {
            Wish::Flush => keeper.flush(clock),
            Wish::LogOut => keeper.log_out(clock),
            Wish::Refused => keeper.refused(authenticated().access_token(), clock),
            Wish::SignIn => keeper.log_in(authenticated(), clock),
            Wish::Switch => keeper.switch("org_1".parse().expect("an id"), clock),
            Wish::Token => keeper.token(clock),
        };
        if let Done::TryAgain { after, .. } =
            run(step, &mut keeper, &mut store, &mut fates, &mut clock)
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
    keeper: &mut Machine,
    store: &mut Option<String>,
    fates: &mut impl Iterator<Item = Fate<'a>>,
    clock: &mut SystemTime,
) -> Done {
    for _ in 0..STEPS {
        let fate = fates.next().unwrap_or(Fate {
            ok: true,
            clock: 0,
            answer: ErrorResponse::Success,
        });
        let passed = Duration::from_secs(fate.clock.unsigned_abs().into());
        let moved = if fate.clock < 0 {
            clock.checked_sub(passed)
        } else {
            clock.checked_add(passed)
        };
        *clock = moved.unwrap_or(*clock);
        step = match step {
            Step::Clear(clearing) => {
                if fate.ok {
                    *store = None;
                }
                clearing.cleared(keeper, fate.ok)
            }
            Step::Done(done) => return done,
            Step::Load(loading) => {
                let record = match fate.ok {
                    true => Ok(store
                        .as_deref()
                        .map(|text| serde_json::from_str(text).expect("what was stored"))),
                    false => Err(StoreFailed),
                };
                loading.loaded(keeper, record, *clock)
            }
            Step::Lock(locking) => {
                let held = match fate.ok {
                    false if fate.clock % 2 == 0 => Err(StoreFailed),
                    held => Ok(held),
                };
                locking.locked(keeper, held, *clock)
            }
            Step::Save(saving) => {
                if fate.ok {
                    *store = Some(stored(saving.record()));
                }
                saving.saved(keeper, fate.ok, *clock)
            }
            Step::Send(sending) => {
                let (exchange, sent) = sending.into_parts();
                let response = match fate.answer {
                    ErrorResponse::Lost => None,
                    ErrorResponse::Other { status, body } => Some(json(200 + status % 400, body)),
                    ErrorResponse::Success => Some(json(200, SUCCESS)),
                };
                let result: Result<Authenticated, SendError<_, ()>> = match response {
                    None => Err(SendError::transport(exchange, ())),
                    Some(response) => exchange.response(response, *clock).map_err(SendError::from),
                };
                sent.sent(keeper, result, *clock)
            }
            Step::Unlock(unlocking) => unlocking.unlocked(),
            Step::Wait(waiting) => {
                assert!(waiting.time() <= Duration::from_secs(60));
                *clock = clock.checked_add(waiting.time()).unwrap_or(*clock);
                waiting.waited(keeper, *clock)
            }
        };
    }
    panic!("an operation does not end");
}

fn stored(record: &StoredSession) -> String {
    serde_json::to_string(record).expect("a stored record")
}
