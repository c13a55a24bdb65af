//! JSON of any depth causes no stack overflow. A member that is nested too deep is absent.

use serde::de::DeserializeOwned;
use workos_login::{Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice};

use crate::exchanges::{EXCHANGES, leads_to, outcome_of};
use crate::scenario::{Scenario, edited, now, response, session, stored, success_with_claims};

/// JSON of this depth.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// The depths around the limit of the JSON library, and the greatest that fits into a response.
const DEPTHS: [usize; 5] = [1, 127, 128, 129, 120_000];

#[test]
fn accepts_any_nesting_in_a_member_that_is_not_required() {
    let body = |place: &str, depth: usize| {
        let body = edited("success_full.json", |body| {
            let member = place.split('.').fold(body, |body, name| &mut body[name]);
            *member = "deep".into();
        });
        body.replace("\"deep\"", &nested(depth))
    };
    for depth in DEPTHS {
        for place in [
            "of_tomorrow",
            "authentication_method",
            "authkit_authorization_code",
            "oauth_tokens",
            "oauth_tokens.scopes",
            "user.email",
            "user.metadata",
            "user.metadata.x",
            "user.of_tomorrow",
        ] {
            let outcome = outcome_of("code", response(200, body(place, depth)));
            assert_eq!(outcome, "Authenticated", "{place} {depth}");
        }
        for place in [
            "access_token",
            "impersonator",
            "organization_id",
            "refresh_token",
            "user",
        ] {
            let outcome = outcome_of("code", response(200, body(place, depth)));
            assert_eq!(outcome, "Malformed", "{place} {depth}");
        }
        for claim in ["exp", "iat", "sid", "org_id", "of_tomorrow"] {
            // A claim is a third longer in base64.
            let depth = depth.min(90_000);
            let claims = format!(r#"{{"{claim}":{}}}"#, nested(depth));
            let session = session(&success_with_claims(&claims));
            assert_eq!(session.expires_in(now()), None, "{claim} {depth}");
        }
    }
}

#[test]
fn accepts_any_nesting_in_an_error_response() {
    for exchange in EXCHANGES {
        for depth in DEPTHS {
            let deep = nested(depth);
            for body in [
                deep.clone(),
                format!(r#"{{"error":{deep}}}"#),
                format!(r#"{{"code":{deep},"message":1}}"#),
            ] {
                let outcome = outcome_of(exchange, response(400, body));
                assert_eq!(outcome, "Rejected", "{exchange} {depth}");
            }
            let body = format!(r#"{{"x":{deep},"error":"invalid_client"}}"#);
            leads_to(exchange, response(400, body), "Client");
        }
    }
    for depth in DEPTHS {
        let body = edited("step_up_mfa_challenge_factors.json", |body| {
            body["authentication_factors"] = "deep".into();
            body["user"] = "deep".into();
        });
        // It occurs twice.
        let body = body.replace("\"deep\"", &nested(depth.min(60_000)));
        match Scenario::public().to_challenge_from(&body) {
            AuthenticationChallenge::Totp(challenge) => {
                assert_eq!(challenge.factor_ids().count(), 0)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn accepts_any_nesting_in_a_stored_form() {
    fn with_more<T: DeserializeOwned>(form: &str, depth: usize) -> bool {
        let more = format!(r#"{{"version":2,"of_tomorrow":{},"#, nested(depth));
        let form = form.replacen(r#"{"version":2,"#, &more, 1);
        serde_json::from_str::<T>(&form).is_ok()
    }
    let session = Scenario::public().to_authenticated();
    for depth in DEPTHS {
        assert!(with_more::<Authenticated>(&stored(&session), depth));
        let pending = Scenario::public().to_awaiting_callback();
        assert!(with_more::<AwaitingCallback>(&stored(&pending), depth));
        let device = Scenario::public().to_awaiting_device();
        assert!(with_more::<AwaitingDevice>(&stored(&device), depth));
    }
}
