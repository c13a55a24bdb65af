//! Checks of the record: it is one value, and replaced as a whole.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::{Check, Observed, Subject, ensure, join, shown};
use crate::error::StoreError;
use crate::record::{Expected, StoredSession};
use crate::store::BlockingStore;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("loads the record that was saved last", last_is_loaded),
    ("loads a record as it was saved", whole_record_is_loaded),
    ("saves in place of the expected record only", saves_compare),
    ("clears the expected record only", clears_compare),
    (
        "reports an unreadable record as an error",
        unreadable_is_an_error,
    ),
    ("checks without a change", check_changes_nothing),
    (
        "replaces a record as a whole",
        record_is_replaced_as_a_whole,
    ),
];

/// Makes a record. Records with different numbers have different lengths and generations.
pub(super) fn record(number: usize) -> StoredSession {
    record_of("client_1", number)
}

fn record_of(client_id: &str, number: usize) -> StoredSession {
    // A refresh can return the same refresh token and another access token.
    let refresh_token = format!("refresh-{}", number / 2);
    let access_token = format!("access-{number}-{}", "x".repeat(5_000 * (number % 2)));
    let challenge = json!({
        "version": 2,
        "client_id": client_id,
        "issuer": ISSUER,
        "code": "mfa_challenge",
        "pending_authentication_token": "pending",
        "details": {"authentication_challenge_id": "auth_challenge_1"},
    });
    let record = json!({
        "version": 1,
        "session": {
            "version": 2,
            "client_id": client_id,
            "issuer": ISSUER,
            "access_token": access_token,
            "refresh_token": refresh_token,
            "received_at": 1_780_000_000_000_u64,
            "lifetime": 300_000,
            "user": {"id": "user_1", "email": "user@example.com", "name": "Ĵosé \u{1f511} \"\\\u{1}"},
        },
        "intent": {
            "fingerprint": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "organization": "org_1",
            "at": 1_780_000_200_000_u64,
        },
        "retry_at": 1_780_000_210_000_u64,
        "challenged": challenge,
    });
    serde_json::from_value(record).expect("the record has all members of a stored session")
}

const ISSUER: &str = "https://api.workos.com";

fn last_is_loaded(subject: &Subject<'_, '_>) -> Observed<()> {
    let [first, second] = subject.open_twice();
    ensure_loads(&*first, &[None])?;
    first.clear(Expected::Anything).map_err(shown)?;
    let lock = subject.acquire(&*first)?;
    // With the lock and without it, because a logout does not wait for it for longer than a lease.
    for (lock, numbers) in [(Some(lock), [1, 2]), (None, [3, 4])] {
        for number in numbers {
            let store = if number % 2 == 0 { &first } else { &second };
            let record = record(number);
            store.save(&record, Expected::Anything).map_err(shown)?;
            ensure_loads(&*first, &[Some(number)])?;
            ensure_loads(&*second, &[Some(number)])?;
        }
        drop(lock);
    }
    ensure_loads(&*subject.open(), &[Some(4)])?;
    ensure_loads(&*subject.open_other(), &[None])?;
    second.clear(Expected::Anything).map_err(shown)?;
    ensure_loads(&*first, &[None])
}

fn whole_record_is_loaded(subject: &Subject<'_, '_>) -> Observed<()> {
    // The session manager, not the store, rejects a record of another client.
    for client_id in ["client_1", "client_2"] {
        let saved = record_of(client_id, 1);
        let store = subject.open();
        store.save(&saved, Expected::Anything).map_err(shown)?;
        let loaded = subject.open().load().map_err(shown)?;
        let stored_form = |record: &StoredSession| serde_json::to_value(record).ok();
        ensure(
            loaded.is_some_and(|loaded| stored_form(&loaded) == stored_form(&saved)),
            || format!("another record or none was loaded, of {client_id}"),
        )?;
    }
    Ok(())
}

fn saves_compare(subject: &Subject<'_, '_>) -> Observed<()> {
    for (stored, expected, matches) in cases() {
        let store = holding(subject, stored)?;
        let saved = store.save(&record(4), expected_of(expected));
        let case = format!("a save that expects {expected:?} in place of {stored:?}");
        ensure_compared(&case, saved, matches)?;
        let remaining = if matches { Some(4) } else { stored };
        ensure_loads(&*store, &[remaining]).map_err(|seen| format!("{case}: {seen}"))?;
    }
    Ok(())
}

fn clears_compare(subject: &Subject<'_, '_>) -> Observed<()> {
    for (stored, expected, matches) in cases() {
        let store = holding(subject, stored)?;
        let cleared = store.clear(expected_of(expected));
        let case = format!("a clear that expects {expected:?} in place of {stored:?}");
        // Without a record, there is nothing to do.
        let matches = matches || stored.is_none();
        ensure_compared(&case, cleared, matches)?;
        let remaining = if matches { None } else { stored };
        ensure_loads(&*store, &[remaining]).map_err(|seen| format!("{case}: {seen}"))?;
    }
    Ok(())
}

/// The expectation: anything, or the record with this number, or none.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Case {
    Anything,
    Record(Option<usize>),
}

