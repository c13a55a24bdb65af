//! `/user_management/authorize`: the authorization endpoint.
//!
//! `GET` validates the authorization request and shows the login page. The form of the page is
//! sent by `POST` to the same URL, so that the authorization request is validated again and no
//! state is kept in between. An error of the client ID or the redirect URI is shown in the browser;
//! every other error is redirected to the application (RFC 6749 section 4.1.2.1).

use super::page;
use super::redirect_uri::{is_allowed, with_parameters};
use crate::config::LoginPage;
use crate::ids::opaque;
use crate::params::Params;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::{AuthorizationCode, State};

/// A valid authorization request.
#[derive(Debug)]
struct AuthorizationRequest {
    target: Target,
    code_challenge: Option<String>,
    organization_id: Option<String>,
    login_hint: Option<String>,
    method: String,
}

/// The part of an authorization request that an authorization error needs.
#[derive(Debug)]
struct Target {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
}

/// `GET`: shows the login page, or redirects at once if [`LoginPage`] says so.
pub(crate) fn show(
    state: &mut State,
    http: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let request = parse(state, http)?;
    match state.config.login_page.clone() {
        LoginPage::Interactive => Ok(page::log_in(
            &state.config.users,
            request.login_hint.as_deref(),
            &request.target.redirect_uri,
            http.query.as_deref().unwrap_or_default(),
        )),
        LoginPage::Deny => Ok(request.target.denied()),
        LoginPage::ApproveAs(email) => request.approve(state, &email),
    }
}

/// `POST`: processes the form of the login page.
pub(crate) fn decide(
    state: &mut State,
    http: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    // The query of the form is that of the authorization request.
    let request = parse(state, http)?;
    let form = http.body_params()?;
    match form.required("decision")? {
        "deny" => Ok(request.target.denied()),
        "log-in" => request.approve(state, form.required("user")?),
        _ => Err(shown("The decision is unknown.")),
    }
}

impl AuthorizationRequest {
    /// Issues an authorization code for this user and redirects to the application.
    fn approve(self, state: &mut State, email: &str) -> Result<MockResponse, MockResponse> {
        let user = state
            .config
            .user_by_email(email)
            .ok_or_else(|| MockResponse::plain_error(400, "user_not_found", "Unknown user."))?;
        let code = opaque();
        let location = self.target.callback(&[("code", Some(&code))]);
        let issued = AuthorizationCode {
            client_id: self.target.client_id,
            redirect_uri: self.target.redirect_uri,
            code_challenge: self.code_challenge,
            user_id: user.id.clone(),
            organization_id: self.organization_id,
            method: self.method,
            // `None` if the lifetime exceeds the range of `SystemTime`: the code does not expire.
            expires_at: state.now().checked_add(state.config.code_lifetime),
        };
        state.codes.insert(code, issued);
        Ok(MockResponse::redirect(&location))
    }
}

impl Target {
    fn parse(state: &State, params: &Params) -> Result<Self, MockResponse> {
        let client_id = params
            .required("client_id")
            .map_err(|_| shown("Exactly one client_id is required."))?;
        if !state.config.has_client(client_id) {
            return Err(shown("Unknown client."));
        }
        let redirect_uri = params
            .required("redirect_uri")
            .map_err(|_| shown("Exactly one redirect_uri is required."))?;
        if !is_allowed(redirect_uri, state.config.redirect_uris.as_deref()) {
            return Err(MockResponse::plain_error(
                400,
                "invalid_redirect_uri",
                "The redirect_uri is not allowed.",
            ));
        }
        Ok(Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            state: params.get("state").unwrap_or_default().map(str::to_owned),
        })
    }

    fn callback(&self, parameters: &[(&str, Option<&str>)]) -> String {
        let state = [("state", self.state.as_deref())];
        with_parameters(&self.redirect_uri, &[parameters, &state].concat())
    }

    fn error(&self, error: &str, description: &str) -> MockResponse {
        MockResponse::redirect(&self.callback(&[
            ("error", Some(error)),
            ("error_description", Some(description)),
        ]))
    }

    fn denied(&self) -> MockResponse {
        self.error("access_denied", "The user denied the request.")
    }
}

fn parse(state: &State, http: &RecordedRequest) -> Result<AuthorizationRequest, MockResponse> {
    let params = http.query_params();
    // The redirect URI must be validated first: errors are redirected to it (RFC 6749 section 4.1.2.1).
    let target = Target::parse(state, &params)?;
    let invalid = |description: &str| target.error("invalid_request", description);
    params
        .reject_repeated("provider_scopes")
        .map_err(|description| invalid(&description))?;
    let get = |name| {
        // Cannot fail: no parameter that is read here is repeated.
        let value = params.get(name).unwrap_or_default();
        value.filter(|value| !value.is_empty())
    };
    match get("response_type") {
        Some("code") => {}
        Some(_) => {
            let description = "The response_type must be code.";
            return Err(target.error("unsupported_response_type", description));
        }
        None => return Err(invalid("The response_type is missing.")),
    }
    let provider = get("provider");
    let connection = get("connection_id").or(get("organization_id"));
    if provider.or(connection).is_none() {
        return Err(invalid(
            "One of provider, connection_id and organization_id is required.",
        ));
    }
    let code_challenge = get("code_challenge");
    // Without an API key every client is public, and a public client must use PKCE.
    let optional = state.config.api_key.is_some();
    check_pkce(code_challenge, get("code_challenge_method"), optional).map_err(invalid)?;
    Ok(AuthorizationRequest {
        code_challenge: code_challenge.map(str::to_owned),
        organization_id: get("organization_id").map(str::to_owned),
        login_hint: get("login_hint").map(str::to_owned),
        method: method(provider).to_owned(),
        target,
    })
}

fn check_pkce(
    challenge: Option<&str>,
    method: Option<&str>,
    optional: bool,
) -> Result<(), &'static str> {
    match (challenge, method) {
        (Some(challenge), Some("S256")) if is_s256(challenge) => Ok(()),
        (None, None) if optional => Ok(()),
        (None, None) => Err("A public client must send a code_challenge."),
        _ => Err("The code_challenge must be valid and its method must be S256."),
    }
}

/// Returns the `authentication_method` of a login with this provider.
fn method(provider: Option<&str>) -> &str {
    match provider {
        None => "SSO",
        Some("authkit") => "Password",
        Some(provider) => provider,
    }
}

/// Returns whether the text has the form of a SHA-256 digest in base64url (RFC 7636 section 4.2).
fn is_s256(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn shown(message: &str) -> MockResponse {
    MockResponse::plain_error(400, "invalid_request", message)
}
