//! Any input: no panic, and nothing is accepted but what was signed.

use proptest::prelude::*;
use serde_json::json;
use workos_login::Exchange;
use workos_login::http::HeaderValue;
use workos_login::http::header::AUTHORIZATION;
use workos_login::keys::bearer_token;

use crate::issuer::{
    AUDIENCE, Key, access_token, header, id_token, now, oauth, oauth_client, response, workos,
};

proptest! {
    #[test]
    fn any_text_is_rejected(text in ".{0,200}", parts in prop::collection::vec("[A-Za-z0-9_=-]{0,40}", 0..6)) {
        for token in [text, parts.join(".")] {
            prop_assert!(oauth().verify_access_token(&token, now()).is_err());
            prop_assert!(oauth().verify_id_token(&token, now()).is_err());
            prop_assert!(workos().verify_access_token(&token, now()).is_err());
        }
    }

    #[test]
    fn a_token_has_one_spelling(is_id_token in any::<bool>(), position in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let token = if is_id_token { id_token(&json!({})) } else { access_token(&json!({})) };
        let mut changed = token.clone().into_bytes();
        let position = position.index(changed.len());
        prop_assume!(changed[position] != byte);
        changed[position] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(oauth().verify_access_token(&changed, now()).is_err());
        prop_assert!(oauth().verify_id_token(&changed, now()).is_err());
    }

    #[test]
    fn any_signed_header_and_payload_is_read_or_rejected(head in any::<Vec<u8>>(), payload in any::<Vec<u8>>()) {
        let key = Key::Ed25519(1);
        let good = header(key, "ed").to_string();
        for token in [key.token(&head, &payload), key.token(&good, &payload)] {
            prop_assert!(oauth().verify_access_token(&token, now()).is_err());
            prop_assert!(oauth().verify_id_token(&token, now()).is_err());
        }
    }

    #[test]
    fn any_jwks_is_read_or_rejected(body in ".{0,200}", n in ".{0,20}", e in "[A-Za-z0-9_-]{0,10}", kty in "RSA|EC|OKP|oct") {
        let mut keys = oauth_client().key_set(AUDIENCE).unwrap();
        let jwk = json!({"kid": "ed", "kty": kty, "n": n, "e": e, "x": n, "y": e, "crv": "P-256"});
        for body in [body, json!({"keys": [jwk]}).to_string()] {
            if let Ok(keys) = keys.fetch(now()).response(response(&body), now()) {
                let verified = keys.verify_access_token(&access_token(&json!({})), now());
                prop_assert!(verified.is_err());
            }
        }
    }

    #[test]
    fn any_authorization_header_is_read_or_rejected(value in any::<Vec<u8>>()) {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let headers = [(AUTHORIZATION, value)].into_iter().collect();
            if let Err(error) = bearer_token(&headers) {
                let _ = (error.status(), error.www_authenticate(), error.to_string());
            }
        }
    }
}
