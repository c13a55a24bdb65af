//! The conformance suite accepts the stores in memory and a store in files, and names each defect of another.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use workos_login::BoxFuture;
use workos_login_session::conformance::Suite;
use workos_login_session::{
    BlockingStore, Expected, MemoryStore, OnThreads, StoreError, StoreLock, StoredSession,
};

use crate::support::runtime;

/// Stores in memory by name.
#[derive(Default)]
struct Stores(Mutex<HashMap<String, MemoryStore>>);

impl Stores {
    fn open(&self, name: &str) -> MemoryStore {
        let mut stores = self.0.lock().unwrap();
        stores.entry(name.to_owned()).or_default().clone()
    }
}

#[test]
fn the_store_in_memory_conforms() {
    let stores = Stores::default();
    Suite::new(|name| stores.open(name)).assert_conforms();
}

#[test]
fn the_store_in_memory_conforms_on_tasks() {
    let (stores, runtime) = (Stores::default(), runtime());
    let block_on = |future: BoxFuture<'_, ()>| runtime.block_on(future);
    Suite::new_async(|name| stores.open(name), block_on).assert_conforms();
    Suite::new_async(|name| OnThreads::new(stores.open(name)), block_on).assert_conforms();
}

#[test]
fn a_store_in_files_conforms() {
    let directory = Directory::new("a_store_in_files_conforms");
    suite(Defect::None, &directory)
        .between_processes("conformance::a_store_in_files_conforms")
        .assert_conforms();
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    ChecksWithTheRecord,
    ClearsAnyGeneration,
    HoldsTheLockForever,
    IgnoresExpectations,
    KeepsTheLockAfterDeath,
    LosesTheIntent,
    LocksForOneProcess,
    LocksNothing,
    ReadsOnce,
    ReturnsNothingForUnreadable,
    TriesToLockOnce,
    WaitsForever,
    WritesInParts,
}

#[test]
fn names_the_checks_that_a_defect_fails() {
    const ONE_HOLDER: &str = "has a lock with one holder";
    const WAIT_ENDS: &str = "ends the wait for the lock";
    const DROP: &str = "releases the lock when its guard is dropped";
    const RELEASE: &str = "acquires the lock when it is released";
    const LOADS: &str = "loads the record that was saved last";
    const SAVES_COMPARE: &str = "saves in place of the expected record only";
    const CLEARS_COMPARE: &str = "clears the expected record only";
    const MEMBERS: &str = "loads a record as it was saved";
    const UNREADABLE: &str = "reports an unreadable record as an error";
    const CHECK: &str = "checks without a change";
    const WHOLE: &str = "replaces a record as a whole";
    let directory = Directory::new("names_the_checks_that_a_defect_fails");
    for (defect, checks) in [
        (Defect::ChecksWithTheRecord, &[CHECK][..]),
        (Defect::ClearsAnyGeneration, &[CLEARS_COMPARE, UNREADABLE]),
        (Defect::HoldsTheLockForever, &[DROP, RELEASE]),
        (
            Defect::IgnoresExpectations,
            &[SAVES_COMPARE, CLEARS_COMPARE, UNREADABLE],
        ),
        (Defect::LosesTheIntent, &[MEMBERS]),
        (Defect::LocksNothing, &[ONE_HOLDER, WAIT_ENDS, RELEASE]),
        (
            Defect::ReadsOnce,
            &[LOADS, SAVES_COMPARE, CLEARS_COMPARE, UNREADABLE],
        ),
        (Defect::ReturnsNothingForUnreadable, &[UNREADABLE]),
        (Defect::TriesToLockOnce, &[RELEASE]),
        (Defect::WaitsForever, &[ONE_HOLDER, WAIT_ENDS]),
        (Defect::WritesInParts, &[WHOLE]),
    ] {
        let suite = suite(defect, &directory).timeout(Duration::from_millis(300));
        assert_eq!(failed_checks(&suite), checks, "{defect:?}");
    }
}

#[test]
fn a_lock_that_outlives_its_process_is_a_defect() {
    let directory = Directory::new("a_lock_that_outlives_its_process_is_a_defect");
    let suite = suite(Defect::KeepsTheLockAfterDeath, &directory)
        .between_processes("conformance::a_lock_that_outlives_its_process_is_a_defect")
        .timeout(Duration::from_secs(2));
    assert_failed(&suite, "releases the lock of a killed process");
}

#[test]
fn a_lock_of_one_process_is_a_defect() {
    let directory = Directory::new("a_lock_of_one_process_is_a_defect");
    let suite = suite(Defect::LocksForOneProcess, &directory)
        .between_processes("conformance::a_lock_of_one_process_is_a_defect");
    assert_failed(&suite, "excludes other processes by the lock");
}

#[test]
fn a_save_in_parts_is_a_defect_if_its_process_is_killed() {
    let directory = Directory::new("a_save_in_parts_is_a_defect_if_its_process_is_killed");
    let suite = suite(Defect::WritesInParts, &directory)
        .between_processes("conformance::a_save_in_parts_is_a_defect_if_its_process_is_killed");
    assert_failed(
        &suite,
        "holds the old or the new record if a process is killed while it saves",
    );
}

#[test]
fn the_name_of_another_test_is_reported() {
    let directory = Directory::new("the_name_of_another_test_is_reported");
    let suite = suite(Defect::None, &directory).between_processes("conformance::no_such_test");
    assert_failed(&suite, "excludes other processes by the lock");
}

