//! A lock between processes: an empty file that the operating system locks.
//!
//! The system gives the lock back when its holder dies, however it dies.

use std::env;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// The lock, held. Dropping it gives the lock back.
#[derive(Debug)]
#[must_use = "the lock is given back when this is dropped"]
pub struct KeyringGuard {
    _file: File,
}

/// The first pause between two tries. Each is twice as long as the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Takes the lock; `None` when that was not possible within `patience`.
pub(crate) fn lock(path: &Path, patience: Duration) -> Result<Option<KeyringGuard>, Error> {
    let failed = |source| Error::LockFile {
        path: path.to_owned(),
        source,
    };
    let file = open(path).map_err(failed)?;
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(KeyringGuard { _file: file })),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) => {}
        }
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The folder for the user's locks. It does not depend on how a process was started more than it must: two
/// processes with different folders would not see each other's locks.
pub(crate) fn default_folder() -> Option<PathBuf> {
    let state = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(any(target_os = "macos", target_os = "ios")) {
        env::home_dir().map(|home| home.join("Library/Application Support"))
    } else {
        absolute("XDG_STATE_HOME").or_else(|| env::home_dir().map(|home| home.join(".local/state")))
    };
    state
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("workos-login"))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