/// The number of the stored record, what is expected, and whether they match. Records 2 and 3 have the same refresh token.
fn cases() -> impl Iterator<Item = (Option<usize>, Case, bool)> {
    let records = [None, Some(1), Some(2), Some(3)];
    records.into_iter().flat_map(move |stored| {
        let expected = records.into_iter().map(Case::Record);
        let expected = expected.chain([Case::Anything]);
        expected.map(move |expected| {
            let matches = expected == Case::Anything || expected == Case::Record(stored);
            (stored, expected, matches)
        })
    })
}

fn expected_of(case: Case) -> Expected {
    match case {
        Case::Anything => Expected::Anything,
        Case::Record(None) => Expected::Nothing,
        Case::Record(Some(number)) => Expected::Generation(record(number).generation()),
    }
}

fn ensure_compared(case: &str, result: Result<(), StoreError>, matches: bool) -> Observed<()> {
    match result {
        Ok(()) if matches => Ok(()),
        Ok(()) => Err(format!("{case} succeeded")),
        Err(error) if error.is_conflict() && !matches => Ok(()),
        Err(error) => Err(format!("{case}: {}", shown(error))),
    }
}

/// Opens the store with this record.
fn holding<'a>(
    subject: &Subject<'_, 'a>,
    number: Option<usize>,
) -> Observed<Box<dyn BlockingStore + 'a>> {
    let store = subject.open();
    match number {
        Some(number) => store.save(&record(number), Expected::Anything),
        None => store.clear(Expected::Anything),
    }
    .map_err(shown)?;
    Ok(store)
}

fn unreadable_is_an_error(subject: &Subject<'_, '_>) -> Observed<()> {
    let Some(damage) = &subject.suite.damage else {
        return Ok(());
    };
    let store = holding(subject, Some(1))?;
    damage(&subject.name);
    for store in [&store, &subject.open()] {
        match store.load() {
            Err(error) if error.is_conflict() => return Err(shown(error)),
            Err(_) => {}
            Ok(loaded) => return Err(format!("record {:?} was loaded", number(loaded))),
        }
    }
    // It may be a record of a later version, which only a new login or a logout replaces.
    for case in [Case::Record(None), Case::Record(Some(1))] {
        let saved = store.save(&record(2), expected_of(case));
        ensure_compared(&format!("a save that expects {case:?}"), saved, false)?;
        let cleared = store.clear(expected_of(case));
        ensure_compared(&format!("a clear that expects {case:?}"), cleared, false)?;
    }
    ensure(store.load().is_err(), || "it was replaced".to_owned())?;
    store.save(&record(2), Expected::Anything).map_err(shown)?;
    ensure_loads(&*store, &[Some(2)])?;
    damage(&subject.name);
    store.clear(Expected::Anything).map_err(shown)?;
    ensure_loads(&*store, &[None])
}

fn check_changes_nothing(subject: &Subject<'_, '_>) -> Observed<()> {
    for stored in [None, Some(1)] {
        let store = holding(subject, stored)?;
        store.check().map_err(shown)?;
        ensure_loads(&*store, &[stored])?;
        ensure_loads(&*subject.open(), &[stored])?;
    }
    Ok(())
}

/// Two threads load while a third one saves.
fn record_is_replaced_as_a_whole(subject: &Subject<'_, '_>) -> Observed<()> {
    const TIMES: usize = 100;
    let writer = holding(subject, Some(2))?;
    let readers = subject.open_twice();
    let loads = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading = readers.each_ref().map(|reader| {
            scope.spawn(|| {
                let mut result = Ok(());
                while result.is_ok() && !is_over.load(Ordering::Relaxed) {
                    result = ensure_loads(&**reader, &[Some(2), Some(3)]);
                    loads.fetch_add(1, Ordering::Relaxed);
                }
                is_over.store(true, Ordering::Relaxed);
                result
            })
        });
        let mut saved = Ok(());
        let mut saves = 0;
        while saved.is_ok()
            && !is_over.load(Ordering::Relaxed)
            && (saves < TIMES || loads.load(Ordering::Relaxed) < TIMES)
        {
            saves += 1;
            saved = writer.save(&record(2 + saves % 2), Expected::Anything);
        }
        is_over.store(true, Ordering::Relaxed);
        let read = reading.map(join);
        saved.map_err(shown)?;
        read.into_iter().collect()
    })
}

/// Checks that the store holds one of the records with these numbers, and returns which.
pub(super) fn loads(
    store: &dyn BlockingStore,
    allowed: &[Option<usize>],
) -> Observed<Option<usize>> {
    let loaded = number(store.load().map_err(shown)?);
    ensure(allowed.contains(&loaded), || {
        format!("record {loaded:?} was loaded instead of {allowed:?}")
    })?;
    Ok(loaded)
}

pub(super) fn ensure_loads(store: &dyn BlockingStore, allowed: &[Option<usize>]) -> Observed<()> {
    loads(store, allowed).map(drop)
}

/// Returns the number of a record; zero if it is none of these.
fn number(record: Option<StoredSession>) -> Option<usize> {
    let generation = record?.generation();
    let mut numbers = 1..=4;
    let found = numbers.find(|number| self::record(*number).generation() == generation);
    Some(found.unwrap_or(0))
}
