//! gnome-keyring on the session bus of this check.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Checked, ensure};

/// The daemon, a child of this process, so that its exit is noticed.
pub(crate) struct SecretService {
    daemon: Child,
}

impl SecretService {
    /// Starts the daemon and unlocks its keyring, as a desktop does at login.
    pub(crate) fn start() -> Checked<Self> {
        let mut daemon = Command::new("gnome-keyring-daemon")
            .args(["--replace", "--foreground", "--unlock"])
            .arg("--components=secrets")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut input) = daemon.stdin.take() {
            input.write_all(b"a password")?;
        }
        let service = Self { daemon };
        let begun = Instant::now();
        while !service.is_ready()? {
            ensure(
                begun.elapsed() < START_TIMEOUT,
                "gnome-keyring did not start",
            )?;
            thread::sleep(POLL_INTERVAL);
        }
        Ok(service)
    }

    /// Unlocks the keyring by replacing the daemon with another one that has the same files.
    pub(crate) fn unlock(&mut self) -> Checked {
        *self = Self::start()?;
        Ok(())
    }

    /// Restarts the daemon with the same files if it has crashed, and returns the signal.
    ///
    /// `timeout` is the wait for the exit of a daemon that has stopped responding.
    pub(crate) fn restart_if_crashed(&mut self, timeout: Duration) -> Checked<Option<i32>> {
        let Some(ended) = self.end_within(timeout)? else {
            return Ok(None);
        };
        let signal = ended
            .signal()
            .ok_or_else(|| format!("gnome-keyring exited without a crash: {ended}"))?;
        self.unlock()?;
        Ok(Some(signal))
    }

    fn end_within(&mut self, timeout: Duration) -> Checked<Option<ExitStatus>> {
        let begun = Instant::now();
        loop {
            let ended = self.daemon.try_wait()?;
            if ended.is_some() || begun.elapsed() >= timeout {
                return Ok(ended);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Returns whether this daemon owns the name on the bus and its keyring is unlocked.
    fn is_ready(&self) -> Checked<bool> {
        let owner = call(
            "org.freedesktop.DBus",
            "/",
            "org.freedesktop.DBus.GetConnectionUnixProcessID",
            &["string:org.freedesktop.secrets"],
        )?;
        if !owner.is_some_and(|owner| owner.ends_with(&format!(" {}", self.daemon.id()))) {
            return Ok(false);
        }
        let locked = call(
            "org.freedesktop.secrets",
            COLLECTION,
            "org.freedesktop.DBus.Properties.Get",
            &["string:org.freedesktop.Secret.Collection", "string:Locked"],
        )?;
        Ok(locked.is_some_and(|locked| locked.ends_with("boolean false")))
    }
}

impl Drop for SecretService {
    fn drop(&mut self) {
        // The daemon may have exited, because another one replaced it.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Locks the keyring. Without a display, no prompt can unlock it.
pub(crate) fn lock() -> Checked {
    let reply = call(
        "org.freedesktop.secrets",
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service.Lock",
        &[&format!("array:objpath:{COLLECTION}")],
    )?;
    ensure(reply.is_some(), "locking the keyring failed")
}

/// Calls a method on the session bus and returns the output of `dbus-send`, or `None` if the call fails.
fn call(service: &str, object: &str, method: &str, arguments: &[&str]) -> Checked<Option<String>> {
    let reply = Command::new("dbus-send")
        .args(["--session", "--print-reply"])
        .arg(format!("--dest={service}"))
        .args([object, method])
        .args(arguments)
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8(reply.stdout)?;
    Ok(reply.status.success().then(|| text.trim_end().to_owned()))
}

/// The keyring that a desktop unlocks at login.
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";

/// The timeout for the start of the daemon.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The time between two checks of the daemon.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
