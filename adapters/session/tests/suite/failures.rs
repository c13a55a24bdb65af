//! The failure classes of a refresh: what is retried, what ends the session, and what the caller is told (K6, K7).

use std::error::Error as _;
use std::time::Duration;

use serde_json::json;
use workos_login_session::{SessionEnded, SessionError, SessionWarning};

use crate::support::{ended, text};
use crate::world::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The time of each attempt and its timeout.
fn attempts(world: &World) -> Vec<(Duration, Duration)> {
    world
        .sent
        .iter()
        .map(|sent| (sent.at, sent.timeout))
        .collect()
}

#[test]
fn k6_the_last_attempt_within_the_replay_window_has_the_exchange_timeout() {
    let mut world = World::expired()
        .reply(lost().after(60))
        .reply(lost().after(60))
        .reply(lost().after(60));
    world.access_token(&machine()).unwrap_err();
    let half = Duration::from_millis(500);
    assert_eq!(
        attempts(&world),
        [
            (secs(0), secs(4)),
            (secs(4) + half, secs(4)),
            (secs(9) + half, secs(30))
        ]
    );
    assert!(
        world
            .sent
            .iter()
            .all(|sent| sent.refresh_token == "refresh_1")
    );
}

#[test]
fn k6_a_service_that_takes_five_seconds_does_not_end_the_session() {
    let mut world = World::expired()
        .reply(refreshed(2).after(5))
        .reply(refreshed(2).after(5))
        .reply(refreshed(2).after(5));
    let token = world.access_token(&machine()).unwrap();
    assert_eq!(number(token.session()), 2);
    assert!(token.warning().is_none());
    assert_eq!(world.stored(), Some(2));
    // It is the response to the first attempt.
    let age = LIFETIME - token.session().expires_in(world.now).unwrap();
    assert_eq!(age.as_secs(), 14);
}

#[test]
fn k6_after_the_replay_window_one_attempt_is_made_in_each_operation() {
    let mut world = World::expired()
        .reply(lost().after(60))
        .reply(lost().after(60))
        .reply(lost().after(60));
    world.access_token(&machine()).unwrap_err();
    for attempt in 4..6 {
        world.advance(secs(60));
        world.replies.push_back(lost());
        world.access_token(&machine()).unwrap_err();
        assert_eq!(world.sent.len(), attempt);
        assert_eq!(world.sent[attempt - 1].timeout, secs(30));
    }
    world.advance(secs(60));
    world.replies.push_back(error(400, "invalid_grant"));
    let reason = ended(world.access_token(&machine()));
    assert!(matches!(*reason, SessionEnded::ResponseLost(_)));
    assert_eq!(world.stored(), None);
}

#[test]
fn a_response_after_which_the_token_may_have_been_used_is_retried_with_the_same_token() {
    for (name, reply) in [
        ("no response", lost()),
        ("408", page(408, "text/plain", "")),
        ("500", page(500, "text/html", "<p>")),
        ("502 with a code", error(502, "invalid_client")),
        ("503", error(503, "unavailable")),
        ("504", page(504, "text/html", "<p>")),
        (
            "302",
            page(302, "text/html", "").header("location", "https://example.com/"),
        ),
        ("307", page(307, "text/html", "").header("location", "/")),
        ("200 of a captive portal", page(200, "text/html", "<p>")),
        ("200 without tokens", reply(200, &json!({}))),
        ("200 in no JSON", page(200, "application/json", "{")),
        ("204", page(204, "application/json", "")),
        (
            "200 for another user",
            reply(200, &token_response(2, BOB, Some(ACME))),
        ),
    ] {
        let mut world = World::expired().reply(reply).reply(refreshed(2));
        let token = world.access_token(&machine());
        assert!(token.is_ok(), "{name}: {token:?}");
        assert_eq!(world.sent.len(), 2, "{name}");
        assert_eq!(world.sent[1].refresh_token, "refresh_1", "{name}");
        assert_eq!(world.sent[1].organization.as_deref(), Some(ACME), "{name}");
    }
}

#[test]
fn a_response_that_says_that_nothing_was_done_is_not_retried_at_once() {
    let mut world =
        World::expired().reply(error(429, "too_many_requests").header("retry-after", "7"));
    let Err(SessionError::Unavailable { retry_in, cause }) = world.access_token(&machine()) else {
        panic!("429");
    };
    assert_eq!(retry_in, secs(7));
    assert!(cause.unwrap().to_string().contains("too_many_requests"));
    assert_eq!(world.sent.len(), 1);
    assert!(world.member("intent").is_null(), "nothing was done");

    // So the next `invalid_grant` is the service's own.
    world.advance(secs(7));
    world.replies.push_back(error(400, "invalid_grant"));
    assert!(matches!(
        *ended(world.access_token(&machine())),
        SessionEnded::Service(_)
    ));
}

#[test]
fn the_backoff_is_respected_by_every_process() {
    let mut world =
        World::expired().reply(error(429, "too_many_requests").header("retry-after", "40"));
    world.access_token(&machine()).unwrap_err();
    world.advance(secs(39));
    let Err(SessionError::Unavailable { retry_in, .. }) = world.access_token(&machine()) else {
        panic!("another process");
    };
    assert_eq!(retry_in, secs(1));
    assert_eq!(world.sent.len(), 1);
    world.advance(secs(1));
    world.replies.push_back(refreshed(2));
    world.access_token(&machine()).unwrap();
    assert!(world.member("retry_at").is_null());
}

#[test]
fn a_clock_that_is_set_back_does_not_prolong_the_backoff() {
    let mut world =
        World::expired().reply(error(429, "too_many_requests").header("retry-after", "40"));
    world.access_token(&machine()).unwrap_err();
    world.now -= secs(24 * 3600);
    world.replies.push_back(refreshed(2));
    world.access_token(&machine()).unwrap();
}

