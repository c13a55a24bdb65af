use super::*;

const HOSTILE: [char; 26] = [
    '\0',
    '\u{7}',
    '\u{8}',
    '\t',
    '\n',
    '\r',
    '\u{1b}',
    '\u{7f}',
    '\u{80}',
    '\u{9b}',
    '\u{9d}',
    '\u{ad}',
    '\u{61c}',
    '\u{200b}',
    '\u{200e}',
    '\u{200f}',
    '\u{2028}',
    '\u{2029}',
    '\u{202a}',
    '\u{202e}',
    '\u{2066}',
    '\u{2069}',
    '\u{feff}',
    '\u{e000}',
    '\u{e0041}',
    '\u{1d173}',
];

#[test]
fn escapes_invisible_characters() {
    for c in HOSTILE {
        assert_eq!(
            Printable(&format!("a{c}b")).to_string(),
            format!("a\\u{{{:x}}}b", u32::from(c))
        );
    }
    for c in ('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
        .chain('\0'..='\u{1f}')
    {
        assert!(!is_printable(c), "{c:?}");
    }
}

#[test]
fn keeps_the_characters_of_names() {
    for name in [
        "Zoë O'Brien-Łukasz",
        "नादिया",
        "ناديا",
        "山田 太郎",
        "e\u{301}",
        "\"x\" <a@b.c> \\ 🙂",
    ] {
        assert_eq!(Printable(name).to_string(), name);
        assert_eq!(PrintableJson(name).to_string(), name);
    }
}

#[test]
fn escaped_json_parses_to_the_same_value() {
    let hostile: String = HOSTILE.iter().collect();
    let json = PrintableJson(&serde_json::to_string(&hostile).unwrap()).to_string();
    assert!(json.chars().all(is_printable), "{json:?}");
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
}
