//! `workos-login token`: the access token, for scripts.

use std::time::SystemTime;

use serde::{Serialize, Serializer};
use workos_login::Authenticated;
use workos_login::secrecy::{ExposeSecret, SecretString};

use crate::failure::Failure;
use crate::output::Output;
use crate::output::report::Report;
use crate::session::source::AnySessionArgs;

/// Print a valid access token, refreshing it when it is due
///
/// The token and nothing else is on the standard output. It is a secret: whoever has it acts as the user until it expires.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: AnySessionArgs,
}

/// The one result that has a secret in it.
#[derive(Serialize)]
pub(crate) struct AccessToken {
    #[serde(serialize_with = "expose")]
    access_token: SecretString,
    /// Whole seconds; `null` when that is unknown.
    expires_in: Option<u64>,
}

/// Gets a token.
pub(crate) fn run(args: &Args, output: &Output) -> Result<AccessToken, Failure> {
    let session = args.session.get(output, |kept| kept.refreshed(output))?;
    Ok(AccessToken::of(&session, SystemTime::now()))
}

impl AccessToken {
    fn of(session: &Authenticated, now: SystemTime) -> Self {
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
    use crate::session::fixture::Stage;

    /// What a program prints that was just started.
    fn token(stage: &Stage) -> AccessToken {
        let session = stage.session().refreshed(&stage.output).unwrap();
        AccessToken::of(&session, SystemTime::now())
    }

    #[test]
    fn the_token_is_all_that_is_printed() {
        let stage = Stage::with("alice@example.com");
        let token = token(&stage);
        let secret = token.access_token.expose_secret().to_owned();
        assert!(secret.starts_with("eyJ"));
        assert!((290..=300).contains(&token.expires_in.unwrap()));
        assert_eq!(token.lines(), [secret.as_str()]);
        let json = serde_json::to_value(&token).unwrap();
        assert_eq!(json["access_token"], secret);
        assert_eq!(json.as_object().unwrap().len(), 2);
        assert_eq!(stage.server.request_count(), 0);
    }

    #[test]
    fn a_token_that_is_spent_is_refreshed_once() {
        let stage = Stage::with("alice@example.com");
        stage.spend();
        let first = token(&stage);
        let second = token(&stage);
        assert_eq!(first.lines(), second.lines());
        assert!(first.expires_in.unwrap() >= 290);
        assert_eq!(stage.server.request_count(), 1);
    }
}
