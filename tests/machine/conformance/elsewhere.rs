//! The statements that an adapter has to show, or that another module here shows already: where their tests are.

use std::path::Path;

use crate::conformance::tests;

/// A statement whose tests are not in this module.
pub(super) struct Elsewhere {
    pub(super) number: &'static str,
    file: &'static str,
    tests: &'static [&'static str],
}

const fn elsewhere(
    number: &'static str,
    file: &'static str,
    tests: &'static [&'static str],
) -> Elsewhere {
    Elsewhere {
        number,
        file,
        tests,
    }
}

/// In the order of their numbers. The files are named from the root of the repository.
pub(super) const ELSEWHERE: &[Elsewhere] = &[
    // The system browser is opened, never an embedded one.
    elsewhere(
        "c9",
        "adapters/cli/tests/suite/demo.rs",
        &["the_system_browser_opens_the_authorization_url"],
    ),
    // TLS with certificate checks. That https is enforced is c8.
    elsewhere(
        "c44",
        "tests/adapters/tests/suite/certificates.rs",
        &[
            "rejects_an_untrusted_certificate",
            "rejects_a_certificate_for_another_name",
        ],
    ),
    // One refresh is under way for one token.
    elsewhere(
        "c47",
        "adapters/session/tests/suite/rules.rs",
        &["k2_many_threads_of_two_processes_share_one_refresh"],
    ),
    // A used refresh token is not sent again.
    elsewhere(
        "c48",
        "adapters/session/tests/suite/requests.rs",
        &["c48_a_used_refresh_token_is_not_sent_again"],
    ),
    // A rejected refresh token is cleared, and no other session.
    elsewhere(
        "c49",
        "adapters/session/tests/suite/requests.rs",
        &["c49_a_rejected_refresh_token_does_not_clear_a_new_login"],
    ),
    // An IP address by default, localhost where that is registered.
    elsewhere(
        "c51",
        "adapters/loopback/tests/suite/bound.rs",
        &[
            "the_default_is_an_ip_literal_and_a_free_port",
            "serves_localhost_over_ipv4_and_ipv6",
        ],
    ),
    // A free port by default, IPv4 and IPv6.
    elsewhere(
        "c52",
        "adapters/loopback/tests/suite/bound.rs",
        &[
            "the_default_is_an_ip_literal_and_a_free_port",
            "serves_an_ipv6_literal",
        ],
    ),
    // The listener closes after success. That it ignores what is foreign is m7.
    elsewhere(
        "c53",
        "adapters/loopback/tests/suite/accepted.rs",
        &["the_port_is_free_after_the_login"],
    ),
    // No credential is logged or printed.
    elsewhere(
        "c55",
        "tests/machine/secrets.rs",
        &["c55_c62_m9_m16_shows_no_secret"],
    ),
    // Tokens are stored in the system keyring, and a locked keyring is reported.
    elsewhere(
        "c56",
        "adapters/keyring/tests/suite/records.rs",
        &[
            "a_record_is_loaded_as_it_was_saved_for_any_size_of_an_entry",
            "no_request_is_sent_while_the_keyring_is_locked",
        ],
    ),
    // A bearer token in the header only, marked sensitive.
    elsewhere(
        "c63",
        "adapters/session/tests/suite/calls.rs",
        &[
            "a_call_has_the_token_in_a_sensitive_header",
            "a_token_is_sent_over_tls_or_to_a_loopback_address_only",
        ],
    ),
    // After 401 invalid_token one refresh, one repetition, no more.
    elsewhere(
        "c64",
        "adapters/session/tests/suite/calls.rs",
        &[
            "k12_a_rejected_token_causes_one_refresh_and_one_retry",
            "k12_a_second_rejection_is_returned_unchanged",
        ],
    ),
    // A public client sends `"client_secret":""`.
    elsewhere(
        "m1",
        "tests/machine/exchanging.rs",
        &["c33_m1_a_public_client_sends_its_id_and_no_client_secret"],
    ),
    // A dead refresh token is recognised by its status alone.
    elsewhere(
        "m2",
        "tests/machine/error_codes.rs",
        &["m2_a_known_code_counts_at_any_status"],
    ),
    // The HTTP client turns a 4xx into an error of its own.
    elsewhere(
        "m3",
        "tests/adapters/tests/suite/responses.rs",
        &["returns_an_unknown_error_code"],
    ),
    // A time that cannot be read makes a panic, or wraps.
    elsewhere(
        "m4",
        "tests/machine/authenticated.rs",
        &["m4_an_invalid_lifetime_is_unknown"],
    ),
    // The characters of the verifier are drawn without repetition.
    elsewhere(
        "m5",
        "tests/machine/generator.rs",
        &["m5_code_verifiers_are_uniform_over_the_alphabet"],
    ),
    // An error is believed before the state. That a code beside it does not win is c25.
    elsewhere(
        "m6",
        "tests/machine/awaiting_callback.rs",
        &["c21_m6_rejects_an_error_with_a_different_state"],
    ),
    // The listener takes whatever connects first.
    elsewhere(
        "m7",
        "adapters/loopback/tests/suite/ignored.rs",
        &[
            "ignores_every_other_path_also_with_the_state",
            "ignores_a_callback_with_a_different_state",
            "other_connections_do_not_block_the_callback",
        ],
    ),
    // The page says that it worked when the user said no.
    elsewhere(
        "m8",
        "adapters/loopback/tests/suite/ended.rs",
        &["a_denied_login_ends_the_wait_and_the_page_shows_it"],
    ),
    // A secret is printed.
    elsewhere(
        "m9",
        "tests/machine/secrets.rs",
        &["c55_c62_m9_m16_shows_no_secret"],
    ),
    // A hidden retry sends a code or a token again.
    elsewhere(
        "m10",
        "tests/adapters/tests/suite/pool.rs",
        &["does_not_retry_on_a_stale_connection"],
    ),
    // A redirect takes the request to another host.
    elsewhere(
        "m11",
        "tests/machine/malformed.rs",
        &["c37_m11_refuses_redirects"],
    ),
    // A body of any size is read whole. After decompression it is an adapter's.
    elsewhere(
        "m12",
        "tests/machine/malformed.rs",
        &["m12_an_answer_is_256_kib_at_most"],
    ),
    // Any error ends the session.
    elsewhere(
        "m13",
        "tests/machine/refreshing.rs",
        &["m13_only_invalid_grant_ends_a_session"],
    ),
    // A store that can be read and not written is found out too late.
    elsewhere(
        "m14",
        "adapters/keyring/tests/suite/records.rs",
        &["no_request_is_sent_while_the_keyring_is_locked"],
    ),
    // An option does not reach the address.
    elsewhere("m15", "tests/machine/start.rs", &["m15_sends_every_option"]),
    // The service's own words are printed.
    elsewhere(
        "m16",
        "tests/machine/secrets.rs",
        &["c55_c62_m9_m16_shows_no_secret"],
    ),
    // A max_age of zero is dropped.
    elsewhere(
        "m18",
        "tests/machine/start.rs",
        &["m18_sends_a_max_age_of_zero"],
    ),
];

#[test]
fn every_test_that_is_named_exists() {
    for entry in ELSEWHERE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(entry.file);
        let source = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{} for {}: {error}", entry.file, entry.number));
        for test in entry.tests {
            assert!(
                has_test(&source, test),
                "{} has no test {test} for {}",
                entry.file,
                entry.number
            );
        }
    }
}

/// Whether a source file has a test of this name; a behaviour of every adapter is a generic function, and named once more.
fn has_test(source: &str, test: &str) -> bool {
    let behaviours = source
        .split_once("on_every_adapter!(")
        .map(|(_, rest)| rest);
    tests(source).any(|name| name == test)
        || behaviours.is_some_and(|list| {
            list.split([',', ')'])
                .any(|behaviour| behaviour.trim() == test)
        })
}
