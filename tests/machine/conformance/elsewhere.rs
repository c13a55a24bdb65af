//! The tests of statements in the modules of states and in adapters.

use std::path::Path;

use crate::conformance::tests;

/// Tests of the core, by file. Their names begin with the numbers of their statements.
const CORE: &str = "
awaiting_callback.rs c19_rejects_a_callback_without_a_state
awaiting_callback.rs c20_rejects_a_callback_with_a_different_state
awaiting_callback.rs c21_m6_rejects_an_error_with_a_different_state
awaiting_callback.rs c26_rejects_a_callback_at_a_different_redirect_uri
awaiting_callback.rs c31_expires_after_its_lifetime
callback.rs c22_rejects_duplicated_parameters
callback.rs c23_ignores_unknown_parameters
callback.rs c24_matches_parameter_names_case_sensitively
callback.rs c25_rejects_both_a_code_and_an_error
clocks.rs m4_finishes_a_stored_login_at_any_clock_time
clocks.rs m4_no_pair_of_clock_times_panics
device/awaiting.rs c57_the_polling_interval_is_five_seconds_by_default
device/awaiting.rs c58_slow_down_adds_five_seconds_to_all_later_intervals
device/awaiting.rs c61_backs_off_after_a_lost_response_and_goes_on
device/polling.rs c59_stops_when_the_device_code_expires
device/polling.rs c60_stops_polling_on_any_other_error
device/polling.rs m17_polls_through_transient_errors_until_the_device_code_expires
error_codes.rs c32_classifies_the_error_of_a_callback_and_keeps_its_code
error_codes.rs c43_m2_reads_the_error_codes_of_both_shapes_at_any_status
generator.rs m5_code_verifiers_are_uniform_over_the_alphabet
lifetimes.rs m4_an_invalid_lifetime_is_unknown_in_every_session
limits/mod.rs c39_m12_limits_the_response_size
malformed.rs c37_m11_refuses_redirects
malformed.rs c38_requires_a_json_content_type
malformed.rs c38_names_the_problem_of_a_body_that_is_not_a_json_object
malformed.rs c38_requires_one_json_object
malformed.rs c40_requires_an_access_token_of_type_bearer
malformed.rs c41_ignores_unknown_members_of_a_response
oauth/login.rs c27_c29_rejects_a_callback_of_another_issuer
oauth/login.rs c28_c29_rejects_a_callback_without_an_issuer_if_it_is_advertised
oauth/refresh.rs c45_replaces_the_refresh_token_only_if_a_new_one_is_returned
oauth/refresh.rs c46_sends_no_organization_scope_or_secret
oauth/refresh.rs c46_rejects_another_organization_and_keeps_the_new_refresh_token
oauth/server.rs c03_keeps_the_query_of_an_endpoint
oauth/server.rs c03_rejects_protocol_parameters_in_the_query_of_an_endpoint
oauth/server.rs c30_refuses_a_client_of_another_issuer
oauth/tokens.rs c42_treats_an_invalid_or_missing_expires_in_as_unknown
refreshing.rs c46_requests_the_organization_of_the_session_and_no_scope
refreshing.rs c46_rejects_another_organization_and_keeps_the_new_refresh_token
refreshing.rs c50_keeps_the_session_on_a_transport_error
refreshing.rs m13_only_invalid_grant_ends_a_session
secrets.rs c55_c62_m9_m16_shows_no_secret
start.rs c07_sends_the_connection_selector
start.rs c14_uses_a_new_state_and_code_verifier_for_each_login
start.rs m15_sends_every_option
start.rs m18_sends_a_max_age_of_zero
";

/// Tests of adapters: number, file, name.
const ADAPTERS: &str = "
c9 adapters/cli/tests/suite/demo.rs the_system_browser_opens_the_authorization_url
c44 tests/adapters/tests/suite/certificates.rs rejects_an_untrusted_certificate
c44 tests/adapters/tests/suite/certificates.rs rejects_a_certificate_for_another_name
c47 adapters/session/tests/suite/rules.rs k2_many_threads_of_two_processes_share_one_refresh
c48 adapters/session/tests/suite/requests.rs c48_a_used_refresh_token_is_not_sent_again
c49 adapters/session/tests/suite/requests.rs c49_a_rejected_refresh_token_does_not_clear_a_new_login
c51 adapters/loopback/tests/suite/bound.rs the_default_is_an_ip_literal_and_a_free_port
c51 adapters/loopback/tests/suite/bound.rs serves_localhost_over_ipv4_and_ipv6
c52 adapters/loopback/tests/suite/bound.rs the_default_is_an_ip_literal_and_a_free_port
c52 adapters/loopback/tests/suite/bound.rs serves_an_ipv6_literal
c53 adapters/loopback/tests/suite/accepted.rs the_port_is_free_after_the_login
c56 adapters/keyring/tests/suite/records.rs a_record_is_loaded_as_it_was_saved_for_any_size_of_an_entry
c56 adapters/keyring/tests/suite/records.rs no_request_is_sent_while_the_keyring_is_locked
c63 adapters/session/tests/suite/calls.rs a_call_has_the_token_in_a_sensitive_header
c63 adapters/session/tests/suite/calls.rs a_token_is_sent_over_tls_or_to_a_loopback_address_only
c64 adapters/session/tests/suite/calls.rs k12_a_rejected_token_causes_one_refresh_and_one_retry
c64 adapters/session/tests/suite/calls.rs k12_a_second_rejection_is_returned_unchanged
m3 tests/adapters/tests/suite/responses.rs returns_an_unknown_error_code
m7 adapters/loopback/tests/suite/ignored.rs ignores_every_other_path_also_with_the_state
m7 adapters/loopback/tests/suite/ignored.rs ignores_a_callback_with_a_different_state
m7 adapters/loopback/tests/suite/ignored.rs other_connections_do_not_block_the_callback
m8 adapters/loopback/tests/suite/ended.rs a_denied_login_ends_the_wait_and_the_page_shows_it
m10 tests/adapters/tests/suite/pool.rs does_not_retry_on_a_stale_connection
m14 adapters/keyring/tests/suite/records.rs no_request_is_sent_while_the_keyring_is_locked
";

/// Every test in the tables: the numbers, the path and the name.
pub(super) fn elsewhere() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let core = CORE.lines().filter_map(|line| line.split_once(' '));
    let core = core.map(|(file, name)| (name, format!("tests/machine/{file}"), name));
    let adapters = ADAPTERS.lines().filter_map(|line| {
        let (number, rest) = line.split_once(' ')?;
        let (file, name) = rest.split_once(' ')?;
        Some((number, file.to_owned(), name))
    });
    core.chain(adapters)
}

#[test]
fn every_test_in_the_tables_exists() {
    for (_, file, name) in elsewhere() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let source =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(has_test(&source, name), "{file} has no test {name}");
    }
}

/// Returns whether a source file has a test. The tests of all adapters are generic functions, listed in a macro call.
fn has_test(source: &str, test: &str) -> bool {
    let list = source
        .split_once("on_every_adapter!(")
        .map_or("", |(_, list)| list);
    let mut generic = list.split([',', ')']).map(str::trim);
    tests(source).any(|name| name == test) || generic.any(|name| name == test)
}
