//! gnome-keyring on the session bus, which belongs to this check alone.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Checked, ensure};

/// The daemon, whose end is seen because it is a child of this process.
pub(crate) struct SecretService {
    daemon: Child,
}

impl SecretService {
    /// Starts the service and unlocks its keyring, as the login to a desktop would.
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
                "gnome-keyring does not start",
            )?;
            thread::sleep(POLL_INTERVAL);
        }
        Ok(service)
    }

    /// Unlocks the keyring: another daemon takes the place of this one, with its files.
    pub(crate) fn unlock(&mut self) -> Checked {
        *self = Self::start()?;
        Ok(())
    }

    /// Whether the daemon has crashed, and which signal it was. It is started again then, with its files.
    ///
    /// `timeout` is how long a crash may take that somebody has noticed already.
    pub(crate) fn restart_if_crashed(&mut self, timeout: Duration) -> Checked<Option<i32>> {
        let Some(ended) = self.end_within(timeout)? else {
            return Ok(None);
        };
        let signal = ended
            .signal()
            .ok_or_else(|| format!("gnome-keyring ended by itself: {ended}"))?;
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

    /// Whether it is this daemon that answers on the bus, and its keyring is unlocked.
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
        // It may have ended before: another one has taken its place.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Locks the keyring. There is nobody who could be asked to unlock it.
pub(crate) fn lock() -> Checked {
    let reply = call(
        "org.freedesktop.secrets",
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service.Lock",
        &[&format!("array:objpath:{COLLECTION}")],
    )?;
    ensure(reply.is_some(), "the keyring cannot be locked")
}

/// Calls a method on the session bus. Returns what it answers, in the words of `dbus-send`; `None` when it fails.
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

/// The keyring that the login to a desktop unlocks.
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";

/// How long the daemon may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The pause between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
