//! The server as a program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::support::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_workos-login-mock-server");

#[test]
fn serves_at_the_printed_base_url_with_the_given_options() {
    let mut program = Command::new(PROGRAM)
        .args([
            "--client-id",
            "client_mine",
            "--auto",
            ALICE,
            "--fault",
            "jwks:status=503;retry-after=7",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let base = line.trim();

    let keys = format!("{base}/sso/jwks/client_mine");
    let faulty = get(&keys);
    assert_eq!(
        (faulty.status, faulty.header("retry-after")),
        (503, Some("7"))
    );
    assert_eq!(get(&keys).status, 200);
    let login = get(&format!(
        "{base}/user_management/authorize?client_id=client_mine&response_type=code&provider=authkit\
         &redirect_uri=myapp%3A%2F%2Fcb&code_challenge={CHALLENGE}&code_challenge_method=S256"
    ));
    assert!(
        login
            .header("location")
            .unwrap()
            .starts_with("myapp://cb?code="),
        "{login:?}"
    );

    drop(program.stdin.take());
    let mut said = String::new();
    program
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(program.wait().unwrap().success());
    assert!(said.contains("not production software"), "{said}");
}

#[test]
fn rejects_an_unknown_option_and_an_invalid_value() {
    for arguments in [
        &["--fault", "nonsense"][..],
        &["--auto", "nobody"],
        &["--port"],
        &["--what"],
    ] {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
}