/// A directory of one test, which its processes share. The other processes exit without a drop.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The suite of a store in files.
fn suite(defect: Defect, directory: &Directory) -> Suite<'_> {
    let path = |name: &str| directory.0.join(name);
    Suite::new(move |name| Files::new(path(name), defect))
        .unreadable(move |name| fs::write(path(name), "{").unwrap())
}

#[track_caller]
fn assert_failed(suite: &Suite<'_>, check: &str) {
    let checks = failed_checks(suite);
    assert!(checks.iter().any(|failed| failed == check), "{checks:?}");
}

/// Returns the names of the checks that fail.
fn failed_checks(suite: &Suite<'_>) -> Vec<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| suite.assert_conforms()));
    let Err(panic) = panic else {
        return Vec::new();
    };
    let message = *panic.downcast::<String>().unwrap();
    let lines = message.lines().filter_map(|line| line.strip_prefix("* "));
    let names = lines.filter_map(|line| line.split_once(':'));
    names.map(|(name, _)| name.to_owned()).collect()
}

struct Files {
    path: PathBuf,
    defect: Defect,
    read: Mutex<Option<StoredSession>>,
}

impl Files {
    fn new(path: PathBuf, defect: Defect) -> Self {
        Self {
            path,
            defect,
            read: Mutex::default(),
        }
    }

    fn file(&self, extension: &str) -> io::Result<File> {
        let path = self.path.with_extension(extension);
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
    }

    /// Replaces the record if it is the expected one.
    fn replace(&self, expected: Expected, write: impl FnOnce() -> io::Result<()>) -> Stored<()> {
        let writing = self.file("write").map_err(StoreError::new)?;
        writing.lock().map_err(StoreError::new)?;
        let matches = match expected {
            _ if self.defect == Defect::IgnoresExpectations => true,
            Expected::Anything => true,
            Expected::Nothing => !self.path.exists(),
            Expected::Generation(generation) => self
                .load()
                .is_ok_and(|record| record.is_some_and(|record| record.generation() == generation)),
        };
        match matches {
            true => write().map_err(StoreError::new),
            false => Err(StoreError::conflict()),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        if self.defect == Defect::WritesInParts {
            let mut file = File::create(&self.path)?;
            let (first, second) = text.split_at(text.len() / 2);
            file.write_all(first.as_bytes())?;
            thread::sleep(Duration::from_millis(5));
            return file.write_all(second.as_bytes());
        }
        let new = self.path.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(new, &self.path)
    }

    /// Acquires a lock that is a file: it exists as long as the lock is held.
    fn create(&self, deadline: Instant) -> Stored<Option<StoreLock>> {
        struct Existing(PathBuf);
        impl Drop for Existing {
            fn drop(&mut self) {
                fs::remove_file(&self.0).unwrap();
            }
        }
        let path = self.path.with_extension("exists");
        while File::create_new(&path).is_err() {
            if Instant::now() >= deadline {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Some(StoreLock::new(Existing(path))))
    }
}

type Stored<T> = Result<T, StoreError>;

impl BlockingStore for Files {
    fn load(&self) -> Stored<Option<StoredSession>> {
        let mut read = self.read.lock().unwrap();
        if self.defect == Defect::ReadsOnce && read.is_some() {
            return Ok(read.clone());
        }
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(StoreError::new)?,
        };
        let record = match serde_json::from_slice(&text) {
            Err(_) if self.defect == Defect::ReturnsNothingForUnreadable => return Ok(None),
            record => record.map_err(StoreError::new)?,
        };
        *read = Some(record);
        Ok(read.clone())
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Stored<()> {
        let text = match self.defect {
            Defect::LosesTheIntent => {
                serde_json::to_string(&StoredSession::new(record.session().clone()))
            }
            _ => serde_json::to_string(record),
        };
        self.replace(expected, || self.write(&text.unwrap()))
    }

    fn clear(&self, expected: Expected) -> Stored<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let expected = match self.defect {
            Defect::ClearsAnyGeneration => Expected::Anything,
            _ => expected,
        };
        self.replace(expected, || fs::remove_file(&self.path))
    }

    fn lock(&self, wait: Duration, _lease: Duration) -> Stored<Option<StoreLock>> {
        let deadline = match self.defect {
            Defect::LocksNothing => return Ok(Some(StoreLock::new(()))),
            Defect::KeepsTheLockAfterDeath => return self.create(Instant::now() + wait),
            Defect::TriesToLockOnce => Instant::now(),
            Defect::WaitsForever => Instant::now() + Duration::from_secs(60),
            _ => Instant::now() + wait,
        };
        let extension = match self.defect {
            Defect::LocksForOneProcess => &*std::process::id().to_string(),
            _ => "lock",
        };
        let file = self.file(extension).map_err(StoreError::new)?;
        loop {
            match file.try_lock() {
                Ok(()) if self.defect == Defect::HoldsTheLockForever => {
                    std::mem::forget(file);
                    return Ok(Some(StoreLock::new(())));
                }
                Ok(()) => return Ok(Some(StoreLock::new(file))),
                Err(TryLockError::Error(error)) => return Err(StoreError::new(error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(None),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn check(&self) -> Stored<()> {
        match self.defect {
            Defect::ChecksWithTheRecord => self.clear(Expected::Anything),
            _ => self.file("write").map(drop).map_err(StoreError::new),
        }
    }
}
