//! The exit codes, and the `kind` of an error in JSON.

use serde::Serializer;
pub(crate) use workos_login_native::ErrorKind;

const TITLE: &str = "Exit codes, and the `kind` of an error in JSON:";

macro_rules! rows {
    ($($kind:ident $code:literal $meaning:literal;)+) => { &[$((ErrorKind::$kind, $code, $meaning)),+] };
}

/// Each kind with its exit code and its meaning, as the help and the README list them.
const ROWS: &[(ErrorKind, u8, &str)] = rows! {
    Failure 1 "any other failure";
    InvalidGrant 1 "the code or the refresh token is invalid: log in again";
    Rejected 1 "the service rejected the request, with an unknown code or none";
    Malformed 1 "a response violates the protocol: check the URLs and proxies";
    Redirect 1 "a response is a redirect: check the URLs and proxies";
    CallbackMismatch 1 "the callback is not of the login's issuer: check the issuer";
    Usage 2 "the command line is invalid";
    Denied 3 "the user, the identity provider or the service denied the login";
    Expired 4 "the login was not completed in time";
    Unavailable 5 "the service cannot be reached or is temporarily unavailable";
    Configuration 6 "the client ID or another setting is missing or invalid";
    AuthenticationChallenge 7 "an authentication challenge is required: log in again";
    NotLoggedIn 8 "no user is logged in, or the session has ended: log in";
    NoStore 9 "there is no keyring to store a session in";
    Store 10 "the keyring is locked or failed; the stored session is not lost";
    // 128 and the number of SIGINT, as a shell reports it.
    Cancelled 130 "interrupted by Ctrl-C";
};

/// Returns the exit code of the process: 1 for a kind that the table does not have.
pub(crate) fn exit_code(kind: ErrorKind) -> u8 {
    let mut rows = ROWS.iter();
    rows.find(|(own, ..)| *own == kind).map_or(1, |row| row.1)
}

/// Returns the name in JSON.
fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Cancelled => "interrupted",
        kind => kind.as_str(),
    }
}

/// Serializes a kind by its name.
pub(crate) fn serialize<S: Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*kind))
}

/// Returns the exit codes for `--help`, in two columns.
pub(crate) fn list() -> String {
    let cell = |(kind, code, _): &(_, _, _)| format!("{code:>5}  {:<26}", name(*kind));
    let mut cells = vec![format!("{:>5}  {:<26}", 0, "success")];
    cells.extend(ROWS.iter().map(cell));
    let rows = cells.chunks(2).map(|row| row.concat());
    let rows = rows.map(|row| format!("\n{}", row.trim_end()));
    format!("{TITLE}{}", rows.collect::<String>())
}

/// Returns the table of exit codes with their meanings.
pub(crate) fn table() -> String {
    let row = |name, code, meaning| format!("\n{code:>5}  {name:<24}  {meaning}");
    let rows = ROWS
        .iter()
        .map(|(kind, code, meaning)| row(name(*kind), *code, meaning));
    format!(
        "{TITLE}{}{}",
        row("", 0, &"success"),
        rows.collect::<String>()
    )
}

#[cfg(test)]
#[path = "../tests/unit/error_kind.rs"]
mod tests;
