//! Opens the system browser.
//!
//! The program embeds no browser: the user's own browser may hold a session at the identity provider, and it shows to which
//! site a password goes (RFC 8252 section 8.12). `$BROWSER` takes precedence over the browser of the desktop. A command counts as
//! opened if it has not failed within [`STARTUP_TIMEOUT`].

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The time in which a browser can fail. One that still runs after it counts as opened.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(1);

/// Browsers that draw in the terminal.
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

/// Opens `url` in the browser named by `$BROWSER`, or else in that of the desktop.
///
/// The browser is detached from the terminal: it prints nothing there, and Ctrl-C does not reach it.
///
/// # Errors
///
/// If there is no browser or no display, or if the browser exits at once with a failure.
pub fn open(url: &str) -> io::Result<()> {
    let variable = env::var("BROWSER").unwrap_or_default();
    let commands = commands(&variable, url);
    if commands.is_empty() {
        if !has_display() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no display"));
        }
        return open::that_detached_with_timeout(url, STARTUP_TIMEOUT);
    }
    let mut failure = None;
    for command in commands {
        match start(&command) {
            Ok(()) => return Ok(()),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// Parses `$BROWSER`: commands separated by colons, with the URL in place of `%s` or as the last argument.
///
/// Text browsers are left out, because they would share the terminal with this program.
fn commands(variable: &str, url: &str) -> Vec<Vec<String>> {
    variable
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

/// Starts a browser, and waits briefly for it to fail.
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

    let (sender, exit) = mpsc::channel();
    thread::spawn(move || {
        // The receiver is gone if the browser ran for longer than the timeout.
        let _ = sender.send(child.wait());
    });
    match exit.recv_timeout(STARTUP_TIMEOUT) {
        Ok(status) if !status.as_ref().is_ok_and(ExitStatus::success) => {
            Err(io::Error::other("the browser exited with a failure"))
        }
        // It exited successfully after passing the URL to a running browser, or it is still running.
        _ => Ok(()),
    }
}

/// Returns whether a browser window could be displayed.
///
/// This can be detected only for X11 and Wayland. WSL uses the display of Windows.
fn has_display() -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_browser_variable() {
        let url = "http://a/?x=%s";
        let cases: [(&str, &[&[&str]]); 7] = [
            ("firefox", &[&["firefox", url]]),
            (
                "chromium --app=%s -x",
                &[&["chromium", "--app=http://a/?x=%s", "-x"]],
            ),
            ("a : b", &[&["a", url], &["b", url]]),
            ("", &[]),
            (" :: ", &[]),
            // Text browsers.
            ("w3m:/usr/bin/lynx -x", &[]),
            ("/usr/bin/links2:firefox", &[&["firefox", url]]),
        ];
        for (variable, expected) in cases {
            assert_eq!(commands(variable, url), expected, "{variable}");
        }
    }
}
