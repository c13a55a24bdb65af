//! The keyring is locked between two commands.

use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::scenario::{Scenario, is_locked};
use crate::secret_service::{self, SecretService};
use crate::{Checked, ensure};

/// Checks that no request is sent, the session stays stored, and the message has the remedy.
pub(crate) fn check(program: &Path, service: &mut SecretService) -> Checked {
    let lifetime = Duration::from_secs(1);
    let scenario = Scenario::logged_in(program, "locked", Duration::ZERO, lifetime)?;
    thread::sleep(lifetime);
    scenario.set_lifetime(Duration::from_secs(300));

    secret_service::lock()?;
    let mut message = String::new();
    for arguments in [&["token"][..], &["status"], &["login", "--no-browser"]] {
        let ended = scenario.command(arguments).output()?;
        message = String::from_utf8_lossy(&ended.stderr).into_owned();
        ensure(
            is_locked(&ended),
            format!("{arguments:?} ended with {}: {message}", ended.status),
        )?;
    }
    ensure(
        scenario.server.request_count() == 0,
        "a request was sent although the keyring was locked",
    )?;

    service.unlock()?;
    let started = SystemTime::now();
    scenario.check_token(&scenario.token().output()?, started)?;
    let sent = scenario.refreshes().len();
    ensure(
        sent == 1,
        format!("{sent} refreshes after unlocking, expected 1"),
    )?;
    println!("locked: no request sent, session kept; message of a login:");
    message.lines().for_each(|line| println!("  {line}"));
    Ok(())
}
