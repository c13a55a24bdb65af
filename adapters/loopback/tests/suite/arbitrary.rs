//! Bytes that nobody has thought of.

use std::io::{Read, Write};
use std::net::Shutdown;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use workos_login::RedirectUri;
use workos_login::limits::MAX_CALLBACK_BYTES;
use workos_login_loopback::callback_target;

use crate::support::Way;

/// Noise, and requests that are almost right.
fn bytes(port: u16) -> impl Strategy<Value = Vec<u8>> {
    let request = (
        "(GET|HEAD|POST|G)",
        "(/callback|/|http://127.0.0.1|)",
        r"\?(code|state|error|iss)=[ -~]{0,20}(&(code|state|error)=[ -~é]{0,20}){0,3}",
        "(Host: 127.0.0.1:PORT|Host: a|A:b|\t|)",
        "(\r\n|\n|)",
    )
        .prop_map(move |(method, path, query, header, end)| {
            let header = header.replace("PORT", &port.to_string());
            format!("{method} {path}{query} HTTP/1.1\r\n{header}\r\n{end}").into_bytes()
        });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), request]
}

#[test]
fn arbitrary_bytes_neither_end_the_wait_nor_break_it() {
    for way in [Way::Blocking, Way::Async] {
        let login = way.login();
        TestRunner::new(Config::with_cases(128))
            .run(&bytes(login.port()), |bytes| {
                let mut stream = login.connect();
                // What is refused early may be closed early: only that it ends is of interest.
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(Shutdown::Write);
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer);
                prop_assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"));
                Ok(())
            })
            .unwrap();
        login.finish();
    }
}

proptest! {
    #[test]
    fn what_is_taken_for_a_callback_is_part_of_the_request_and_not_too_long(bytes in bytes(8080)) {
        let redirect_uri: RedirectUri = "http://127.0.0.1:8080/callback".parse().unwrap();
        if let Some(target) = callback_target(&bytes, &redirect_uri) {
            prop_assert!(target == "/callback" || target.starts_with("/callback?"));
            prop_assert!(target.len() <= MAX_CALLBACK_BYTES);
            prop_assert!(bytes.starts_with(b"GET "));
            prop_assert!(bytes.windows(target.len()).any(|part| part == target.as_bytes()));
        }
    }
}
