//! The time of a verification, relative to `jsonwebtoken` alone.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use workos_login::BlockingHttpClient;
use workos_login_verify::BlockingTokenVerifier;

use crate::contenders::{JsonWebToken, WorkOs, key_set, sealed};
use crate::issuer::{Issuer, KEY_IDS, token};

const ROUNDS: usize = 1001;
/// The time of one contender in one round.
const SLICE: Duration = Duration::from_micros(500);

struct Contender<'a> {
    name: &'static str,
    verify: Box<dyn Fn() + 'a>,
    /// Nanoseconds for one verification, in each round.
    times: Vec<f64>,
}

impl<'a> Contender<'a> {
    fn new<T>(name: &'static str, verify: impl Fn() -> Option<T> + 'a) -> Self {
        assert!(verify().is_some(), "{name} rejects the token");
        Self {
            name,
            verify: Box::new(move || drop(black_box(verify()))),
            times: Vec::with_capacity(ROUNDS),
        }
    }

    fn turn(&mut self) {
        let start = Instant::now();
        let mut count = 0;
        let time = loop {
            (self.verify)();
            count += 1;
            let time = start.elapsed();
            if time >= SLICE {
                break time;
            }
        };
        self.times.push(time.as_nanos() as f64 / f64::from(count));
    }
}

/// Measures the contenders in turns, so that a slow machine affects all of them.
pub(crate) fn print() {
    let issuer = Arc::new(Issuer::new(0));
    let token = token(KEY_IDS[0]);
    let mut keys = key_set();
    let now = (&*issuer).now();
    let response = (&*issuer).send(keys.fetch(now));
    keys = response.expect("the issuer has no network that could fail");
    let verifier = BlockingTokenVerifier::new(key_set(), &*issuer);
    let alone = JsonWebToken::new();
    let workos = WorkOs::new(issuer.clone());
    let cookie = sealed(&token);
    let mut contenders = [
        Contender::new("jsonwebtoken 10.3 alone", || alone.verify(&token)),
        Contender::new("workos-login, KeySet", || {
            keys.verify_access_token(&token, (&*issuer).now()).ok()
        }),
        Contender::new("workos-login, BlockingTokenVerifier", || {
            verifier.verify_access_token(&token).ok()
        }),
        Contender::new("workos 3.5, sealed session", || {
            workos.verify(&cookie).then_some(())
        }),
    ];
    for round in 0..ROUNDS {
        let count = contenders.len();
        for turn in 0..count {
            // The order changes, so that no contender always follows the same one.
            let step = if round % 2 == 0 {
                turn
            } else {
                count - 1 - turn
            };
            contenders[(round + step) % count].turn();
        }
    }
    let alone = contenders[0].times.clone();
    println!("| verification of an RS256 access token | ns | × jsonwebtoken |");
    println!("|:--|--:|--:|");
    for contender in contenders {
        let ratios = contender.times.iter().zip(&alone);
        let [low, ratio, high] = quartiles(ratios.map(|(time, alone)| time / alone).collect());
        let [_, time, _] = quartiles(contender.times);
        let name = contender.name;
        println!("| {name} | {time:.0} | {ratio:.2} ({low:.2} to {high:.2}) |");
    }
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
