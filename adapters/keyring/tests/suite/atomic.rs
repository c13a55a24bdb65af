//! Writing that ends at any point leaves the old record or the new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use workos_login::session::StoredSession;
use workos_login_session::Store;

use crate::support::*;

#[test]
fn a_save_that_stops_at_any_write_leaves_the_old_record_or_the_new_one() {
    let server = server();
    let sizes = [0, 2_000, 6_000].map(|more| record(&server, more));
    for entry_bytes in [500, 4_000, 1 << 20] {
        for old in &sizes {
            for new in &sizes {
                let finished = (0..45)
                    .filter(|writes| stop_after(*writes, entry_bytes, old, new))
                    .count();
                assert!(finished > 0 && finished < 45);
            }
        }
    }
}

/// Whether the save succeeded although the keyring stopped after so many writes.
fn stop_after(writes: usize, entry_bytes: usize, old: &StoredSession, new: &StoredSession) -> bool {
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, entry_bytes);
    // Twice, so that either generation of parts is the old one.
    for _ in 0..=writes % 2 {
        store.save(old).unwrap();
    }
    memory.stop_after(Some(writes));
    let saved = store.save(new).is_ok();
    memory.stop_after(None);

    let found = text(&store.load().unwrap().expect("a record is never lost"));
    if saved {
        assert_eq!(found, text(new));
    } else {
        assert_eq!(found, text(old));
    }
    // What was left behind goes away with the next save, and with the record.
    store.save(old).unwrap();
    let parts = text(old).len().div_ceil(entry_bytes);
    let expected = if parts == 1 { 1 } else { parts + 1 };
    assert_eq!(memory.names().len(), expected);
    store.clear().unwrap();
    assert_eq!(memory.names(), [""; 0]);
    saved
}

#[test]
fn a_removal_that_stops_at_any_write_leaves_the_record_or_nothing() {
    let server = server();
    let record = record(&server, 2_000);
    for writes in 0.. {
        let memory = Arc::new(Memory::default());
        let (store, _folder) = store(&memory, 500);
        store.save(&record).unwrap();
        memory.stop_after(Some(writes));
        let cleared = store.clear().is_ok();
        memory.stop_after(None);
        if let Some(found) = store.load().unwrap() {
            assert_eq!(text(&found), text(&record));
            assert_eq!(writes, 0, "the head goes first");
        }
        store.clear().unwrap();
        assert_eq!(memory.names(), [""; 0]);
        if cleared {
            break;
        }
    }
}

#[test]
fn whoever_reads_while_another_writes_finds_a_whole_record() {
    let server = server();
    let records = [record(&server, 0), record(&server, 3_000)];
    let texts = records.each_ref().map(text);
    let memory = Arc::new(Memory::default());
    let (writer, folder) = store(&memory, 300);
    writer.save(&records[0]).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let reader = store_in(&memory, 300, &folder);
                while !done.load(SeqCst) {
                    let found = text(&reader.load().unwrap().unwrap());
                    assert!(texts.contains(&found));
                }
            });
        }
        for number in 0..200 {
            writer.save(&records[number % 2]).unwrap();
        }
        done.store(true, SeqCst);
    });
}

#[test]
fn two_who_write_without_the_lock_of_the_session_leave_a_whole_record() {
    let server = server();
    let records = [record(&server, 0), record(&server, 3_000)];
    let texts = records.each_ref().map(text);
    let memory = Arc::new(Memory::default());
    let (_, folder) = store(&memory, 300);
    thread::scope(|scope| {
        for record in &records {
            let writer = store_in(&memory, 300, &folder);
            let texts = &texts;
            scope.spawn(move || {
                for _ in 0..50 {
                    writer.save(record).unwrap();
                    let found = writer.load().unwrap().unwrap();
                    assert!(texts.contains(&text(&found)));
                }
            });
        }
    });
    let found = store_in(&memory, 300, &folder).load().unwrap().unwrap();
    assert!(texts.contains(&text(&found)));
}
