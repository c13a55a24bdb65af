//! The random values of a login are uniform over the alphabet, at every place.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::scenario::{Scenario, now, stored};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CHARACTERS: usize = 43;
const LOGINS: usize = 10_000;

/// The values of a member of many pending logins, from a generator with a fixed seed.
fn values(name: &str) -> Vec<Vec<u8>> {
    let mut generator = StdRng::seed_from_u64(7636);
    let scenario = Scenario::public();
    let value = |_| {
        let (_, pending) = scenario.to_start().begin(now(), &mut generator);
        let pending: Value = serde_json::from_str(&stored(&pending)).unwrap();
        pending[name].as_str().unwrap().as_bytes().to_vec()
    };
    (0..LOGINS).map(value).collect()
}

/// The chi-square statistic of 64 counts that should be equal: 63 on average, above 150 once in 10⁸ times.
fn chi_square(characters: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0_u32; 64];
    for character in characters {
        counts[ALPHABET
            .iter()
            .position(|known| *known == character)
            .unwrap()] += 1;
    }
    let expected = f64::from(counts.iter().sum::<u32>()) / 64.0;
    counts
        .iter()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum()
}

#[track_caller]
fn is_uniform(name: &str) {
    let values = values(name);
    assert!(values.iter().all(|text| text.len() == CHARACTERS));
    assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), LOGINS);
    let all = chi_square(values.iter().flatten().copied());
    assert!(all < 150.0, "all places: {all}");
    for place in 0..CHARACTERS {
        let here = chi_square(values.iter().map(|text| text[place]));
        assert!(here < 150.0, "place {place}: {here}");
    }
    // A value without repeated characters has no equal neighbours: one in 64 is expected.
    let pairs = values.iter().flat_map(|text| text.windows(2));
    let same = pairs.filter(|pair| pair[0] == pair[1]).count();
    let expected = LOGINS * (CHARACTERS - 1) / 64;
    assert!(
        same.abs_diff(expected) < expected / 10,
        "{same} instead of {expected}"
    );
}

#[test]
fn m5_code_verifiers_are_uniform_over_the_alphabet() {
    is_uniform("code_verifier");
}

#[test]
fn states_are_uniform_over_the_alphabet() {
    is_uniform("state");
}
