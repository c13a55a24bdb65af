//! Ctrl-C.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use workos_login_mock_server::{Endpoint, Fault};

use crate::support::{Waiting, login, server, visit};

fn interrupt(waiting: &Waiting) {
    kill_process(Pid::from_child(&waiting.child), Signal::INT).unwrap();
}

#[test]
fn ctrl_c_ends_the_wait_for_the_callback() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    interrupt(&waiting);
    let ended = waiting.end().with(130);
    assert_eq!(ended.stdout, "");
    ended.says(&["interrupted"]);
}

#[test]
fn ctrl_c_ends_an_exchange() {
    let server = server();
    server.inject(Fault::Hang.on(Endpoint::CodeExchange));
    let waiting = Waiting::start(&mut login(&server, &["--json"]));
    visit(&server.log_in(&waiting.url, "alice@example.com").unwrap());
    // The login page, its form, and the code exchange that gets no response.
    assert!(server.wait_for_requests(3, Duration::from_secs(30)));
    interrupt(&waiting);
    let ended = waiting.end().with(130);
    assert_eq!(ended.error()["kind"], "interrupted");
}
