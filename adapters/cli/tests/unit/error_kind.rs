use super::*;

#[test]
fn the_readme_lists_every_exit_code() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains("\n| 0 | | success |\n"));
    for (kind, code, meaning) in ROWS {
        let row = format!("\n| {code} | `{}` | {meaning} |\n", name(*kind));
        assert!(readme.contains(&row), "{row}");
    }
}
