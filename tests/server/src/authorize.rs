//! `/user_management/authorize`: what a login must ask for, and where the person decides.

use url::{Url, form_urlencoded};

use crate::code_grant::Code;
use crate::config::LoginPage;
use crate::ids::opaque;
use crate::log::RecordedRequest;
use crate::page;
use crate::params::Params;
use crate::response::MockResponse;
use crate::world::World;

/// An authorization request that may be shown to a person.
#[derive(Debug)]
struct Request {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<String>,
    organization_id: Option<String>,
    login_hint: Option<String>,
    method: String,
}

/// `GET`: the page, or at once where it would have led.
pub(crate) fn show(
    world: &mut World,
    http: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let request = read(world, http)?;
    match world.config.login_page.clone() {
        LoginPage::Interactive => {
            let hint = request.login_hint.as_deref();
            Ok(page::log_in(
                &world.config.users,
                hint,
                &request.redirect_uri,
                http.query.as_deref().unwrap_or(""),
            ))
        }
        LoginPage::Deny => Ok(request.denied()),
        LoginPage::ApproveAs(email) => request.signed_in(world, &email),
    }
}

/// `POST`: the form of the page, with the request it belongs to still in the query.
pub(crate) fn decide(
    world: &mut World,
    http: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let request = read(world, http)?;
    let form = Params::from_body(http)?;
    match form.required("decision")? {
        "deny" => Ok(request.denied()),
        "sign-in" => request.signed_in(world, form.required("user")?),
        _ => Err(MockResponse::plain_error(
            400,
            "invalid_request",
            "There is no such button.",
        )),
    }
}

impl Request {
    fn signed_in(self, world: &mut World, email: &str) -> Result<MockResponse, MockResponse> {
        let user = world.config.user_by_email(email).ok_or_else(|| {
            MockResponse::plain_error(400, "user_not_found", "There is no such user.")
        })?;
        let code = opaque();
        let location = callback(
            &self.redirect_uri,
            &[("code", Some(&code)), ("state", self.state.as_deref())],
        );
        let entry = Code {
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            challenge: self.challenge,
            user_id: user.id.clone(),
            organization_id: self.organization_id,
            method: self.method,
            expires_at: world.now().checked_add(world.config.code_lifetime),
        };
        world.codes.insert(code, entry);
        Ok(MockResponse::redirect(&location))
    }

    fn denied(&self) -> MockResponse {
        failed(
            &self.redirect_uri,
            self.state.as_deref(),
            "access_denied",
            "The user refused.",
        )
    }
}

/// Checks the request. What is wrong with the client or the redirect address is shown to the
/// browser; everything else goes back to the application.
fn read(world: &World, http: &RecordedRequest) -> Result<Request, MockResponse> {
    let params = Params::from_form(http.query.as_deref().unwrap_or_default().as_bytes());
    let shown = |message: &str| MockResponse::plain_error(400, "invalid_request", message);
    let client_id = params
        .required("client_id")
        .map_err(|_| shown("A client_id is needed, once."))?;
    if !world
        .config
        .client_ids
        .iter()
        .any(|known| known == client_id)
    {
        return Err(shown("The client is not known."));
    }
    let redirect_uri = params
        .required("redirect_uri")
        .map_err(|_| shown("A redirect_uri is needed, once."))?;
    let allowed = match &world.config.redirect_uris {
        Some(registered) => registered.iter().any(|own| own == redirect_uri),
        None => true,
    };
    if !allowed || !is_harmless_address(redirect_uri) {
        return Err(MockResponse::plain_error(
            400,
            "invalid_redirect_uri",
            "The redirect_uri is not allowed.",
        ));
    }

    let state = params.get("state").unwrap_or_default();
    let refused = |error: &str, text: &str| failed(redirect_uri, state, error, text);
    if let Some(name) = params.repeated("provider_scopes") {
        return Err(refused(
            "invalid_request",
            &format!("A parameter is there twice: {name}."),
        ));
    }
    // No parameter but the scopes is there twice from here on, so that `get` cannot fail.
    let get = |name| {
        params
            .get(name)
            .unwrap_or_default()
            .filter(|value| !value.is_empty())
    };
    match get("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(refused(
                "unsupported_response_type",
                "The response_type has to be code.",
            ));
        }
        None => return Err(refused("invalid_request", "The response_type is missing.")),
    }
    let provider = get("provider");
    if provider.is_none() && get("connection_id").is_none() && get("organization_id").is_none() {
        let text = "One of provider, connection_id and organization_id is needed.";
        return Err(refused("invalid_request", text));
    }
    match (get("code_challenge"), get("code_challenge_method")) {
        (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
        (None, None) if world.config.api_key.is_some() => {}
        (None, None) => {
            return Err(refused(
                "invalid_request",
                "A public client needs a code_challenge.",
            ));
        }
        _ => {
            return Err(refused(
                "invalid_request",
                "The code_challenge has to be an S256 one, with its method.",
            ));
        }
    }
    Ok(Request {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: state.map(str::to_owned),
        challenge: get("code_challenge").map(str::to_owned),
        organization_id: get("organization_id").map(str::to_owned),
        login_hint: get("login_hint").map(str::to_owned),
        method: match provider {
            None => "SSO".to_owned(),
            Some("authkit") => "Password".to_owned(),
            Some(provider) => provider.to_owned(),
        },
    })
}

fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a browser may be sent there: absolute, without a fragment, and with a scheme that runs
/// nothing and reads no file.
pub(crate) fn is_harmless_address(address: &str) -> bool {
    let harmful = [
        "about",
        "blob",
        "data",
        "file",
        "filesystem",
        "javascript",
        "vbscript",
        "view-source",
    ];
    Url::parse(address)
        .is_ok_and(|url| !harmful.contains(&url.scheme()) && url.fragment().is_none())
        && address.bytes().all(|byte| byte.is_ascii_graphic())
}

fn failed(redirect_uri: &str, state: Option<&str>, error: &str, description: &str) -> MockResponse {
    let parameters = [
        ("error", Some(error)),
        ("error_description", Some(description)),
        ("state", state),
    ];
    MockResponse::redirect(&callback(redirect_uri, &parameters))
}

/// The redirect address, letter for letter, with parameters behind those it has.
fn callback(redirect_uri: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(
        parameters
            .iter()
            .filter_map(|(name, value)| value.map(|value| (name, value))),
    );
    let separator = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{separator}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_keeps_the_redirect_address_letter_for_letter() {
        let to = |uri| {
            callback(
                uri,
                &[("code", Some("c")), ("state", None), ("error", Some("a b"))],
            )
        };
        assert_eq!(
            to("http://127.0.0.1:80"),
            "http://127.0.0.1:80?code=c&error=a+b"
        );
        assert_eq!(to("myapp://cb?x=%20"), "myapp://cb?x=%20&code=c&error=a+b");
        assert_eq!(to("myapp:/cb?"), "myapp:/cb?code=c&error=a+b");
    }

    #[test]
    fn scripts_files_fragments_and_line_breaks_are_no_redirect_addresses() {
        for uri in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:,x",
            "file:///etc/passwd",
            "/cb",
            "a:b#c",
            "http://a/\r\nx: y",
            "http://a/\tb",
        ] {
            assert!(!is_harmless_address(uri), "{uri:?}");
        }
        for uri in [
            "http://127.0.0.1:1/cb",
            "http://[::1]:1/cb",
            "https://app.example/cb",
            "com.example.app:/cb",
            "myapp://cb",
        ] {
            assert!(is_harmless_address(uri), "{uri}");
        }
    }
}
