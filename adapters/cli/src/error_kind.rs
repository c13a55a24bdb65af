//! The kinds of failure, for scripts.

use std::process::ExitCode;

/// What kind of failure ended a command: the exit code, and the `kind` of an error in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    Failure,
    Usage,
    Denied,
    Expired,
    Unavailable,
    Configuration,
    AuthenticationChallenge,
    NotLoggedIn,
    NoStore,
    Store,
    Interrupted,
}

impl ErrorKind {
    const ALL: [Self; 11] = [
        Self::Failure,
        Self::Usage,
        Self::Denied,
        Self::Expired,
        Self::Unavailable,
        Self::Configuration,
        Self::AuthenticationChallenge,
        Self::NotLoggedIn,
        Self::NoStore,
        Self::Store,
        Self::Interrupted,
    ];

    /// Returns the exit code of the process.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Expired => 4,
            Self::Unavailable => 5,
            Self::Configuration => 6,
            Self::AuthenticationChallenge => 7,
            Self::NotLoggedIn => 8,
            Self::NoStore => 9,
            Self::Store => 10,
            // 128 and the number of SIGINT, as a shell reports it.
            Self::Interrupted => 130,
        }
    }

    /// Returns the name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Usage => "usage",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Unavailable => "unavailable",
            Self::Configuration => "configuration",
            Self::AuthenticationChallenge => "authentication_challenge",
            Self::NotLoggedIn => "not_logged_in",
            Self::NoStore => "no_store",
            Self::Store => "store",
            Self::Interrupted => "interrupted",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Failure => "any other failure",
            Self::Usage => "the command line is invalid",
            Self::Denied => "the user or the identity provider denied the login",
            Self::Expired => "the login was not completed in time",
            Self::Unavailable => "the service cannot be reached or is temporarily unavailable",
            Self::Configuration => "the client id or another setting is missing or invalid",
            Self::AuthenticationChallenge => {
                "the service requires an authentication challenge: log in again as the message says"
            }
            Self::NotLoggedIn => "no user is logged in, or the session has ended: log in",
            Self::NoStore => "there is no keyring to store a session in",
            Self::Store => "the keyring is locked or failed; the stored session is not lost",
            Self::Interrupted => "interrupted by Ctrl-C",
        }
    }

    /// Returns the table of exit codes for `--help`.
    pub(crate) fn table() -> String {
        let row = |(code, kind, meaning)| format!("\n  {code:>3}  {kind:<24}  {meaning}");
        let rows: String = Self::rows().map(row).collect();
        format!("Exit codes, and the `kind` of an error in JSON:{rows}")
    }

    fn rows() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
        let success = (0, "", "success");
        let kinds = Self::ALL.map(|kind| (kind.exit_code(), kind.name(), kind.meaning()));
        std::iter::once(success).chain(kinds)
    }
}

impl From<ErrorKind> for ExitCode {
    fn from(kind: ErrorKind) -> Self {
        kind.exit_code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_exit_code() {
        let readme = include_str!("../README.md");
        for (code, kind, meaning) in ErrorKind::rows() {
            let kind = match kind {
                "" => String::new(),
                kind => format!("`{kind}` "),
            };
            let row = format!("\n| {code} | {kind}| {meaning} |\n");
            assert!(readme.contains(&row), "{row}");
        }
    }
}
