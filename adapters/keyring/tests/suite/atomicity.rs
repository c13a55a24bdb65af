//! Writes that stop at any point, and writes at the same time.

use std::sync::Arc;
use std::thread;

use workos_login_session::{BlockingStore, Expected, StoredSession};

use crate::support::*;

#[test]
fn a_save_that_stops_at_any_write_leaves_the_old_or_the_new_record() {
    let server = server();
    let records = [0, 2_000, 6_000].map(|more| record(&server, more));
    for max_entry_bytes in [500, 4_000, 1 << 20] {
        for old in &records {
            for new in &records {
                let finished = (0..45)
                    .filter(|writes| save_stops_after(*writes, max_entry_bytes, old, new))
                    .count();
                assert!(finished > 0 && finished < 45);
            }
        }
    }
}

/// Returns whether the save succeeded although the keyring failed after this many writes.
fn save_stops_after(
    writes: usize,
    max_entry_bytes: usize,
    old: &StoredSession,
    new: &StoredSession,
) -> bool {
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, max_entry_bytes);
    // Once or twice, so that the old record is in either set of parts.
    for _ in 0..=writes % 2 {
        save(&store, old).unwrap();
    }
    memory.stop_after(Some(writes));
    let saved = save(&store, new).is_ok();
    memory.stop_after(None);

    let found = text(&store.load().unwrap().expect("a record is never lost"));
    if saved {
        assert_eq!(found, text(new));
    } else {
        assert_eq!(found, text(old));
    }
    // The next save removes what is left over, and a removal removes everything.
    save(&store, old).unwrap();
    let parts = text(old).len().div_ceil(max_entry_bytes);
    let expected = if parts == 1 { 1 } else { parts + 1 };
    assert_eq!(memory.names().len(), expected);
    store.clear(Expected::Anything).unwrap();
    assert_eq!(memory.names(), [""; 0]);
    saved
}

#[test]
fn a_removal_that_stops_at_any_write_leaves_the_record_or_nothing() {
    let server = server();
    let record = record(&server, 2_000);
    for writes in 0.. {
        let memory = Arc::new(Memory::default());
        let (store, _directory) = store(&memory, 500);
        save(&store, &record).unwrap();
        memory.stop_after(Some(writes));
        let cleared = store.clear(Expected::Anything).is_ok();
        memory.stop_after(None);
        if let Some(found) = store.load().unwrap() {
            assert_eq!(text(&found), text(&record));
            assert_eq!(writes, 0, "the head is removed first");
        }
        // A removal that is expected to find the record removes what is left over, too.
        let expected = Expected::Generation(record.generation());
        store.clear(expected).unwrap();
        assert_eq!(memory.names(), [""; 0]);
        if cleared {
            break;
        }
    }
}

#[test]
fn saves_at_the_same_time_without_the_lock_leave_a_whole_record() {
    let server = server();
    let records = [record(&server, 0), record(&server, 3_000)];
    let texts = records.each_ref().map(text);
    let memory = Arc::new(Memory::default());
    let (_, directory) = store(&memory, 300);
    thread::scope(|scope| {
        for record in &records {
            let writer = store_in(&memory, 300, &directory);
            let texts = &texts;
            scope.spawn(move || {
                for _ in 0..50 {
                    save(&writer, record).unwrap();
                    let found = writer.load().unwrap().unwrap();
                    assert!(texts.contains(&text(&found)));
                }
            });
        }
    });
    let found = store_in(&memory, 300, &directory).load().unwrap().unwrap();
    assert!(texts.contains(&text(&found)));
}