#[test]
fn the_session_that_another_process_refreshed_ends_the_backoff() {
    let mut world =
        World::expired().reply(error(429, "too_many_requests").header("retry-after", "40"));
    let machine = machine();
    world.access_token(&machine).unwrap_err();
    let refreshed = session(2, ALICE, Some(ACME), world.now);
    world.record = Some(workos_login_session::StoredSession::new(refreshed));
    assert_eq!(number(world.access_token(&machine).unwrap().session()), 2);
}

#[test]
fn a_failed_refresh_has_its_cause_in_the_warning_and_in_the_error() {
    for (reply, expected) in [
        (
            || page(307, "text/html", "").header("location", "/"),
            "redirect",
        ),
        (|| page(200, "text/html", "<p>"), "content type"),
        (
            || error(503, "unavailable").header("retry-after", "60"),
            "(unavailable)",
        ),
        (|| error(404, "not_found"), "not_found"),
        (|| error(401, "invalid_client"), "invalid_client"),
        (lost, "connection was reset"),
    ] as [(fn() -> Reply, &str); 6]
    {
        let chain = |error: &dyn std::error::Error| {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(error) = source {
                text = format!("{text}: {error}");
                source = error.source();
            }
            text
        };
        let replies = |mut world: World| {
            for _ in 0..8 {
                world = world.reply(reply());
            }
            world
        };
        let mut world = replies(World::due());
        let machine = machine();
        // The same during the backoff.
        for _ in 0..2 {
            let token = world.access_token(&machine).unwrap();
            let Some(warning @ SessionWarning::NotRefreshed(Some(_))) = token.warning() else {
                panic!("{expected}: {token:?}");
            };
            let text = chain(warning);
            assert!(text.contains(expected), "{expected}: {text}");
        }
        let error = replies(World::expired())
            .access_token(&self::machine())
            .unwrap_err();
        let text = chain(&error);
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_client_error_leaves_the_session_unchanged() {
    for (status, code) in [
        (401, "invalid_client"),
        (404, "not_found"),
        (422, "unprocessable"),
    ] {
        let mut world = World::expired().reply(error(status, code));
        let result = world.access_token(&machine());
        assert!(matches!(result, Err(SessionError::Failed(_))), "{code}");
        assert_eq!(world.stored(), Some(1), "{code}");
        assert!(world.member("intent").is_null(), "{code}");
    }
}

#[test]
fn invalid_grant_ends_the_session_at_any_status() {
    for status in [400, 401, 403, 500] {
        let mut world = World::due().reply(error(status, "invalid_grant"));
        let reason = ended(world.access_token(&machine()));
        assert!(matches!(*reason, SessionEnded::Service(_)), "{status}");
        assert_eq!(world.stored(), None, "{status}");
    }
}

#[test]
fn an_authentication_challenge_keeps_the_session_until_its_access_token_expires() {
    let mut world = World::due().reply(error(403, "sso_required"));
    let first = machine();
    let old = text(&{
        let token = world.access_token(&first).unwrap();
        assert!(matches!(
            token.warning(),
            Some(SessionWarning::AuthenticationChallenge(_))
        ));
        token
    });
    assert_eq!(world.sent.len(), 1);
    assert!(world.member("intent").is_null());
    // No process refreshes it again.
    for machine in [first, machine()] {
        let token = world.access_token(&machine).unwrap();
        assert_eq!(text(&token), old);
        assert!(matches!(
            token.warning(),
            Some(SessionWarning::AuthenticationChallenge(_))
        ));
        let forced = ready(machine.refresh_now(&mut world));
        assert!(matches!(
            forced,
            Err(SessionError::AuthenticationChallenge(_))
        ));
        let switched = world.switch(&machine, GLOBEX);
        assert!(matches!(
            switched,
            Err(SessionError::AuthenticationChallenge(_))
        ));
    }
    world.advance(LIFETIME);
    let error = world.access_token(&machine()).unwrap_err();
    assert!(matches!(error, SessionError::AuthenticationChallenge(_)));
    assert!(error.to_string().contains("log in again"), "{error}");
    assert!(error.to_string().contains("sso_required"), "{error}");
    assert_eq!(world.sent.len(), 1);
    // A logout still has the session, for its end at the service.
    let logged_out = ready(machine().log_out(&mut world));
    assert_eq!(number(logged_out.session().unwrap()), 1);
    assert_eq!(world.stored(), None);
}

#[test]
fn a_login_ends_the_authentication_challenge() {
    let mut world = World::expired().reply(error(403, "mfa_enrollment"));
    let first = machine();
    world.access_token(&first).unwrap_err();
    let login = session(5, ALICE, Some(ACME), world.now);
    ready(machine().log_in(login, &mut world)).unwrap();
    for machine in [first, machine()] {
        let token = world.access_token(&machine).unwrap();
        assert_eq!(number(token.session()), 5);
        assert!(token.warning().is_none());
    }
}

#[test]
fn k11_a_response_for_another_organization_keeps_the_old_token_and_the_newest_refresh_token() {
    let mut world = World::due().reply(switched(2));
    let machine = machine();
    let token = world.access_token(&machine).unwrap();
    assert_eq!(organization(&token), Some(ACME));
    let Some(SessionWarning::NotRefreshed(Some(cause))) = token.warning() else {
        panic!("{token:?}");
    };
    assert!(cause.source().is_none() && cause.to_string().contains("another organization"));
    assert_eq!(world.stored(), Some(2));
    world.advance(secs(1));
    world.replies.push_back(refreshed(3));
    world.access_token(&machine).unwrap();
    assert_eq!(world.sent[1].refresh_token, "refresh_2");
    assert_eq!(world.stored(), Some(3));
}
