//! Refreshing.

use std::io;

use serde_json::Value;
use workos_login::http::Response;
use workos_login::secrecy::ExposeSecret;
use workos_login::session::{Done, SessionEnded};
use workos_login::{Authenticated, Exchange, SendError};

use crate::conformance::field;
use crate::conformance::kept::{World, access_token, keeper};
use crate::oauth;
use crate::scenario::{
    ORGANIZATION, OTHER_ORGANIZATION, Scenario, answer, edited, jwt, kind, now, organization,
    refusal, secs, stored,
};

fn refresh_token(session: &Authenticated) -> &str {
    session.refresh_token().unwrap().expose_secret()
}

/// A success of User Management with these tokens, the access token good for five minutes.
fn tokens(number: u32) -> String {
    edited("success_minimal.json", |body| {
        let claims = format!(r#"{{"sid":"session_{number}","iat":1000,"exp":1300}}"#);
        body["access_token"] = jwt(&claims).into();
        body["refresh_token"] = format!("refresh_{number}").into();
    })
}

fn session(number: u32) -> Authenticated {
    Scenario::public().to_authenticated_by(&tokens(number))
}

/// A service that answers the refresh token with this number with the next one, and knows no other.
fn knows(number: u32) -> impl FnMut(&str, &mut Option<String>) -> Option<Response<Vec<u8>>> {
    move |token, _| {
        Some(match token == format!("refresh_{number}") {
            true => answer(200, tokens(number + 1)),
            false => answer(400, r#"{"error":"invalid_grant"}"#),
        })
    }
}

#[test]
fn c45_a_refresh_token_is_replaced_where_a_new_one_came() {
    let refreshed = |edit: &dyn Fn(&mut Value)| {
        let body = edited("connect_token.json", edit);
        let session = oauth::refreshing().response(answer(200, body), now());
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
    let (refreshing, error) = refusal(scenario.to_refreshing(), answer(200, moved));
    assert_eq!(kind(&error), "Malformed");
    let session = refreshing.into_session();
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
    assert_eq!(
        session.access_token().expose_secret(),
        scenario.to_authenticated().access_token().expose_secret()
    );
}

#[test]
fn c48_a_token_that_is_known_to_be_spent_is_not_sent_again() {
    let mut world = World::holding(&session(1));
    let (mut here, mut there) = (keeper(), keeper());
    // The other process knows the first token, and does not hear of the second.
    let step = there.token(world.now);
    world.run(&mut there, step, knows(1));
    for number in 1..4 {
        world.now += secs(300);
        let step = here.token(world.now);
        let done = world.run(&mut here, step, knows(number));
        assert!(matches!(done, Done::Ready(None)), "{done:?}");
    }
    world.now += secs(300);
    let step = there.token(world.now);
    let done = world.run(&mut there, step, knows(4));
    assert!(matches!(done, Done::Ready(None)), "{done:?}");
    assert_eq!(
        world.sent,
        ["refresh_1", "refresh_2", "refresh_3", "refresh_4"]
    );
}

#[test]
fn c49_a_refused_token_clears_the_store_that_still_holds_it_and_no_other() {
    let mut world = World::holding(&session(1));
    let mut here = keeper();
    world.now += secs(300);
    let step = here.token(world.now);
    let done = world.run(&mut here, step, knows(7));
    assert!(
        matches!(done, Done::SessionEnded(SessionEnded::Ended(_))),
        "{done:?}"
    );
    assert!(world.store.is_none());

    let mut world = World::holding(&session(1));
    let mut here = keeper();
    world.now += secs(300);
    let step = here.token(world.now);
    // Meanwhile somebody else logs in.
    let mut login = World::holding(&session(8)).store;
    let someone_logs_in = |token: &str, store: &mut Option<String>| {
        if let Some(login) = login.take() {
            *store = Some(login);
        }
        knows(8)(token, store)
    };
    let done = world.run(&mut here, step, someone_logs_in);
    assert!(matches!(done, Done::Ready(None)), "{done:?}");
    assert_eq!(world.sent, ["refresh_1", "refresh_8"]);
    let kept = world.record().unwrap();
    assert_eq!(refresh_token(kept.session()), "refresh_9");
}

#[test]
fn c50_a_lost_answer_keeps_the_session() {
    let before = stored(&Scenario::public().to_authenticated());
    let refreshing = Scenario::public().to_refreshing();
    let lost = SendError::transport(refreshing, io::Error::other("no network"));
    assert_eq!(stored(&lost.into_state().into_session()), before);

    let mut world = World::holding(&session(1));
    let mut here = keeper();
    world.now += secs(300);
    let step = here.token(world.now);
    let done = world.run(&mut here, step, |_, _| None);
    assert!(matches!(done, Done::TryAgain { .. }), "{done:?}");
    assert!(world.record().is_some());
    world.now += secs(60);
    let step = here.token(world.now);
    let done = world.run(&mut here, step, knows(1));
    assert!(matches!(done, Done::Ready(None)), "{done:?}");
    let fresh = session(2);
    assert_eq!(access_token(&here), fresh.access_token().expose_secret());
}
