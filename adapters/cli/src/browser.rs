//! The system's browser.
//!
//! Never one inside this program: only in the person's own browser are they perhaps signed in already, and only there can
//! they see whom they give their password to (RFC 8252 section 8.12).

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Opens `url` in the browser that `$BROWSER` names, or else in the desktop's.
///
/// The browser is detached from the terminal: it prints nothing there, and a Ctrl-C that is meant for this program does
/// not reach it.
///
/// # Errors
///
/// When there is no browser, no screen to show it on, or it ends at once with a failure.
pub(crate) fn open(url: &str) -> io::Result<()> {
    let named = env::var("BROWSER").unwrap_or_default();
    let commands = commands(&named, url);
    if commands.is_empty() {
        if !has_screen() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "there is no screen to show one on",
            ));
        }
        return open::that_detached_with_timeout(url, PATIENCE);
    }
    let mut failure = None;
    for words in commands {
        match start(&words) {
            Ok(()) => return Ok(()),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// The commands in `$BROWSER`, separated by colons, with the address where `%s` stands or at the end.
///
/// Browsers that show text in the terminal are left out: they would share it with the progress, and wait for keys.
fn commands(named: &str, url: &str) -> Vec<Vec<String>> {
    named
        .split(':')
        .filter_map(|command| {
            let mut words: Vec<String> =
                command.split_whitespace().map(ToOwned::to_owned).collect();
            let program = Path::new(words.first()?)
                .file_name()
                .and_then(OsStr::to_str)?;
            if TEXT_BROWSERS.contains(&program) {
                return None;
            }
            if words.iter().any(|word| word.contains("%s")) {
                words
                    .iter_mut()
                    .for_each(|word| *word = word.replace("%s", url));
            } else {
                words.push(url.to_owned());
            }
            Some(words)
        })
        .collect()
}

/// Starts a browser, and watches for a moment whether it fails.
fn start(words: &[String]) -> io::Result<()> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;

    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more when the browser lives on.
        let _ = ended.send(child.wait());
    });
    match end.recv_timeout(PATIENCE) {
        Ok(status) if !status.as_ref().is_ok_and(ExitStatus::success) => {
            Err(io::Error::other("the browser ended with a failure"))
        }
        // It ended well, having told a browser that runs already, or it is the browser and runs on.
        _ => Ok(()),
    }
}

/// Whether there is anything that could show a browser's window.
///
/// Only where windows belong to X11 or Wayland can this be seen from here. A Windows below this Linux has a screen.
fn has_screen() -> bool {
    let x11_or_wayland = cfg!(all(
        unix,
        not(any(target_os = "android", target_vendor = "apple"))
    ));
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !x11_or_wayland
        || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
            .into_iter()
            .any(is_set)
}

const TEXT_BROWSERS: &[&str] = &[
    "browsh",
    "carbonyl",
    "elinks",
    "eww",
    "links",
    "links2",
    "lynx",
    "netrik",
    "retawq",
    "w3m",
    "www-browser",
];

/// How long a browser may take to fail. One that runs longer has opened.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(named: &str, expected: &[&[&str]]) {
        assert_eq!(commands(named, "http://a/?x=%s"), expected);
    }

    #[test]
    fn the_address_goes_where_the_variable_says() {
        check("firefox", &[&["firefox", "http://a/?x=%s"]]);
        check(
            "chromium --app=%s -x",
            &[&["chromium", "--app=http://a/?x=%s", "-x"]],
        );
        check(
            "a : b",
            &[&["a", "http://a/?x=%s"], &["b", "http://a/?x=%s"]],
        );
        check("", &[]);
        check(" :: ", &[]);
    }

    #[test]
    fn browsers_in_the_terminal_are_left_out() {
        check("w3m:/usr/bin/lynx -x", &[]);
        check("/usr/bin/links2:firefox", &[&["firefox", "http://a/?x=%s"]]);
    }
}
