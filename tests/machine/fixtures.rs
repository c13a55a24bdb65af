//! Every wire fixture at every exchange.

use std::collections::{BTreeMap, BTreeSet};

use workos_login::http::Response;
use workos_login::http::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::exchanges::{EXCHANGES, Row, outcome_of};
use crate::scenario::{Scenario, fixture, now, refusal, response, secs, with_header};

/// File, status, exchange=kind. `n/a` marks a file that is no response; it is tested with status 200.
///
/// The session of `refresh` has an organization, and `switch` requests another one: a response for none is `Malformed`. An
/// authorization server returns an access token only. `device` has no grant that a challenge could follow, but a pending
/// authentication token makes every response one.
const TABLE: &str = "
success_minimal.json                                          200 code=Authenticated poll=Authenticated challenge=Authenticated oauth-code=Authenticated oauth-poll=Authenticated oauth-refresh=Authenticated else=Malformed
success_full.json                                             200 switch=Malformed device=Malformed else=Authenticated
success_null_optionals.json                                   200 code=Authenticated poll=Authenticated challenge=Authenticated oauth-code=Authenticated oauth-poll=Authenticated oauth-refresh=Authenticated else=Malformed
success_impersonated.json                                     200 switch=Malformed device=Malformed else=Authenticated
success_refresh_rotated.json                                  200 switch=Malformed device=Malformed else=Authenticated
success_refresh_expired_token.json                            200 switch=Malformed device=Malformed else=Authenticated
success_forward_compatible.json                               200 switch=Malformed device=Malformed else=Authenticated

error_oauth_invalid_grant_code.json                           400 device=Rejected else=InvalidGrant
error_oauth_invalid_grant_refresh.json                        400 device=Rejected else=InvalidGrant
error_oauth_invalid_grant_session_ended.json                  400 device=Rejected else=InvalidGrant
error_oauth_invalid_request.json                              400 else=Client
error_oauth_invalid_client.json                               400 else=Client
error_oauth_invalid_client.json                               401 else=Client
error_oauth_unauthorized_client.json                          400 else=Client
error_oauth_authorization_pending.json                        400 poll=Pending else=Rejected
error_oauth_slow_down.json                                    400 poll=SlowDown else=Rejected
error_oauth_expired_token.json                                400 poll=Expired else=Rejected
error_oauth_access_denied.json                                400 poll=Denied device=Client else=Rejected
error_oauth_pkce_not_supported.json                           400 code=Client else=Rejected
error_oauth_organization_not_found.json                       400 device=Rejected else=Denied
error_oauth_organization_membership_not_found.json            400 device=Rejected else=Denied
error_oauth_token_too_big.json                                400 device=Rejected else=Client
error_oauth_too_many_requests.json                            429 retry-after=1 else=Unavailable
error_oauth_error_only.json                                   400 device=Rejected else=InvalidGrant

error_plain_invalid_credentials.json                          400 else=Rejected
error_plain_invalid_one_time_code.json                        400 challenge=IncorrectCode else=Rejected
error_plain_one_time_code_expired.json                        400 challenge=InvalidGrant else=Rejected
error_plain_invalid_pending_authentication_token.json         400 challenge=InvalidGrant else=Rejected
error_plain_code_challenge_not_found.json                     400 code=InvalidGrant else=Rejected
error_plain_invalid_organization_id.json                      400 device=Rejected else=Client
error_plain_user_mismatch.json                                400 challenge=InvalidGrant else=Rejected
error_plain_message_only.json                                 400 else=Rejected
error_plain_unauthorized.json                                 401 else=Client
error_plain_not_found.json                                    404 else=Rejected
error_plain_validation.json                                   422 else=Client
error_plain_validation_errors.json                            422 else=Rejected
error_plain_daily_quota_exceeded.json                         429 else=Unavailable
error_plain_rate_limited.json                                 429 retry-after=30 else=Unavailable
error_plain_server_error.json                                 500 else=Unavailable
error_non_json_502.html                                       502 else=Unavailable
error_empty_body.txt                                          503 else=Unavailable

step_up_email_verification_required.json                      403 else=EmailVerification
step_up_mfa_enrollment.json                                   403 else=MfaEnrollment
step_up_mfa_enrollment_oauth.json                             400 device=Rejected else=MfaEnrollment
step_up_mfa_challenge_factors.json                            403 else=Totp
step_up_mfa_challenge_embedded.json                           403 else=Totp
step_up_mfa_verification.json                                 403 else=Other
step_up_organization_selection_required.json                  403 else=OrganizationSelection
step_up_sso_required.json                                     400 device=Rejected else=Sso
step_up_sso_required_bare_403.json                            403 device=Rejected else=Sso
step_up_organization_authentication_methods_required_oauth.json 400 device=Rejected else=AllowedMethods
step_up_organization_authentication_methods_required_403.json 403 device=Rejected else=AllowedMethods
step_up_authentication_method_not_allowed_plain.json          403 device=Rejected else=Other
step_up_authentication_method_not_allowed_oauth.json          400 device=Rejected else=Other
step_up_email_password_auth_disabled.json                     403 device=Rejected else=Other
step_up_passkey_progressive_enrollment.json                   403 else=Other
step_up_radar_challenge.json                                  403 else=RadarSms
step_up_radar_sign_up_challenge.json                          403 else=RadarSms
step_up_radar_email_challenge.json                            403 else=RadarEmail
step_up_radar_sms_challenge.json                              403 else=RadarSms
step_up_application_consent_required.json                     403 device=Rejected else=Other
step_up_email_completion_required.json                        403 device=Rejected else=EmailCompletion
step_up_unknown_future.json                                   403 else=Unknown

