//! gnome-keyring on the session bus, which belongs to this check alone.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::{Checked, ensure};

/// Starts the service and unlocks its keyring, as the login to a desktop would.
pub(crate) fn unlock() -> Checked {
    let mut daemon = Command::new("gnome-keyring-daemon")
        .args(["--replace", "--unlock", "--components=secrets"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = daemon.stdin.take() {
        input.write_all(b"a password")?;
    }
    // The process that was started ends as soon as the daemon runs.
    ensure(daemon.wait()?.success(), "gnome-keyring does not start")
}

/// Locks the keyring. There is nobody who could be asked to unlock it.
pub(crate) fn lock() -> Checked {
    let locked = Command::new("dbus-send")
        .args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
        ])
        .args([
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
        ])
        .arg("array:objpath:/org/freedesktop/secrets/collection/login")
        .stdout(Stdio::null())
        .status()?;
    ensure(locked.success(), "the keyring cannot be locked")
}
