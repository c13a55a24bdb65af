//! How the program ends, for scripts.

use std::process::ExitCode;

/// How a command ended: the exit code, and the `kind` of an error in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Success = 0,
    Failure = 1,
    Usage = 2,
    Denied = 3,
    Expired = 4,
    Unavailable = 5,
    Configuration = 6,
    AuthenticationChallenge = 7,
    SessionEnded = 8,
    NoStore = 9,
    Store = 10,
    /// 128 and the number of SIGINT, which is what a shell reports, too.
    Interrupted = 130,
}

impl Exit {
    const ALL: [Self; 12] = [
        Self::Success,
        Self::Failure,
        Self::Usage,
        Self::Denied,
        Self::Expired,
        Self::Unavailable,
        Self::Configuration,
        Self::AuthenticationChallenge,
        Self::SessionEnded,
        Self::NoStore,
        Self::Store,
        Self::Interrupted,
    ];

    /// Returns the number that the process ends with.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// Returns the name in JSON.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Usage => "usage",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Unavailable => "unavailable",
            Self::Configuration => "configuration",
            Self::AuthenticationChallenge => "step_up",
            Self::SessionEnded => "signed_out",
            Self::NoStore => "no_store",
            Self::Store => "store",
            Self::Interrupted => "interrupted",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Success => "done",
            Self::Failure => "any other failure",
            Self::Usage => "the command line is wrong",
            Self::Denied => "the user, or their identity provider, said no",
            Self::Expired => "nobody finished the login in time",
            Self::Unavailable => "the service cannot be reached, or cannot answer now",
            Self::Configuration => "the client id or another setting is missing or wrong",
            Self::AuthenticationChallenge => {
                "the service asks for one more step: log in again as the message says"
            }
            Self::SessionEnded => "nobody is signed in, or the session has ended: log in",
            Self::NoStore => "there is no keyring to keep a session in",
            Self::Store => "the keyring is locked or failed; what was in it is not lost",
            Self::Interrupted => "ended by Ctrl-C",
        }
    }

    /// Returns the table of all exit codes, for the help.
    pub(crate) fn table() -> String {
        let line = |exit: &Self| {
            format!(
                "\n  {:>3}  {:<13}  {}",
                exit.code(),
                exit.kind(),
                exit.meaning()
            )
        };
        let lines: String = Self::ALL.iter().map(line).collect();
        format!("Exit codes, and the `kind` of an error in JSON:{lines}")
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_exit_code() {
        let readme = include_str!("../README.md");
        for exit in Exit::ALL {
            let row = format!(
                "| {} | `{}` | {} |",
                exit.code(),
                exit.kind(),
                exit.meaning()
            );
            assert!(readme.contains(&row), "{row}");
        }
    }
}
