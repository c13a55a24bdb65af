//! The command line.
//!
//! It has few options and no values that need quoting rules, so it is parsed by hand. An error names
//! the option, the problem and the remedy in one line.

use std::fmt::Display;
use std::time::Duration;

use workos_login_mock_server::{Config, Injection, LoginPage};

#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Serve(Box<Arguments>),
}

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) config: Config,
    pub(crate) injections: Vec<Injection>,
    pub(crate) end_with_stdin: bool,
    pub(crate) log: bool,
}

impl Arguments {
    /// Returns the e-mail addresses of the users.
    pub(crate) fn users(&self) -> String {
        let users = self.config.users.iter().map(|user| &*user.email);
        users.collect::<Vec<_>>().join(", ")
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        let config = &mut self.config;
        match option {
            "--access-token-lifetime" => config.access_token_lifetime = duration(value)?,
            "--allow-origin" => config.allowed_origins.push(value.to_owned()),
            "--auto" => {
                if !config.users.iter().any(|user| user.email == value) {
                    let users = self.users();
                    return Err(format!("unknown user {value:?}; use one of {users}"));
                }
                config.login_page = LoginPage::ApproveAs(value.to_owned());
            }
            "--client-id" => config.client_ids = vec![value.to_owned()],
            "--code-lifetime" => config.code_lifetime = duration(value)?,
            "--device-code-lifetime" => config.device_code_lifetime = duration(value)?,
            "--fault" => self.injections.push(value.parse().map_err(to_string)?),
            "--port" => config.address.set_port(
                value
                    .parse()
                    .map_err(|_| format!("invalid port {value:?}; use a number from 0 to 65535"))?,
            ),
            "--replay-window" => config.replay_window = duration(value)?,
            "--site" => config.site = Some(value.into()),
            "--session-lifetime" => config.session_lifetime = duration(value)?,
            _ => return Err("unknown option".to_owned()),
        }
        Ok(())
    }
}

/// Parses the command line without the name of the program.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = Arguments::default();
    while let Some(option) = words.next() {
        match &*option {
            "--help" | "-h" => return Ok(Command::Help),
            "--deny" => arguments.config.login_page = LoginPage::Deny,
            "--end-with-stdin" => arguments.end_with_stdin = true,
            "--log" => arguments.log = true,
            "--refresh-cookie" => arguments.config.refresh_cookie = true,
            option if OPTIONS_WITH_VALUE.contains(&option) => {
                let value = words.next().ok_or("the value is missing; see --help");
                value
                    .map_err(to_string)
                    .and_then(|value| arguments.set(option, &value))
                    .map_err(|error| format!("{option}: {error}"))?;
            }
            unknown => return Err(format!("unknown option {unknown:?}; see --help")),
        }
    }
    Ok(Command::Serve(Box::new(arguments)))
}

/// Parses `250ms`, `90s`, `5m`, `12h` and `30d`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let parse = || {
        let number: u64 = digits.parse().ok()?;
        let seconds = match &text[digits.len()..] {
            "ms" => return Some(Duration::from_millis(number)),
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        number.checked_mul(seconds).map(Duration::from_secs)
    };
    parse().ok_or_else(|| {
        format!(
            "invalid duration {text:?}; use a number and a unit, such as 250ms, 90s, 5m, 12h or 30d"
        )
    })
}

fn to_string(error: impl Display) -> String {
    error.to_string()
}

const OPTIONS_WITH_VALUE: [&str; 11] = [
    "--access-token-lifetime",
    "--allow-origin",
    "--auto",
    "--client-id",
    "--code-lifetime",
    "--device-code-lifetime",
    "--fault",
    "--port",
    "--replay-window",
    "--session-lifetime",
    "--site",
];

pub(crate) const HELP: &str = "A mock WorkOS for tests and demonstrations. Not production software.

Usage: workos-login-mock-server [OPTIONS]

Prints its base URL as the first line of standard output and serves until it is killed.

  --port PORT         listen on this port of the loopback interface [default: a free port]
  --client-id ID      the client ID
  --auto EMAIL        approve every login at once, as this user
  --deny              deny every login at once
  --allow-origin ORIGIN
                      pages of this origin may use the token endpoint; can be repeated
  --refresh-cookie    the refresh token of these pages is in a cookie
  --site DIRECTORY    serve the page of an application, such as the example of workos-login-browser
  --log               print method, path and grant type of each request
  --fault FAULT       inject a fault; can be repeated
                      [ENDPOINT:]NAME[=VALUE][*TIMES|*always], such as hang, delay=2s*always,
                      refresh:response-lost*3 or status=429;retry-after=1
  --end-with-stdin    end when standard input ends, for a parent process that holds a pipe

Lifetimes, such as 250ms, 90s, 5m, 12h or 30d:

  --access-token-lifetime DURATION   [default: 5m]
  --code-lifetime DURATION           authorization code [default: 10m]
  --device-code-lifetime DURATION    [default: 5m]
  --replay-window DURATION           an identical refresh gets the same response [default: 0s]
  --session-lifetime DURATION        session and its refresh tokens [default: 30d]";

#[cfg(test)]
mod tests {
    use super::*;

    fn config(arguments: &[&str]) -> Result<Config, String> {
        match parse(arguments.iter().map(|&word| word.to_owned()))? {
            Command::Serve(arguments) => Ok(arguments.config),
            Command::Help => panic!("help"),
        }
    }

    #[test]
    fn each_lifetime_has_an_option() {
        type Field = fn(Config) -> Duration;
        let fields: [(&str, Field); 5] = [
            ("--access-token-lifetime", |config| {
                config.access_token_lifetime
            }),
            ("--code-lifetime", |config| config.code_lifetime),
            ("--device-code-lifetime", |config| {
                config.device_code_lifetime
            }),
            ("--replay-window", |config| config.replay_window),
            ("--session-lifetime", |config| config.session_lifetime),
        ];
        for (option, field) in fields {
            let config = config(&[option, "17s"]).unwrap();
            assert_eq!(field(config), Duration::from_secs(17), "{option}");
        }
    }

    #[test]
    fn a_duration_has_a_unit() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("5m", 300),
            ("12h", 43_200),
            ("30d", 2_592_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for text in [
            "",
            "5",
            "s",
            "-5s",
            "1.5s",
            "5 s",
            "5y",
            "18446744073709551615d",
        ] {
            let error = duration(text).unwrap_err();
            assert!(error.contains("such as 250ms"), "{error}");
        }
    }

    #[test]
    fn every_option_with_a_value_is_known() {
        for option in OPTIONS_WITH_VALUE {
            let error = config(&[option]).unwrap_err();
            assert_eq!(error, format!("{option}: the value is missing; see --help"));
            let set = Arguments::default().set(option, "?");
            assert_ne!(set, Err("unknown option".to_owned()), "{option}");
        }
    }
}
