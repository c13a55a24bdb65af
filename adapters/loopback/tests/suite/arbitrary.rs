//! Arbitrary bytes.

use std::io::{Read, Write};
use std::net::Shutdown;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use workos_login::RedirectUri;
use workos_login::limits::MAX_CALLBACK_BYTES;
use workos_login_loopback::callback_target;

use crate::support::each_mode;

/// Random bytes, and requests that are almost valid.
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
fn arbitrary_bytes_are_answered_with_a_client_error_and_ignored() {
    each_mode(|mode| {
        let wait = mode.wait();
        TestRunner::new(Config::with_cases(128))
            .run(&bytes(wait.port()), |bytes| {
                let mut stream = wait.connect();
                // The server may close the connection before it has read everything.
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(Shutdown::Write);
                let mut response = Vec::new();
                let _ = stream.read_to_end(&mut response);
                prop_assert!(response.is_empty() || response.starts_with(b"HTTP/1.1 4"));
                Ok(())
            })
            .unwrap();
        wait.finish();
    });
}

proptest! {
    #[test]
    fn a_callback_target_is_a_bounded_part_of_a_get_request(bytes in bytes(8080)) {
        let redirect_uri: RedirectUri = "http://127.0.0.1:8080/callback".parse().unwrap();
        if let Some(target) = callback_target(&bytes, &redirect_uri) {
            prop_assert!(target == "/callback" || target.starts_with("/callback?"));
            prop_assert!(target.len() <= MAX_CALLBACK_BYTES);
            prop_assert!(bytes.starts_with(b"GET "));
            prop_assert!(bytes.windows(target.len()).any(|part| part == target.as_bytes()));
        }
    }
}
