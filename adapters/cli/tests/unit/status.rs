use super::*;

#[test]
fn describes_the_access_token_in_words() {
    for (expires_in, refresh_in, expected) in [
        (
            Some(200),
            Some(50),
            "expires in 3m 20s; due for refresh in 50s",
        ),
        (
            Some(100),
            Some(0),
            "expires in 1m 40s; the next use refreshes it",
        ),
        (Some(0), Some(0), "expired; the next use refreshes it"),
        (None, None, "unknown lifetime"),
        (Some(200), None, "expires in 3m 20s"),
        (Some(0), None, "expired"),
    ] {
        assert_eq!(access_token(expires_in, refresh_in), expected);
    }
}
