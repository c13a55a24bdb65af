use super::*;

#[test]
fn a_line_is_broken_between_words() {
    for (line, used, expected) in [
        ("", 0, ""),
        ("exactly ten", 0, "exactly\n  ten"),
        ("ten chars", 0, "ten chars"),
        ("ten chars", 5, "ten\n  chars"),
        (
            "  a cause that is long",
            0,
            "  a cause\n    that\n    is\n    long",
        ),
        ("größe größe", 0, "größe\n  größe"),
        ("日本 日本 日本", 0, "日本 日本\n  日本"),
    ] {
        assert_eq!(wrap(line, used, 10), expected, "{line:?}");
    }
}

#[test]
fn a_url_is_not_broken() {
    let url = "https://example.org/authorize?state=long";
    assert_eq!(wrap(url, 0, 10), url);
    let line = format!("open {url} now");
    assert_eq!(wrap(&line, 0, 10), format!("open {url}\n  now"));
    assert_eq!(wrap("a b c", 0, 1), "a b c");
}
