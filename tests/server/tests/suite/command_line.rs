//! The server as a program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_workos-login-mock-server");

/// A running program, which is killed on drop.
struct Program {
    child: Child,
    base_url: String,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str], stdin: Stdio) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut base_url = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut base_url).unwrap();
        base_url.truncate(base_url.trim_end().len());
        Self {
            child,
            base_url,
            stdout,
        }
    }

    fn stderr(&mut self) -> String {
        let mut text = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The child may have ended already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

#[test]
fn serves_a_site_and_prints_its_requests() {
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("index.html"), "<h1>page</h1>").unwrap();
    std::fs::write(site.path().join("app.js"), "1").unwrap();
    let directory = site.path().to_str().unwrap();
    let mut program = Program::start(&["--site", directory, "--log"], Stdio::null());
    for (path, status, media_type) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/callback?code=c", 200, "text/html; charset=utf-8"),
        ("/app.js", 200, "text/javascript"),
        ("/..%2fapp.js", 404, "application/json"),
        ("/secret.txt", 404, "application/json"),
    ] {
        let response = get(&format!("{}{path}", program.base_url));
        assert_eq!(response.status, status, "{path}");
        let found = response.header("content-type").unwrap();
        assert!(found.starts_with(media_type), "{path}: {found}");
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", "s3cr3t")];
    let url = format!("{}/user_management/authenticate", program.base_url);
    post_form_to(&url, &form);
    let lines: Vec<_> = program
        .stdout
        .by_ref()
        .lines()
        .take(6)
        .map(Result::unwrap)
        .collect();
    assert_eq!(lines[1], "GET /callback ");
    assert_eq!(lines[5], "POST /user_management/authenticate refresh_token");
}

#[test]
fn serves_at_the_printed_base_url_with_the_given_options() {
    let arguments = [
        "--client-id",
        "client_mine",
        "--auto",
        ALICE,
        "--fault",
        "jwks:status=503;retry-after=7",
        "--device-code-lifetime",
        "2m",
    ];
    let program = Program::start(&arguments, Stdio::null());
    let base_url = &program.base_url;

    let jwks = format!("{base_url}/sso/jwks/client_mine");
    let unavailable = get(&jwks);
    assert_eq!(unavailable.status, 503);
    assert_eq!(unavailable.header("retry-after"), Some("7"));
    assert_eq!(get(&jwks).status, 200);
    let login = get(&format!(
        "{base_url}/user_management/authorize?client_id=client_mine&response_type=code&provider=authkit\
         &redirect_uri=myapp%3A%2F%2Fcb&code_challenge={CHALLENGE}&code_challenge_method=S256"
    ));
    let callback = login.header("location").unwrap();
    assert!(callback.starts_with("myapp://cb?code="), "{login:?}");
    let device = post_form_to(
        &format!("{base_url}/user_management/authorize/device"),
        &[("client_id", "client_mine")],
    );
    assert_eq!(device.json()["expires_in"], 120);
}

/// A shell gives a background process `/dev/null` as standard input.
#[test]
fn serves_until_it_is_killed_although_standard_input_has_ended() {
    let mut program = Program::start(&[], Stdio::null());
    for _ in 0..3 {
        assert_eq!(get(&format!("{}/x", program.base_url)).status, 404);
    }
    assert_eq!(program.child.try_wait().unwrap(), None);
    program.child.kill().unwrap();
    let stderr = program.stderr();
    assert!(stderr.contains("not production software"), "{stderr}");
}

#[test]
fn ends_with_standard_input_if_asked_to_and_says_so() {
    let mut program = Program::start(&["--end-with-stdin"], Stdio::piped());
    assert_eq!(get(&format!("{}/x", program.base_url)).status, 404);
    drop(program.child.stdin.take());
    let stderr = program.stderr();
    assert!(stderr.contains("standard input has ended"), "{stderr}");
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn rejects_an_unknown_option_and_an_invalid_value() {
    for (arguments, error) in [
        (&["--fault", "nonsense"][..], "unknown fault"),
        (
            &["--auto", "nobody"],
            "unknown user \"nobody\"; use one of alice@example.com",
        ),
        (&["--port"], "--port: the value is missing"),
        (&["--port", "x"], "--port: invalid port \"x\""),
        (
            &["--code-lifetime", "10"],
            "--code-lifetime: invalid duration \"10\"",
        ),
        (&["--what"], "unknown option \"--what\"; see --help"),
    ] {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(error), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_help_lists_every_option() {
    let output = Command::new(PROGRAM).arg("--help").output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for option in [
        "--access-token-lifetime",
        "--auto",
        "--client-id",
        "--code-lifetime",
        "--deny",
        "--device-code-lifetime",
        "--end-with-stdin",
        "--fault",
        "--port",
        "--replay-window",
        "--session-lifetime",
    ] {
        assert!(help.contains(option), "{option}");
    }
}
