use super::*;

#[test]
fn a_failed_discovery_leaves_an_access_token_that_has_not_expired() {
    let stored = include_str!("../../../../tests/data/authenticated_v2.json");
    let session: Authenticated = serde_json::from_str(stored).unwrap();
    let expires_in = session.expires_in(SystemTime::now()).unwrap();
    let after = |lifetime| {
        let failure = Failure::new(ErrorKind::Unavailable, "no response");
        let now = SystemTime::now() + lifetime;
        unless_expired(&session, failure, &Output::new(false), now)
    };
    after(Duration::ZERO).unwrap();
    assert_eq!(after(expires_in).unwrap_err().kind, ErrorKind::Unavailable);
}
