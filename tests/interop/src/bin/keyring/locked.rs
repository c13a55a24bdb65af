//! The keyring is locked for a while.

use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::scenario::{Scenario, is_locked};
use crate::secret_service::{self, SecretService};
use crate::{Checked, ensure};

/// Nothing is sent, nothing is lost, and the message says what to do.
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
        "something was sent although the keyring was locked",
    )?;

    service.unlock()?;
    let started = SystemTime::now();
    scenario.check_token(&scenario.token().output()?, started)?;
    let sent = scenario.refreshes().len();
    ensure(sent == 1, format!("{sent} refreshes after it, not one"))?;
    println!("locked: nothing sent, nothing lost; a login says:");
    message.lines().for_each(|line| println!("  {line}"));
    Ok(())
}
