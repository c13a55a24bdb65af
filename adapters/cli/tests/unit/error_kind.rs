use super::*;

#[test]
fn the_readme_lists_every_exit_code() {
    let readme = include_str!("../../README.md");
    for (code, kind, meaning) in ROWS {
        let kind = match *kind {
            "" => String::new(),
            kind => format!("`{kind}` "),
        };
        let row = format!("\n| {code} | {kind}| {meaning} |\n");
        assert!(readme.contains(&row), "{row}");
    }
}
