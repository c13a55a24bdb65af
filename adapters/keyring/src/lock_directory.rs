//! The directory of the lock files.

use std::env;
use std::path::PathBuf;

/// Returns the directory of the user's lock files. Processes with different directories do not share locks, so it depends on as few
/// environment variables as possible.
pub(crate) fn default() -> Option<PathBuf> {
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
