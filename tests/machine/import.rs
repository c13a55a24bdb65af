//! The import of a session that another library has stored.

use std::time::Duration;

use serde_json::json;
use workos_login::{Error, RefreshPolicy};

use crate::scenario::{Scenario, edited, fixture, jwt, now, secs, stored};

/// A token response whose access token was issued at this time after `now()`, and expires 300 seconds later.
fn issued(offset: i64) -> String {
    let iat = 1_780_000_000 + offset;
    edited("success_full.json", |body| {
        body["access_token"] = jwt(&json!({ "iat": iat, "exp": iat + 300 }).to_string()).into();
    })
}

#[test]
fn imports_what_a_login_reads() {
    let scenario = Scenario::confidential();
    let tokens = fixture("success_full.json");
    let imported = scenario.client.import_session(tokens.as_bytes(), now());
    assert_eq!(
        stored(&imported.unwrap()),
        stored(&scenario.to_authenticated_from(&tokens))
    );
}

#[test]
fn an_imported_token_expires_at_its_exp() {
    let client = Scenario::confidential().client;
    for (offset, left) in [(0, 300), (-100, 200), (-300, 0), (-1000, 0), (100, 300)] {
        let session = client.import_session(issued(offset).as_bytes(), now());
        let session = session.unwrap();
        assert_eq!(session.expires_in(now()), Some(secs(left)), "{offset}");
        let is_due = session.refresh_in(&RefreshPolicy::default(), now()) == Some(Duration::ZERO);
        assert_eq!(is_due, left <= 150, "{offset}");
    }
}

#[test]
fn rejects_a_session_without_a_required_member() {
    let client = Scenario::confidential().client;
    for name in ["user", "access_token", "refresh_token"] {
        let tokens = edited("success_full.json", |body| {
            body.as_object_mut().unwrap().remove(name);
        });
        let error = client.import_session(tokens.as_bytes(), now()).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    }
    for tokens in ["", "null", "[]", "{}", "{\"user\":"] {
        assert!(client.import_session(tokens.as_bytes(), now()).is_err());
    }
}
