//! Every adapter passes the conformance suite of the mock server, with its own client and with a custom one.

use workos_login_mock_server::conformance::assert_conforms;

use crate::adapters::Adapter;

fn conforms<A: Adapter>() {
    assert_conforms(&A::new());
}

/// The custom client has a pool and decompresses if it can.
fn conforms_with_a_custom_client<A: Adapter>() {
    assert_conforms(&A::decompressing());
}

on_every_adapter!(conforms, conforms_with_a_custom_client);
