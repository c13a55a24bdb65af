//! Organization switches: the intent names the organization, and the very same request is repeated (K4, K11).

use std::time::Duration;

use workos_login_session::{Machine, SessionEnded, SessionError, SessionPolicy};

use crate::support::ended;
use crate::world::*;

/// A machine that gives up after the first lost response.
fn impatient() -> Machine {
    Machine::new(
        client(),
        SessionPolicy::default().replay_window(Duration::ZERO),
    )
}

/// A world in which a switch to Globex was sent, and its response was lost.
fn open_switch() -> World {
    let mut world = World::due().reply(lost());
    let result = world.switch(&impatient(), GLOBEX);
    assert!(matches!(result, Err(SessionError::Unavailable { .. })));
    assert_eq!(world.member("intent")["organization"], GLOBEX);
    world.advance(Duration::from_secs(1));
    world
}

#[test]
fn k4_the_intent_of_a_refresh_names_no_organization() {
    let mut world = World::expired().reply(lost());
    world.access_token(&impatient()).unwrap_err();
    let intent = world.member("intent");
    assert!(intent["fingerprint"].is_string() && intent["at"].is_u64());
    assert!(intent["organization"].is_null());
}

#[test]
fn k4_the_next_process_repeats_a_switch() {
    let mut world = open_switch().reply(switched(2));
    let token = world.access_token(&machine()).unwrap();
    assert_eq!(organization(&token), Some(GLOBEX));
    let [first, second] = &world.sent[..] else {
        panic!("{:?}", world.sent);
    };
    assert_eq!(first.refresh_token, second.refresh_token);
    assert_eq!(second.organization.as_deref(), Some(GLOBEX));
    assert_eq!(world.stored(), Some(2));
    assert!(world.member("intent").is_null());
}

#[test]
fn k4_the_same_switch_is_not_sent_twice() {
    let mut world = open_switch().reply(switched(2));
    let token = world.switch(&machine(), GLOBEX).unwrap();
    assert_eq!(organization(&token), Some(GLOBEX));
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn k4_a_switch_first_resumes_an_open_refresh() {
    let mut world = World::due().reply(lost());
    world.access_token(&impatient()).unwrap();
    world.advance(Duration::from_secs(1));
    world = world.reply(refreshed(2)).reply(switched(3));
    let token = world.switch(&machine(), GLOBEX).unwrap();
    assert_eq!(organization(&token), Some(GLOBEX));
    let sent: Vec<_> = world
        .sent
        .iter()
        .map(|sent| (&*sent.refresh_token, sent.organization.as_deref()))
        .collect();
    assert_eq!(
        sent,
        [
            ("refresh_1", Some(ACME)),
            ("refresh_1", Some(ACME)),
            ("refresh_2", Some(GLOBEX))
        ]
    );
    assert_eq!(world.stored(), Some(3));
}

#[test]
fn k4_a_switch_first_resumes_another_open_switch() {
    let mut world = open_switch().reply(switched(2)).reply(refreshed(3));
    let token = world.switch(&machine(), ACME).unwrap();
    assert_eq!(organization(&token), Some(ACME));
    assert_eq!(world.sent[1].organization.as_deref(), Some(GLOBEX));
    assert_eq!(world.sent[2].organization.as_deref(), Some(ACME));
}

#[test]
fn a_rejected_switch_leaves_the_session_unchanged() {
    for (status, code) in [
        (403, "sso_required"),
        (403, "mfa_enrollment"),
        (400, "invalid_grant"),
        (403, "access_denied"),
        (422, "unprocessable"),
    ] {
        let mut world = World::due().reply(error(status, code));
        let machine = machine();
        let before = world.member("session");
        let result = world.switch(&machine, GLOBEX);
        assert!(matches!(result, Err(SessionError::Failed(_))), "{code}");
        assert_eq!(world.member("session"), before, "{code}");
        for name in ["intent", "retry_at", "challenged"] {
            assert!(world.member(name).is_null(), "{code}: {name}");
        }
        world.replies.push_back(refreshed(2));
        let token = world.access_token(&machine).unwrap();
        assert_eq!(organization(&token), Some(ACME), "{code}");
        assert!(token.warning().is_none(), "{code}");
    }
}

#[test]
fn a_switch_that_is_rejected_after_a_lost_response_is_followed_by_a_refresh() {
    let mut world = open_switch()
        .reply(error(403, "sso_required"))
        .reply(refreshed(2));
    let token = world.access_token(&machine()).unwrap();
    assert_eq!(organization(&token), Some(ACME));
    assert_eq!(world.sent[2].organization.as_deref(), Some(ACME));
    assert_eq!(world.stored(), Some(2));
}

#[test]
fn a_session_that_ends_after_a_lost_switch_ended_because_the_response_was_lost() {
    let mut world = open_switch()
        .reply(error(400, "invalid_grant"))
        .reply(error(400, "invalid_grant"));
    let reason = ended(world.access_token(&machine()));
    assert!(matches!(*reason, SessionEnded::ResponseLost(_)));
    assert_eq!(world.stored(), None);
}
