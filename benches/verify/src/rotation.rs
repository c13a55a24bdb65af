//! Ten thousand verifications from eight threads during a rotation: the fetches, and the tokens that were lost.
//!
//! Each verification takes ten milliseconds of the issuer's clock, so that all of them take a hundred seconds. The new key is published
//! at 20 seconds and signs from 55 seconds on. One token in ten has a made-up key ID, if there are any.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use workos_login_verify::BlockingTokenVerifier;

use crate::contenders::{WorkOs, key_set, sealed};
use crate::issuer::{Issuer, KEY_IDS, token};

const THREADS: usize = 8;
const VERIFICATIONS: u64 = 10_000;
const MILLIS_EACH: u64 = 10;
const PUBLISHED_AT: u64 = 20_000;
const SIGNS_AT: u64 = 55_000;

pub(crate) fn print() {
    println!(
        "| {VERIFICATIONS} verifications, {THREADS} threads, one rotation | made-up key IDs | fetches | lost |"
    );
    println!("|:--|:--|--:|--:|");
    for with_made_up in [false, true] {
        let issuer = Issuer::new(PUBLISHED_AT);
        let verifier = BlockingTokenVerifier::new(key_set(), &issuer);
        let verify = |token: &str| verifier.verify_access_token(token).is_ok();
        row("workos-login", &issuer, with_made_up, str::to_owned, verify);
        let issuer = Arc::new(Issuer::new(PUBLISHED_AT));
        let workos = WorkOs::new(issuer.clone());
        let verify = |sealed: &str| workos.verify(sealed);
        row("workos 3.5", &issuer, with_made_up, sealed, verify);
    }
}

fn row(
    name: &str,
    issuer: &Issuer,
    with_made_up: bool,
    carry: impl Fn(&str) -> String,
    verify: impl Fn(&str) -> bool + Sync,
) {
    let [old, new] = KEY_IDS.map(|id| carry(&token(id)));
    let made_up = carry(&token("made-up"));
    let (next, lost) = (AtomicU64::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= VERIFICATIONS {
                        return;
                    }
                    let time = number * MILLIS_EACH;
                    issuer.advance_to(time);
                    if with_made_up && number % 10 == 0 {
                        assert!(!verify(&made_up), "{name} accepts a made-up key ID");
                    } else if !verify(if time < SIGNS_AT { &old } else { &new }) {
                        lost.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let made_up = if with_made_up { "one in ten" } else { "none" };
    let (fetches, lost) = (issuer.fetches(), lost.into_inner());
    println!("| {name} | {made_up} | {fetches} | {lost} |");
}
