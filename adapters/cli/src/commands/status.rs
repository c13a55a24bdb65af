//! `workos-login status`: how the session is.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde::Serialize;
use workos_login::RefreshPolicy;
use workos_login_keyring::Place;
use workos_login_session::Store;

use crate::failure::Failure;
use crate::identity::Who;
use crate::output::report::{Report, table};
use crate::session::account;
use crate::session::{Session, SessionArgs};

/// Print how long the access token is good, when it is refreshed, and where the session is kept
///
/// Nothing is sent.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionArgs,
}

/// How the session is.
#[derive(Serialize)]
pub(crate) struct Status {
    account: String,
    #[serde(serialize_with = "account::code")]
    kept_in: Place,
    #[serde(flatten)]
    who: Who,
    /// Whole seconds; `null` when that is unknown.
    expires_in: Option<u64>,
    /// Whole seconds; zero for the next use, `null` when that is unknown.
    refresh_in: Option<u64>,
}

/// Reads how the session is.
pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    read(&args.session.open()?, SystemTime::now())
}

fn read<S: Store>(session: &Session<S>, now: SystemTime) -> Result<Status, Failure> {
    let kept = session.get()?;
    let whole = |left: Duration| left.as_secs();
    Ok(Status {
        account: session.name().as_str().to_owned(),
        kept_in: session.place(),
        who: Who::from(&kept),
        expires_in: kept.expires_in(now).map(whole),
        refresh_in: kept.refresh_in(&RefreshPolicy::default(), now).map(whole),
    })
}

impl Status {
    fn life(&self) -> String {
        let time = |seconds| format_duration(Duration::from_secs(seconds));
        match (self.expires_in, self.refresh_in) {
            (Some(0), _) => "expired, refreshed when it is next used".to_owned(),
            (Some(left), Some(0)) => {
                format!("good for {}, refreshed when it is next used", time(left))
            }
            (Some(left), Some(due)) => {
                format!("good for {}, refreshed after {}", time(left), time(due))
            }
            _ => "good until the service refuses it".to_owned(),
        }
    }
}

impl Report for Status {
    fn lines(&self) -> Vec<String> {
        let (life, kept_in) = (self.life(), self.kept_in.to_string());
        let rows = [
            ("account", Some(&*self.account)),
            ("kept in", Some(&*kept_in)),
            ("access token", Some(&*life)),
        ];
        table(
            format!("{} is signed in", self.who.best_name()),
            self.who.rows().into_iter().chain(rows),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture::Stage;

    fn life(expires_in: Option<u64>, refresh_in: Option<u64>) -> String {
        let stage = Stage::with("alice@example.com");
        let status = read(&stage.session(), SystemTime::now()).unwrap();
        let status = Status {
            expires_in,
            refresh_in,
            ..status
        };
        status.life()
    }

    #[test]
    fn it_tells_when_and_where_without_a_request() {
        let stage = Stage::with("alice@example.com");
        let later = SystemTime::now() + Duration::from_secs(100);
        let status = read(&stage.session(), later).unwrap();
        assert!((195..=200).contains(&status.expires_in.unwrap()));
        assert!((45..=50).contains(&status.refresh_in.unwrap()));
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!(json["account"], "work");
        assert_eq!(json["kept_in"], "other");
        assert_eq!(json["user"]["email"], "alice@example.com");
        assert!(!json.to_string().contains("eyJ"), "{json}");
        assert!(
            status
                .lines()
                .concat()
                .contains("a store of the program's own")
        );

        stage.spend();
        let status = read(&stage.session(), later).unwrap();
        assert_eq!((status.expires_in, status.refresh_in), (Some(0), Some(0)));
        assert_eq!(stage.server.request_count(), 0);
    }

    #[test]
    fn the_life_of_a_token_is_told_in_words() {
        assert_eq!(
            life(Some(200), Some(50)),
            "good for 3m 20s, refreshed after 50s"
        );
        assert_eq!(
            life(Some(100), Some(0)),
            "good for 1m 40s, refreshed when it is next used"
        );
        assert_eq!(
            life(Some(0), Some(0)),
            "expired, refreshed when it is next used"
        );
        assert_eq!(life(None, None), "good until the service refuses it");
    }
}
