//! Writes that fail, and writes at the same time.

use std::fs;
use std::path::PathBuf;
use std::thread;

use workos_login::limits::MAX_STORED_BYTES;
use workos_login_file::Error;
use workos_login_session::{BlockingStore, Expected};

use crate::support::*;

#[test]
fn a_record_beyond_the_maximum_is_rejected_and_the_old_one_stays() {
    let directory = directory();
    let store = store(&directory);
    let long = record(MAX_STORED_BYTES - 4096);
    save(&store, &long).unwrap();
    let error = save(&store, &record(MAX_STORED_BYTES)).unwrap_err();
    assert!(matches!(file_error(&error), Error::TooLong));
    check_holds(&store, &long);
}

/// A limit of the size of files fails the write in the middle, as a full disk does.
#[cfg(unix)]
#[test]
fn without_space_the_old_record_stays_and_nothing_is_left() {
    const TEST: &str = "writes::without_space_the_old_record_stays_and_nothing_is_left";
    if !is_child() {
        // Otherwise, the signal would end the process.
        return run_child(TEST, "trap '' XFSZ; ulimit -f 8", &[]);
    }
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    for failed in [save(&store, &record(100_000)), store.check()] {
        let error = failed.unwrap_err();
        assert!(matches!(file_error(&error), Error::Full { .. }), "{error}");
        assert!(error.to_string().contains("no space"), "{error}");
        check_holds(&store, &record(10));
        assert!(files(&directory, "new").is_empty());
    }
    save(&store, &record(20)).unwrap();
    check_holds(&store, &record(20));
}

#[test]
fn a_check_changes_nothing_and_leaves_nothing() {
    let directory = directory();
    let store = store(&directory);
    store.check().unwrap();
    assert!(store.load().unwrap().is_none());
    save(&store, &record(10)).unwrap();
    store.check().unwrap();
    check_holds(&store, &record(10));
    assert!(files(&directory, "new").is_empty());
}

#[test]
fn a_cleared_store_leaves_no_value() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    let file = value_file(&directory);
    fs::write(file.with_extension("new"), "left by a killed process").unwrap();
    let generation = Expected::Generation(record(10).generation());
    store.clear(generation).unwrap();
    assert!(!file.exists());
    assert!(files(&directory, "new").is_empty());
    // The file that a killed process has left is removed without a record, too.
    fs::write(file.with_extension("new"), "left by a killed process").unwrap();
    store.clear(generation).unwrap();
    assert!(files(&directory, "new").is_empty());
}

#[test]
fn readers_without_the_lock_see_the_old_or_the_new_record() {
    let directory = directory();
    let records = [record(10), record(30_000)];
    save(&store(&directory), &records[0]).unwrap();
    let texts = records.each_ref().map(text);
    thread::scope(|scope| {
        for record in &records {
            let (texts, store) = (&texts, store(&directory));
            scope.spawn(move || {
                for _ in 0..50 {
                    save(&store, record).unwrap();
                    let found = store.load().unwrap().expect("a record is never missing");
                    assert!(texts.contains(&text(&found)));
                }
            });
        }
    });
}

fn files(directory: &tempfile::TempDir, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(directory.path()).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect()
}
