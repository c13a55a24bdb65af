//! The configuration of an authorization server, and the scope.

use workos_login::url::Url;
use workos_login::{Exchange, InvalidScope, Scope, Server};

use super::{ISSUER, begin, client_of, exchanging, requesting_device, scope, server};
use crate::scenario::{
    Counting, REDIRECT_URI, Scenario, kind, message_contains, now, real_callback, refused, reloaded,
};

const AUTHORIZE: &str = "https://server.example/authorize";
const TOKEN: &str = "https://server.example/token";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[track_caller]
fn refused_server(issuer: &str, authorize: &str, token: &str, why: &str) {
    let refused = Server::new(issuer, &url(authorize), &url(token)).unwrap_err();
    message_contains(&refused, why);
}

#[test]
fn every_endpoint_is_https_or_loopback_without_user_and_fragment() {
    for (bad, why) in [
        ("http://server.example/x", "which exposes tokens"),
        ("ftp://server.example/x", "neither https nor http"),
        ("myapp://server.example/x", "neither https nor http"),
        ("https://server.example/x#y", "fragment"),
        ("https://server.example/x#", "fragment"),
        ("https://user@server.example/x", "user or a password"),
        ("https://:pw@server.example/x", "user or a password"),
    ] {
        refused_server(bad, AUTHORIZE, TOKEN, why);
        refused_server(ISSUER, bad, TOKEN, why);
        refused_server(ISSUER, AUTHORIZE, bad, why);
        let device = server().device_authorization_endpoint(&url(bad));
        assert!(device.unwrap_err().to_string().contains(why), "{bad}");
    }
    for good in [
        "https://server.example",
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "http://localhost/x",
        "https://server.example:8443/tenant/x?policy=a",
    ] {
        assert!(Server::new(good, &url(good), &url(good)).is_ok(), "{good}");
        assert!(server().device_authorization_endpoint(&url(good)).is_ok());
    }
}

#[test]
fn rejects_an_issuer_that_is_not_a_url() {
    for issuer in ["", "server.example", "/x", "https://"] {
        refused_server(issuer, AUTHORIZE, TOKEN, "issuer is not a URL");
    }
}

#[test]
fn c03_rejects_protocol_parameters_in_the_query_of_an_endpoint() {
    for name in [
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "st%61te",
    ] {
        let bad = format!("{AUTHORIZE}?policy=a&{name}=x");
        refused_server(ISSUER, &bad, TOKEN, "parameter of the protocol");
        refused_server(ISSUER, AUTHORIZE, &bad, "parameter of the protocol");
        let device = server().device_authorization_endpoint(&url(&bad));
        let why = device.unwrap_err().to_string();
        assert!(why.contains("parameter of the protocol"), "{why}");
    }
}

#[test]
fn c03_keeps_the_query_of_an_endpoint() {
    let token = format!("{TOKEN}?policy=a");
    let server = Server::new(
        ISSUER,
        &url(&format!("{AUTHORIZE}?policy=a%20b")),
        &url(&token),
    )
    .unwrap();
    let client = client_of(server);
    let (opened, pending) = begin(&client);
    let query = opened.as_str().strip_prefix(AUTHORIZE).unwrap();
    assert!(query.starts_with("?policy=a%20b&client_id="), "{query}");
    let exchanging = pending.accept(&client, real_callback(), now()).unwrap();
    assert_eq!(exchanging.request().uri(), &*token);
}

#[test]
fn an_option_replaces_a_parameter_of_the_endpoint() {
    let endpoint = url(&format!(
        "{AUTHORIZE}?prompt=none&policy=a%20b&%70rompt=x&audience=y&flag"
    ));
    let client = client_of(Server::new(ISSUER, &endpoint, &url(TOKEN)).unwrap());
    let start = client.login(scope(), REDIRECT_URI.parse().unwrap());
    let start = start.prompt("login").parameter("flag", "1").unwrap();
    let (opened, _) = start.begin(now(), &mut Counting::default());
    let query = opened.as_str().strip_prefix(AUTHORIZE).unwrap();
    assert!(
        query.starts_with("?policy=a%20b&audience=y&client_id="),
        "{query}"
    );
    for (name, value) in [("prompt", "login"), ("flag", "1")] {
        let pairs = Url::from(opened.clone());
        let values = pairs.query_pairs().filter(|(given, _)| given == name);
        let values: Vec<_> = values.map(|(_, value)| value.into_owned()).collect();
        assert_eq!(values, [value], "{query}");
    }
}

#[test]
fn sends_to_the_configured_endpoints() {
    let (opened, _) = begin(&super::client());
    assert!(
        opened
            .as_str()
            .starts_with("https://lagoon-77.authkit.app/oauth2/authorize?client_id="),
        "{opened}"
    );
    let token = exchanging().request();
    assert_eq!(token.uri(), "https://lagoon-77.authkit.app/oauth2/token");
    assert_eq!(
        requesting_device().request().uri(),
        "https://lagoon-77.authkit.app/oauth2/device_authorization"
    );
}

#[test]
fn refuses_a_device_login_without_its_endpoint() {
    let server = Server::new(ISSUER, &url(AUTHORIZE), &url(TOKEN)).unwrap();
    let problem = client_of(server).device(&scope()).unwrap_err();
    assert!(problem.error_response().is_none());
    message_contains(&problem, "no device authorization endpoint");
}

#[test]
fn requests_openid_and_each_scope_once() {
    for (text, scope) in [
        ("", "openid"),
        ("  ", "openid"),
        ("openid", "openid"),
        ("email openid", "openid email"),
        (" email  profile email openid ", "openid email profile"),
        (
            "https://x/calendar.read a:b !",
            "openid https://x/calendar.read a:b !",
        ),
        ("OPENID", "openid OPENID"),
    ] {
        assert_eq!(text.parse::<Scope>().unwrap().to_string(), scope);
    }
    assert_eq!(Scope::default().as_str(), "openid");
}

#[test]
fn rejects_a_scope_with_other_characters() {
    for bad in ["\"", "a\\b", "a\tb", "a\nb", "é", "a\u{7f}", "a,\u{0}"] {
        let refused: InvalidScope = bad.parse::<Scope>().unwrap_err();
        message_contains(&refused, "separate printable ASCII names with spaces");
    }
}

#[test]
fn c30_refuses_a_client_of_another_issuer() {
    let elsewhere = Server::new("https://other.example", &url(AUTHORIZE), &url(TOKEN)).unwrap();
    let client = client_of(elsewhere);
    let pending = super::pending();
    for pending in [reloaded(&pending), pending] {
        let (pending, error) = refused(pending.accept(&client, real_callback(), now()));
        assert_eq!(kind(&error), "Client");
        let (pending, error) =
            refused(pending.accept(&Scenario::public().client, real_callback(), now()));
        assert_eq!(kind(&error), "Client");
        assert!(
            pending
                .accept(&super::client(), real_callback(), now())
                .is_ok()
        );
    }
    let (_, error) = refused(super::session().refresh(&client));
    assert_eq!(kind(&error), "Client");
    let (_, error) = refused(super::awaiting_device().poll(&client, now()));
    assert_eq!(kind(&error), "Client");
}
