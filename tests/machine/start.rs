//! The authorization URL of a login, and the pending login.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};
use workos_login::url::Url;
use workos_login::{
    Client, ConnectionSelector, Provider, Public, ReservedParameter, Screen, Start,
};

use crate::scenario::{
    CLIENT_ID, CODE_CHALLENGE, CODE_VERIFIER, Counting, REDIRECT_URI, STATE, Scenario, begin,
    fixture, now, organization, pairs, secs, stored,
};

/// The values of a parameter, in the order they are sent.
fn values(url: &Url, name: &str) -> Vec<String> {
    let named = pairs(url).into_iter().filter(|(given, _)| given == name);
    named.map(|(_, value)| value).collect()
}

/// Checks that an option is sent once, as `name=value`.
#[track_caller]
fn sends(name: &str, value: &str, option: impl FnOnce(Start<'_, Public>) -> Start<'_, Public>) {
    let scenario = Scenario::public();
    let (url, _) = begin(option(scenario.to_start()));
    assert_eq!(values(&url, name), [value], "{url}");
}

#[test]
fn builds_the_whole_authorization_url() {
    let (url, _) = begin(Scenario::public().to_start());
    assert_eq!(
        url.as_str(),
        format!(
            "https://api.workos.com/user_management/authorize?client_id={CLIENT_ID}\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A52143%2Fcallback&response_type=code\
             &code_challenge={CODE_CHALLENGE}&code_challenge_method=S256&state={STATE}&provider=authkit"
        )
    );
}

#[test]
fn debug_of_the_authorization_url_shows_no_state() {
    let (url, _) = Scenario::public()
        .to_start()
        .begin(now(), &mut Counting::default());
    assert!(url.to_string().contains(STATE));
    assert_eq!(
        format!("{url:?}"),
        "AuthorizationUrl(\"https://api.workos.com/user_management/authorize\", ..)"
    );
}

#[test]
fn the_authorization_url_converts_to_an_equal_url() {
    let scenario = Scenario::public().redirect_uri("https://a.example/é?b=c d");
    let (url, _) = scenario
        .to_start()
        .login_hint("ünï@example.org?#&%/\\")
        .app_state("~!*'()\u{1f511}")
        .unwrap()
        .begin(now(), &mut Counting::default());
    assert_eq!(Url::from(url.clone()).as_str(), url.as_ref());
    assert_eq!(String::from(url.clone()), url.as_str());
}

#[test]
fn generates_state_and_code_verifier_in_one_call() {
    let mut generator = Counting::default();
    let (_, pending) = Scenario::public().to_start().begin(now(), &mut generator);
    assert_eq!(generator.calls, [66]);
    let stored: Value = serde_json::from_str(&stored(&pending)).unwrap();
    assert_eq!(stored["state"], STATE);
    assert_eq!(stored["code_verifier"], CODE_VERIFIER);
}

#[test]
fn c14_uses_a_new_state_and_code_verifier_for_each_login() {
    let scenario = Scenario::public();
    let mut generator = Counting::default();
    let mut generated = || {
        let (url, pending) = scenario.to_start().begin(now(), &mut generator);
        let pending: Value = serde_json::from_str(&stored(&pending)).unwrap();
        [
            values(&url.into(), "state").remove(0),
            pending["code_verifier"].to_string(),
        ]
    };
    let all: BTreeSet<String> = (0..3).flat_map(|_| generated()).collect();
    assert_eq!(all.len(), 6);
}

/// The parameters of a fixture, with the random values of this login.
fn expected(params: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (name, value) in params {
        match value {
            Value::Array(list) => pairs.extend(list.iter().map(|item| (name.clone(), text(item)))),
            Value::Object(map) => pairs.extend(
                map.iter()
                    .map(|(key, value)| (format!("{name}[{key}]"), text(value))),
            ),
            _ if name.starts_with("code_challenge") => {}
            _ if name == "state" => pairs.push((name.clone(), format!("{STATE}.{}", text(value)))),
            _ => pairs.push((name.clone(), text(value))),
        }
    }
    pairs.push(("code_challenge".to_owned(), CODE_CHALLENGE.to_owned()));
    pairs.push(("code_challenge_method".to_owned(), "S256".to_owned()));
    pairs.sort();
    pairs
}

/// Builds the authorization URL of a fixture with the options of a login.
fn build(params: &Map<String, Value>) -> Url {
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let client = Client::public(text("client_id").unwrap().parse().unwrap());
    let selector = match (text("provider").unwrap(), text("screen_hint")) {
        ("authkit", None) => ConnectionSelector::AuthKit(Screen::Default),
        ("authkit", Some("sign-in")) => ConnectionSelector::AuthKit(Screen::SignIn),
        ("authkit", Some("sign-up")) => ConnectionSelector::AuthKit(Screen::SignUp),
        (name, _) => ConnectionSelector::Provider(Provider::from(name)),
    };
    let mut start = client
        .login(selector, text("redirect_uri").unwrap().parse().unwrap())
        .app_state(text("state").unwrap())
        .unwrap();
    for (name, value) in params {
        let value = || value.as_str().unwrap();
        start = match name.as_str() {
            "claim_nonce" => start.claim_nonce(value()),
            "connection_id" => start.connection(&value().parse().unwrap()),
            "domain_hint" => start.domain_hint(value()),
            "invitation_token" => start.invitation_token(value()),
            "login_hint" => start.login_hint(value()),
            "max_age" => start.max_age(secs(value().parse().unwrap())),
            "organization_id" => start.organization(&value().parse().unwrap()),
            "prompt" => start.prompt(value()),
            "provider_query_params" => {
                let map = params[name].as_object().unwrap();
                map.iter().fold(start, |start, (key, value)| match value {
                    Value::String(text) => start.provider_query_param(key, text),
                    other => start.provider_query_param(key, other),
                })
            }
            "provider_scopes" => {
                let scopes = params[name].as_array().unwrap();
                start.provider_scopes(scopes.iter().map(|scope| scope.as_str().unwrap()))
            }
            _ => start,
        };
    }
    begin(start).0
}

#[test]
fn builds_the_authorization_url_of_every_fixture() {
    let table: Value = serde_json::from_str(&fixture("authorize_urls.json")).unwrap();
    let cases = table["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let params = case["params"].as_object().unwrap();
        let url = build(params);
        let mut sent = pairs(&url);
        sent.sort();
        assert_eq!(sent, expected(params), "{}", case["name"]);
        let expected = case["url"].as_str().unwrap().split_once('?').unwrap().0;
        assert_eq!(url.as_str().split_once('?').unwrap().0, expected);
    }
}

#[test]
fn m15_sends_every_option() {
    sends("claim_nonce", "nonce-77", |s| s.claim_nonce("nonce-77"));
    sends("connection_id", "conn_1", |s| {
        s.connection(&"conn_1".parse().unwrap())
    });
    sends("domain_hint", "a.example", |s| s.domain_hint("a.example"));
    sends("invitation_token", "inv-9", |s| s.invitation_token("inv-9"));
    sends("login_hint", "a+b@c.example", |s| {
        s.login_hint("a+b@c.example")
    });
    sends("max_age", "3600", |s| s.max_age(secs(3600)));
    sends("organization_id", "org_1", |s| {
        s.organization(&organization("org_1"))
    });
    sends("password_reset_token", "r-1", |s| {
        s.password_reset_token("r-1")
    });
    sends("prompt", "select_account", |s| s.prompt("select_account"));
    sends("provider_query_params[hd]", "a.example", |s| {
        s.provider_query_param("hd", "a.example")
    });
    sends("provider_query_params[n]", "3", |s| {
        s.provider_query_param("n", 3)
    });
    sends("provider_query_params[b]", "true", |s| {
        s.provider_query_param("b", true)
    });
    sends("provider_scopes", "openid", |s| {
        s.provider_scopes(["openid"])
    });
    sends("new_parameter", "1", |s| {
        s.parameter("new_parameter", "1").unwrap()
    });
}

#[test]
fn m18_sends_a_max_age_of_zero() {
    sends("max_age", "0", |s| s.max_age(Duration::ZERO));
}

#[test]
fn sends_the_last_value_of_an_option() {
    sends("login_hint", "b", |s| s.login_hint("a").login_hint("b"));
    sends("prompt", "login", |s| {
        s.prompt("none").parameter("prompt", "login").unwrap()
    });
    sends("organization_id", "org_2", |s| {
        s.organization(&organization("org_1"))
            .organization(&organization("org_2"))
    });
    sends("provider_scopes", "b", |s| {
        s.provider_scopes(["a", "c"]).provider_scopes(["b"])
    });
    sends("provider_query_params[hd]", "b", |s| {
        s.provider_query_param("hd", "a")
            .provider_query_param("hd", "b")
    });
    sends("state", &format!("{STATE}.b"), |s| {
        s.app_state("a").unwrap().app_state("b").unwrap()
    });
}

#[test]
fn an_empty_list_removes_provider_scopes() {
    let (url, _) = begin(
        Scenario::public()
            .to_start()
            .provider_scopes(["a"])
            .provider_scopes(Vec::<String>::new()),
    );
    assert_eq!(values(&url, "provider_scopes"), Vec::<String>::new());
}

#[test]
fn c07_sends_the_connection_selector() {
    const SELECTORS: [&str; 4] = [
        "provider",
        "screen_hint",
        "connection_id",
        "organization_id",
    ];
    for (selector, expected) in [
        (
            ConnectionSelector::AuthKit(Screen::Default),
            &[("provider", "authkit")][..],
        ),
        (
            ConnectionSelector::AuthKit(Screen::SignIn),
            &[("provider", "authkit"), ("screen_hint", "sign-in")],
        ),
        (
            ConnectionSelector::AuthKit(Screen::SignUp),
            &[("provider", "authkit"), ("screen_hint", "sign-up")],
        ),
        (
            ConnectionSelector::Connection("conn_1".parse().unwrap()),
            &[("connection_id", "conn_1")],
        ),
        (
            ConnectionSelector::Organization(organization("org_1")),
            &[("organization_id", "org_1")],
        ),
        (
            ConnectionSelector::Provider(Provider::GitHub),
            &[("provider", "GitHubOAuth")],
        ),
        (
            ConnectionSelector::Provider(Provider::from("NewOAuth")),
            &[("provider", "NewOAuth")],
        ),
    ] {
        let client = Scenario::public().client;
        let (url, _) = begin(client.login(selector, REDIRECT_URI.parse().unwrap()));
        let mut sent = pairs(&url);
        sent.retain(|(name, _)| SELECTORS.contains(&name.as_str()));
        let sent: Vec<_> = sent
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(sent, expected);
    }
}

#[test]
fn an_organization_option_replaces_the_selector() {
    let scenario = Scenario::public();
    let start = scenario
        .client
        .login(
            ConnectionSelector::Organization(organization("org_1")),
            REDIRECT_URI.parse().unwrap(),
        )
        .organization(&organization("org_2"));
    assert_eq!(values(&begin(start).0, "organization_id"), ["org_2"]);
}

#[test]
fn names_every_provider_as_the_service_does() {
    for name in [
        "AppleOAuth",
        "BitbucketOAuth",
        "GitHubOAuth",
        "GitLabOAuth",
        "GoogleOAuth",
        "IntuitOAuth",
        "LinkedInOAuth",
        "MicrosoftOAuth",
        "SalesforceOAuth",
        "SlackOAuth",
        "VercelMarketplaceOAuth",
        "VercelOAuth",
        "XeroOAuth",
    ] {
        let provider = Provider::from(name);
        assert_eq!(provider.as_str(), name);
        assert!(!matches!(provider, Provider::Other(_)), "{name}");
    }
    assert!(matches!(Provider::from("GithubOAuth"), Provider::Other(_)));
}

#[test]
fn rejects_reserved_parameter_names() {
    for name in "access_token client_id client_secret code code_challenge code_challenge_method code_verifier connection_id \
                 device_code email_completion_token id_token organization_id pending_authentication_token provider \
                 redirect_uri refresh_token request request_uri response_mode response_type scope screen_hint state"
        .split(' ')
        .chain([""])
    {
        let scenario = Scenario::public();
        let rejected: ReservedParameter = scenario.to_start().parameter(name, "hunter2").unwrap_err();
        let shown = format!("{rejected} {rejected:?}");
        assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn accepts_names_that_resemble_reserved_ones() {
    sends("State", "1", |s| s.parameter("State", "1").unwrap());
    sends("x_state", "1", |s| s.parameter("x_state", "1").unwrap());
}

#[test]
fn encodes_every_character_of_an_option() {
    let text: String = (' '..='~').chain("é€😀\n\0".chars()).collect();
    sends("login_hint", &text, |s| s.login_hint(&text));
    sends("a&b=c#d?", "x", |s| s.parameter("a&b=c#d?", "x").unwrap());
    let (url, _) = begin(Scenario::public().to_start().login_hint("a&state=b#c"));
    assert_eq!(url.fragment(), None);
    assert_eq!(values(&url, "state"), [STATE]);
}

#[test]
fn sends_the_redirect_uri_as_it_is_registered() {
    for text in [
        "HTTPS://App.example.org",
        "myapp://callback",
        "https://a.example/cb?next=/a b&x=1",
    ] {
        let (url, pending) = begin(Scenario::public().redirect_uri(text).to_start());
        assert_eq!(values(&url, "redirect_uri"), [text]);
        assert_eq!(pending.redirect_uri().as_str(), text);
    }
}

#[test]
fn appends_the_application_state_to_the_random_part() {
    for text in ["/after?x=1", "", "a.b", "s t+a~t(e)!*'é"] {
        let (url, pending) = begin(Scenario::public().to_start().app_state(text).unwrap());
        assert_eq!(values(&url, "state"), [format!("{STATE}.{text}")]);
        assert_eq!(pending.app_state(), Some(text));
    }
    assert_eq!(Scenario::public().to_awaiting_callback().app_state(), None);
}
