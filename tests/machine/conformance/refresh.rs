//! Refreshing.

use std::io;

use serde_json::Value;
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Exchange, SendError};

use crate::conformance::field;
use crate::oauth;
use crate::scenario::{
    ORGANIZATION, OTHER_ORGANIZATION, Scenario, edited, kind, now, organization, refusal, response,
    stored,
};

fn refresh_token(session: &Authenticated) -> &str {
    session.refresh_token().unwrap().expose_secret()
}

#[test]
fn c45_a_refresh_token_is_replaced_where_a_new_one_came() {
    let refreshed = |edit: &dyn Fn(&mut Value)| {
        let body = edited("connect_token.json", edit);
        let session = oauth::refreshing().response(response(200, body), now());
        refresh_token(&session.unwrap()).to_owned()
    };
    let old = refresh_token(&oauth::session()).to_owned();
    assert_eq!(
        refreshed(&|body| body["refresh_token"] = "new".into()),
        "new"
    );
    for nothing in [Value::Null, "".into(), 7.into()] {
        let kept = refreshed(&|body| body["refresh_token"] = nothing.clone());
        assert_eq!(kept, old);
    }
    let kept = refreshed(&|body| {
        body.as_object_mut().unwrap().remove("refresh_token");
    });
    assert_eq!(kept, old);
}

#[test]
fn c46_a_refresh_widens_no_scope_and_changes_no_organization_by_itself() {
    let scenario = Scenario::public();
    let own = scenario.to_refreshing().request();
    assert_eq!(
        field(&own, "organization_id").as_deref(),
        Some(ORGANIZATION)
    );
    let other = scenario.to_switching().request();
    assert_eq!(
        field(&other, "organization_id").as_deref(),
        Some(OTHER_ORGANIZATION)
    );
    for request in [own, other, oauth::refreshing().request()] {
        assert_eq!(field(&request, "scope"), None);
    }
    let moved = edited("success_full.json", |body| {
        body["organization_id"] = OTHER_ORGANIZATION.into();
    });
    let (refreshing, error) = refusal(scenario.to_refreshing(), response(200, moved));
    assert_eq!(kind(&error), "Malformed");
    let session = refreshing.into_session();
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
    assert_eq!(
        session.access_token().expose_secret(),
        scenario.to_authenticated().access_token().expose_secret()
    );
}

#[test]
fn c50_keeps_the_session_on_a_transport_error() {
    let before = stored(&Scenario::public().to_authenticated());
    let refreshing = Scenario::public().to_refreshing();
    let lost = SendError::transport(refreshing, io::Error::other("no network"));
    assert_eq!(stored(&lost.into_state().into_session()), before);
}
