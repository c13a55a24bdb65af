//! The response body is limited, before and after decompression.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use workos_login::Error;
use workos_login::limits::MAX_RESPONSE_BYTES;
use workos_login_mock_server::{Endpoint, MockResponse};

use crate::adapters::Adapter;
use crate::raw_server::RawServer;
use crate::support::{authenticated, exchanging, exchanging_at, lost, malformed, refused, start};

fn reads_a_body_of_the_maximum_size<A: Adapter>() {
    let server = start();
    let exchanging = exchanging(&server);
    let full = MockResponse::new(503).body(vec![b' '; MAX_RESPONSE_BYTES]);
    server.respond_with(Endpoint::CodeExchange, [full]);
    let (exchanging, error) = refused(A::new().send(exchanging));
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    authenticated(A::new().send(exchanging));
}

fn rejects_a_longer_body<A: Adapter>() {
    let server = start();
    let exchanging = exchanging(&server);
    let fuller = MockResponse::new(503).body(vec![b' '; MAX_RESPONSE_BYTES + 1]);
    server.respond_with(Endpoint::CodeExchange, [fuller]);
    let (exchanging, reason) = malformed(A::new().send(exchanging));
    assert!(reason.contains("longer than 262144 bytes"), "{reason}");
    authenticated(A::new().send(exchanging));
}

/// The connection ends early after the limit, so a client that reads beyond it receives no complete response.
fn limits_the_body_after_decompression<A: Adapter>() {
    let server = RawServer::start(|mut stream| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&[b' '; 16 * MAX_RESPONSE_BYTES]).unwrap();
        packed.flush().unwrap();
        let packed = packed.get_ref();
        assert!(packed.len() < MAX_RESPONSE_BYTES);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\
             content-length: {}\r\n\r\n",
            packed.len() + 100
        );
        // The client can close the connection before the end.
        let _ = stream.write_all(&[head.as_bytes(), packed].concat());
    });
    let result = A::decompressing().send(exchanging_at(&server.base_url()));
    if A::DECOMPRESSES {
        let (_, reason) = malformed(result);
        assert!(reason.contains("longer than 262144 bytes"), "{reason}");
    } else {
        let _state = lost(result);
    }
}

on_every_adapter!(
    reads_a_body_of_the_maximum_size,
    rejects_a_longer_body,
    limits_the_body_after_decompression,
);
