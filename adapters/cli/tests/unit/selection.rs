use super::*;

#[test]
fn an_account_name_needs_no_quotes_in_a_shell() {
    for name in ["work", "alice@example.com", "größe_2.x+y-z"] {
        assert_eq!(name.parse::<AccountName>().unwrap().as_str(), name);
    }
    for name in ["", "a#a0", "a/b", "a b", "\u{202e}x"] {
        assert!(name.parse::<AccountName>().is_err(), "{name}");
    }
}
