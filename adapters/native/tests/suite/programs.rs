//! The programs of the README, in a process with a browser of its own.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use workos_login_mock_server::Config;
use workos_login_native::workos_login::Client;
use workos_login_native::workos_login::url::Url;
use workos_login_native::{NativeApp, Storage};

use crate::support::{ALICE, server, visit};

#[expect(dead_code, reason = "a test does not call `main`")]
mod command_line {
    include!("../programs/command_line.rs");

    pub(super) fn start(app: &NativeApp) {
        run(app).unwrap();
    }
}

/// The base URL of the mock server, for the process of the program.
const BASE_URL: &str = "NATIVE_TEST_BASE_URL";

#[test]
fn the_readme_has_the_program() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains(include_str!("../programs/command_line.rs")));
}

#[test]
fn the_program_logs_in_with_the_browser_and_prints_the_token() {
    let server = server();
    let name = format!("browser-{}", std::process::id());
    let opened = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser.sh");
    let mut program = Command::new(env::current_exe().unwrap())
        .args(["programs::the_program_itself", "--exact"])
        .arg("--nocapture")
        .env(BASE_URL, server.base_url())
        .env("BROWSER", format!("/bin/sh {script} {}", opened.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(program.stderr.take().unwrap());
    let mut lines = stderr.lines().map_while(Result::ok);
    let url = lines.find_map(|line| Some(line.strip_prefix("Log in at ")?.to_owned()));
    let url = url.unwrap();
    // The program has waited for the end of the browser.
    assert_eq!(fs::read_to_string(&opened).unwrap(), url);
    fs::remove_file(&opened).unwrap();

    let page = visit(&server.log_in(&url, ALICE).unwrap());
    assert!(page.contains(ALICE), "{page}");
    let mut stdout = String::new();
    let mut output = program.stdout.take().unwrap();
    output.read_to_string(&mut stdout).unwrap();
    assert!(stdout.contains("Authorization: Bearer eyJ"), "{stdout}");
    assert!(program.wait().unwrap().success());
}

/// The program, in a process of its own: `BASE_URL` is set for that one only.
#[test]
fn the_program_itself() {
    let Ok(base_url) = env::var(BASE_URL) else {
        return;
    };
    let client = Client::public(Config::default().client_ids[0].parse().unwrap());
    let client = client.base_url(Url::parse(&base_url).unwrap()).unwrap();
    let app = NativeApp::new(client, "Acme CLI").storage(Storage::Memory);
    command_line::start(&app);
}
