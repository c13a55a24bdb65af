use super::*;

#[test]
fn an_account_name_needs_no_quotes_in_a_shell() {
    for name in ["work", "alice@example.com", "größe_2.x+y-z"] {
        assert_eq!(account_name(name).as_deref(), Ok(name));
    }
    for name in ["", "a#a0", "a/b", "a b", "\u{202e}x"] {
        assert!(account_name(name).is_err(), "{name}");
    }
}
