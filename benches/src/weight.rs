//! The build cost and size of a program that uses one library.

use workos_login_benches::table::{Goal, Line};

/// Prints the lines of an output of `weight/measure`: library, crates, CPU seconds of a build, bytes of the program.
pub(crate) fn print(output: &str) {
    let measures = [
        ("**program with one library**: crates", 1.0),
        ("… clean release build, CPU seconds", 1.0),
        ("… stripped, KiB", 1024.0),
    ];
    for (index, (name, unit)) in measures.into_iter().enumerate() {
        let of = |library| Some(numbers(output, library)?[index] / unit);
        let values = ["floor", "workos-login", "oauth2", "workos"].map(of);
        let goal = values[1].zip(values[2]);
        let line = Line {
            work: name.into(),
            cells: values
                .map(|value| value.map_or_else(String::new, |value| format!("{value:.0}"))),
            goal: goal.map(|(ours, oauth2)| Goal::at_most(ours, oauth2.round(), "")),
        };
        println!("{line}");
    }
}

fn numbers(output: &str, library: &str) -> Option<[f64; 3]> {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix(library)?.strip_prefix('\t'))?;
    let numbers: Vec<f64> = line
        .split('\t')
        .filter_map(|number| number.parse().ok())
        .collect();
    numbers.try_into().ok()
}
