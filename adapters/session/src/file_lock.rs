//! A lock between processes and threads: an empty file that the operating system locks.
//!
//! The operating system releases the lock when its holder dies, so there is no lease to wait for.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The time between two attempts: it doubles from the first to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// The lock of a [`BlockingStore`](crate::BlockingStore) on this machine: an empty file that the operating system locks. Dropping it
/// releases the lock, as does the death of the process.
///
/// The file stays, because another process may have opened it. Do not remove it while a process can use the store.
#[derive(Debug)]
#[must_use = "dropping it releases the lock"]
pub struct FileLock {
    _locked: File,
}

impl FileLock {
    /// Acquires the lock; `None` after `wait`. It makes the file and its directory if they are missing, for this user only.
    ///
    /// # Errors
    ///
    /// The file cannot be created or locked.
    pub fn acquire(path: &Path, wait: Duration) -> io::Result<Option<Self>> {
        let file = open(path)?;
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match try_lock(&file) {
                Ok(()) => return Ok(Some(Self { _locked: file })),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

#[cfg(not(target_os = "android"))]
fn try_lock(file: &File) -> Result<(), TryLockError> {
    file.try_lock()
}

/// The standard library has no file locks on Android, but its kernel has.
#[cfg(target_os = "android")]
fn try_lock(file: &File) -> Result<(), TryLockError> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    flock(file, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
        Errno::WOULDBLOCK => TryLockError::WouldBlock,
        error => TryLockError::Error(error.into()),
    })
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