device_authorization.json                                     200 device=AwaitingDevice else=Malformed
device_authorization_minimal.json                             200 device=AwaitingDevice else=Malformed
device_error_invalid_client.json                              400 else=Client
device_error_not_enabled.json                                 403 poll=Denied device=Client else=Rejected
radar_sms_challenge_sent.json                                 200 else=Malformed
mfa_challenge_created.json                                    201 else=Malformed
mfa_factor_enrolled.json                                      201 else=Malformed
session_object.json                                           n/a else=Malformed

connect_device_authorization.json                             200 device=AwaitingDevice else=Malformed
connect_token.json                                            200 oauth-device=Malformed oauth-code=Authenticated oauth-refresh=Authenticated oauth-poll=Authenticated else=Malformed
connect_token_no_refresh.json                                 200 oauth-device=Malformed oauth-code=Authenticated oauth-refresh=Authenticated oauth-poll=Authenticated else=Malformed
connect_token_refreshed.json                                  200 oauth-code=Authenticated oauth-poll=Authenticated oauth-refresh=Authenticated else=Malformed
connect_m2m_token.json                                        200 oauth-code=Authenticated oauth-poll=Authenticated oauth-refresh=Authenticated else=Malformed

jwks.json                                                     200 else=Malformed
jwks_minimal.json                                             200 else=Malformed
jwks_rotated_two_keys.json                                    200 else=Malformed
jwks_empty.json                                               200 else=Malformed
jwt_header.json                                               n/a else=Malformed
jwt_claims_minimal.json                                       n/a else=Malformed
jwt_claims_full.json                                          n/a else=Malformed
jwt_claims_impersonated.json                                  n/a else=Malformed
jwt_claims_template_overrides.json                            n/a else=Malformed
jwt_tokens.json                                               n/a else=Malformed

pkce_vectors.json                                             n/a else=Malformed
authorize_urls.json                                           n/a else=Malformed
callback_urls.json                                            n/a else=Malformed
logout_urls.json                                              n/a else=Malformed
";

fn rows() -> impl Iterator<Item = Row<'static>> {
    Row::read(TABLE)
}

fn row_response(row: &Row<'_>) -> Response<Vec<u8>> {
    let status = row.status.parse().unwrap_or(200);
    let mut response = response(status, fixture(row.name));
    if !row.name.ends_with(".json") {
        response = with_header(response, CONTENT_TYPE, "text/html");
    }
    match row.get("retry-after") {
        Some(seconds) => with_header(response, RETRY_AFTER, seconds),
        None => response,
    }
}

/// The responses of the fixtures whose names have this prefix.
pub(crate) fn responses(prefix: &str) -> impl Iterator<Item = (&'static str, Response<Vec<u8>>)> {
    let rows = rows().filter(move |row| row.name.starts_with(prefix));
    rows.map(|row| (row.name, row_response(&row)))
}

#[test]
fn classifies_every_fixture_at_every_exchange() {
    for row in rows() {
        for exchange in EXCHANGES {
            let outcome = outcome_of(exchange, row_response(&row));
            assert_eq!(outcome, row.kind(exchange), "{} at {exchange}", row.name);
        }
    }
}

#[test]
fn keeps_the_retry_after_of_a_fixture() {
    let mut tested = Vec::new();
    for row in rows() {
        let Some(seconds) = row.get("retry-after") else {
            continue;
        };
        let (_, error) = refusal(Scenario::public().to_refreshing(), row_response(&row));
        assert_eq!(error.retry_in(now()), Some(secs(seconds.parse().unwrap())));
        tested.push(seconds);
    }
    assert_eq!(tested, ["1", "30"]);
}

#[test]
fn every_fixture_is_tested() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wire");
    let files: BTreeSet<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let in_table = rows().map(|row| row.name.to_owned());
    assert_eq!(files, in_table.collect());
}

#[test]
fn tests_the_statuses_of_the_fixtures_readme() {
    let readme = fixture("README.md");
    let mut described = BTreeMap::<_, BTreeSet<&str>>::new();
    for line in readme.lines() {
        let mut cells = line.split(" | ");
        let name = cells.next().and_then(|cell| cell.strip_prefix("| `"));
        let Some(name) = name.and_then(|name| name.strip_suffix('`')) else {
            continue;
        };
        let words = cells
            .next()
            .unwrap()
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '/');
        let statuses = words.filter(|word| {
            *word == "n/a" || word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit())
        });
        if name.contains('.') {
            described.insert(name.to_owned(), statuses.collect());
        }
    }
    let mut in_table = BTreeMap::<_, BTreeSet<&str>>::new();
    for row in rows() {
        in_table
            .entry(row.name.to_owned())
            .or_default()
            .insert(row.status);
    }
    assert_eq!(described, in_table);
}

#[test]
fn the_error_description_does_not_change_the_message() {
    let [bare, described] = ["error_only", "invalid_grant_refresh"].map(|name| {
        let response = response(400, fixture(&format!("error_oauth_{name}.json")));
        refusal(Scenario::public().to_refreshing(), response).1
    });
    assert_eq!(bare.to_string(), described.to_string());
    assert_eq!(bare.error_response().unwrap().description(), None);
    assert!(described.error_response().unwrap().description().is_some());
}
