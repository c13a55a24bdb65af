//! `workos-login token`: prints the access token.
//!
//! It is meant for command substitution, so standard output has the token and nothing else. Warnings are on standard error.

use std::time::SystemTime;

use serde::{Serialize, Serializer};
use workos_login::Authenticated;
use workos_login::secrecy::{ExposeSecret, SecretString};

use crate::failure::Failure;
use crate::output::Output;
use crate::output::report::Report;
use crate::session::source::SessionSourceArgs;

/// Print a valid access token; refresh it first if it is due for refresh
///
/// Standard output contains only the token. The token is a secret: until it expires, its bearer can act as the user.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionSourceArgs,

    /// Refresh the token even if it is not due for refresh
    #[arg(long, conflicts_with = "no_store")]
    refresh: bool,
}

/// The access token: the only result with a secret.
#[derive(Serialize)]
pub(crate) struct AccessToken {
    #[serde(serialize_with = "expose")]
    access_token: SecretString,
    /// Whole seconds; `None` if the expiry is unknown.
    expires_in: Option<u64>,
}

/// Returns a valid access token.
pub(crate) fn run(args: &Args, output: &Output) -> Result<AccessToken, Failure> {
    let session = args.session.session(output, |stored| match args.refresh {
        true => stored.connect()?.refresh(output),
        false => stored.fresh(output),
    })?;
    Ok(AccessToken::new(&session, SystemTime::now()))
}

impl AccessToken {
    fn new(session: &Authenticated, now: SystemTime) -> Self {
        Self {
            access_token: session.access_token().clone(),
            expires_in: session.expires_in(now).map(|left| left.as_secs()),
        }
    }
}

fn expose<S: Serializer>(token: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose_secret())
}

impl Report for AccessToken {
    fn lines(&self) -> Vec<String> {
        vec![self.access_token.expose_secret().to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture::Fixture;

    /// The result of the command in a new process.
    fn token(fixture: &Fixture) -> AccessToken {
        let session = fixture.session().fresh(&fixture.output).unwrap();
        AccessToken::new(&session, fixture.now())
    }

    #[test]
    fn prints_only_the_token() {
        let fixture = Fixture::logged_in("alice@example.com");
        let token = token(&fixture);
        let secret = token.access_token.expose_secret().to_owned();
        assert!(secret.starts_with("eyJ"));
        assert!((290..=300).contains(&token.expires_in.unwrap()));
        assert_eq!(token.lines(), [secret.as_str()]);
        let json = serde_json::to_value(&token).unwrap();
        assert_eq!(json["access_token"], secret);
        assert_eq!(json.as_object().unwrap().len(), 2);
        assert_eq!(fixture.server.request_count(), 0);
    }

    #[test]
    fn refreshes_an_expired_token_once() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let first = token(&fixture);
        let second = token(&fixture);
        assert_eq!(first.lines(), second.lines());
        assert!(first.expires_in.unwrap() >= 290);
        assert_eq!(fixture.server.request_count(), 1);
    }

    #[test]
    fn a_forced_refresh_does_not_wait_until_the_token_is_due() {
        let fixture = Fixture::logged_in("alice@example.com");
        let first = token(&fixture);
        fixture.session().refresh(&fixture.output).unwrap();
        assert_eq!(fixture.server.request_count(), 1);
        assert_ne!(token(&fixture).lines(), first.lines());
    }
}
