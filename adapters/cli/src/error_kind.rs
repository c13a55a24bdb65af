//! The kinds of failure, for scripts.

use std::process::ExitCode;

use serde::Serialize;

/// Builds the enum, and the table of the help and of the README, from the same rows.
macro_rules! error_kinds {
    ($($kind:ident $code:literal $name:literal $meaning:literal;)+) => {
        /// The kind of a failure: the exit code, and the `kind` of an error in JSON.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub(crate) enum ErrorKind {
            $(#[serde(rename = $name)] $kind),+
        }

        impl ErrorKind {
            /// Returns the kind with this name in JSON, which is that of the library.
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$kind),)+
                    _ => None,
                }
            }

            /// Returns the exit code of the process.
            pub(crate) fn exit_code(self) -> u8 {
                match self {
                    $(Self::$kind => $code),+
                }
            }
        }

        /// Exit codes, names in JSON, and meanings.
        const ROWS: &[(u8, &str, &str)] = &[(0, "", "success"), $(($code, $name, $meaning)),+];
    };
}

error_kinds! {
    Failure 1 "failure" "any other failure";
    InvalidGrant 1 "invalid_grant" "the code or the refresh token is invalid: log in again";
    Rejected 1 "rejected" "the service rejected the request, with an unknown code or none";
    Malformed 1 "malformed" "a response violates the protocol: check the URLs and proxies";
    Redirect 1 "redirect" "a response is a redirect: check the URLs and proxies";
    CallbackMismatch 1 "callback_mismatch" "the callback is not of the login's issuer: check the issuer";
    Usage 2 "usage" "the command line is invalid";
    Denied 3 "denied" "the user, the identity provider or the service denied the login";
    Expired 4 "expired" "the login was not completed in time";
    Unavailable 5 "unavailable" "the service cannot be reached or is temporarily unavailable";
    Configuration 6 "configuration" "the client id or another setting is missing or invalid";
    AuthenticationChallenge 7 "authentication_challenge" "an authentication challenge is required: log in again";
    NotLoggedIn 8 "not_logged_in" "no user is logged in, or the session has ended: log in";
    NoStore 9 "no_store" "there is no keyring to store a session in";
    Store 10 "store" "the keyring is locked or failed; the stored session is not lost";
    // 128 and the number of SIGINT, as a shell reports it.
    Interrupted 130 "interrupted" "interrupted by Ctrl-C";
}

impl ErrorKind {
    /// Returns the exit codes for `--help`, in two columns.
    pub(crate) fn list() -> String {
        let cell = |(code, kind, _): &(u8, &str, &str)| {
            let kind = if *code == 0 { "success" } else { kind };
            format!("{:<33}", format!("  {code:>3}  {kind}"))
        };
        let row = |row: &[_]| format!("\n{}", row.iter().map(cell).collect::<String>().trim_end());
        let rows: String = ROWS.chunks(2).map(row).collect();
        format!("Exit codes, and the `kind` of an error in JSON:{rows}")
    }

    /// Returns the table of exit codes with their meanings.
    pub(crate) fn table() -> String {
        let row = |(code, kind, meaning): &(u8, &str, &str)| {
            format!("\n  {code:>3}  {kind:<24}  {meaning}")
        };
        let rows: String = ROWS.iter().map(row).collect();
        format!("Exit codes, and the `kind` of an error in JSON:{rows}")
    }
}

impl From<workos_login_native::ErrorKind> for ErrorKind {
    fn from(kind: workos_login_native::ErrorKind) -> Self {
        Self::named(kind.as_str()).unwrap_or(Self::Failure)
    }
}

impl From<ErrorKind> for ExitCode {
    fn from(kind: ErrorKind) -> Self {
        kind.exit_code().into()
    }
}

#[cfg(test)]
#[path = "../tests/unit/error_kind.rs"]
mod tests;
