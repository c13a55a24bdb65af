//! A lock between processes: an empty file that the operating system locks.
//!
//! The operating system releases the lock when its holder dies, so there is no lease to wait for.

use std::env;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// The time between two attempts: it doubles from the first to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// Acquires the lock; `None` after `wait`. Dropping the file releases it.
pub(crate) fn lock(path: &Path, wait: Duration) -> Result<Option<File>, Error> {
    let failed = |source| Error::LockFile {
        path: path.to_owned(),
        source,
    };
    let file = open(path).map_err(failed)?;
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
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

/// Returns the directory of the user's lock files. Processes with different directories do not share locks, so it depends on as few
/// environment variables as possible.
pub(crate) fn default_directory() -> Option<PathBuf> {
    let state = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(any(target_os = "macos", target_os = "ios")) {
        env::home_dir().map(|home| home.join("Library/Application Support"))
    } else {
        absolute("XDG_STATE_HOME").or_else(|| env::home_dir().map(|home| home.join(".local/state")))
    };
    state
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("workos-login"))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
