//! The pages of the callback, from the code exchange to the browser.

use std::io::Write;
use std::net::TcpStream;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use workos_login::http;
use workos_login::{Exchange, Exchanging, Outcome, RedirectUri, Refused};
use workos_login_loopback::{Listener, PendingPage};

use crate::support::{
    CODE, Mode, Receiving, Response, Setup, Wait, bind_again, block_on, each_mode,
};

/// Ends the code exchange with a response of the service.
fn exchange(
    exchanging: Exchanging,
    status: u16,
    body: &str,
) -> Result<Outcome, Refused<Exchanging>> {
    let response = http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    exchanging.response(response, SystemTime::now())
}

fn respond(mode: Mode, page: PendingPage, outcome: &Result<Outcome, Refused<Exchanging>>) {
    match mode {
        Mode::Async => block_on(page.respond_async(outcome)),
        Mode::Blocking => page.respond(outcome),
    }
}

fn wait(mode: Mode) -> Wait {
    Setup::new(Listener::bind().unwrap().app_name("Acme CLI")).wait(mode)
}

/// Returns the page of a code exchange with this response.
#[track_caller]
fn page(mode: Mode, wait: Wait, status: u16, body: &str) -> Response {
    let (exchanging, page, browser) = wait.receive();
    respond(mode, page, &exchange(exchanging, status, body));
    browser.response()
}

/// Checks the page of a code exchange with this response.
#[track_caller]
fn shows(status: u16, body: &str, title: &str, text: &str) {
    each_mode(|mode| {
        let response = page(mode, wait(mode), status, body);
        assert_eq!((response.status(), response.title()), (200, title));
        assert!(response.body().contains(text), "{response:?}");
        assert!(
            response.body().contains("<header>Acme CLI</header>"),
            "{response:?}"
        );
    });
}

/// Returns a token response with this e-mail address.
fn logged_in_as(email: &str) -> String {
    SUCCESS.replace("nadia.okafor@example.org", email)
}

#[test]
fn the_page_names_the_user_after_the_code_exchange() {
    shows(
        200,
        &logged_in_as("alice@example.com"),
        "Logged in",
        "You're logged in as <bdi>alice@example.com</bdi>. You can close this window.",
    );
}

#[test]
fn the_page_says_what_failed_and_what_to_do() {
    let body = r#"{"error":"invalid_grant","error_description":"Code 'secret' is too old."}"#;
    each_mode(|mode| {
        let (exchanging, page, browser) = wait(mode).receive();
        let outcome = exchange(exchanging, 400, body);
        respond(mode, page, &outcome);
        let error = outcome.unwrap_err().to_string();
        let response = browser.response();
        assert_eq!((response.status(), response.title()), (200, "Login failed"));
        let text = format!("You are not logged in: <bdi>{error}</bdi>. You can close this window");
        assert!(response.body().contains(&text), "{response:?}");
        assert!(!response.body().contains("secret"), "{response:?}");
    });
}

#[test]
fn the_page_leads_back_for_an_authentication_challenge() {
    shows(
        403,
        include_str!("../../../../tests/data/wire/step_up_sso_required.json"),
        "Continue in Acme CLI",
        "you are not logged in yet",
    );
}

#[test]
fn a_page_that_is_dropped_leads_back_to_the_application() {
    each_mode(|mode| {
        let (_, page, browser) = wait(mode).receive();
        drop(page);
        let response = browser.response();
        assert_eq!(
            (response.status(), response.title()),
            (200, "Return to Acme CLI")
        );
        assert!(
            response
                .body()
                .contains("<title>Return to Acme CLI</title>")
        );
        assert!(!response.body().contains("logged in"), "{response:?}");
    });
}

#[test]
fn a_wait_that_is_dropped_after_the_callback_leads_back_to_the_application() {
    let setup = Setup::new(Listener::bind().unwrap());
    let browser = setup.browser.clone();
    let future = setup
        .listener
        .wait_async(&setup.client, setup.pending, setup.timeout);
    let request = browser.request("GET", browser.callback());
    let mut stream = browser.connect();
    stream.write_all(request.as_bytes()).unwrap();
    let page = Receiving::new(stream);
    // The port is closed after the callback is accepted.
    while TcpStream::connect(("127.0.0.1", browser.port())).is_ok() {}
    drop(future);
    assert_eq!(page.response().title(), "Return to the application");
}

#[test]
fn the_port_is_free_while_the_page_is_pending() {
    each_mode(|mode| {
        let wait = wait(mode);
        let redirect_uri: RedirectUri = wait.redirect_uri.as_str().parse().unwrap();
        let (_, page, browser) = wait.receive();
        drop(bind_again(&redirect_uri));
        drop(page);
        assert_eq!(browser.response().title(), "Return to Acme CLI");
    });
}

#[test]
fn a_browser_that_is_gone_does_not_block_the_response() {
    each_mode(|mode| {
        let wait = wait(mode);
        let mut stream = wait.connect();
        let request = wait.request("GET", wait.callback());
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
        let (exchanging, page) = wait.outcome().unwrap();
        respond(mode, page, &exchange(exchanging, 200, SUCCESS));
    });
}

#[test]
fn a_canceller_does_not_affect_a_pending_page() {
    each_mode(|mode| {
        let wait = wait(mode);
        let canceller = wait.canceller.clone();
        let (exchanging, page, browser) = wait.receive();
        canceller.cancel();
        respond(mode, page, &exchange(exchanging, 200, SUCCESS));
        assert_eq!(browser.response().title(), "Logged in");
    });
}

#[test]
fn the_page_is_not_cached_or_framed_and_runs_no_script() {
    each_mode(|mode| {
        let response = page(mode, wait(mode), 200, SUCCESS);
        for (name, value) in [
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
            ("Content-Length", &response.body().len().to_string()),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ] {
            assert_eq!(response.header(name), Some(value), "{name}");
        }
        let policy = response.header("Content-Security-Policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
        assert!(!response.body().contains("<script"));
    });
}

#[test]
fn the_content_security_policy_allows_the_style_of_the_page() {
    let wait = Mode::Blocking.wait();
    let response = wait.get("/");
    let (_, rest) = response.body().split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = response.header("Content-Security-Policy").unwrap();
    assert!(
        policy.contains(&format!("'sha256-{hash}'")),
        "{hash}: {policy}"
    );
    wait.finish();
}

#[test]
fn no_page_contains_a_part_of_the_request_or_a_token() {
    each_mode(|mode| {
        let wait = wait(mode);
        let state = wait.state.clone();
        let mut responses: Vec<_> = [
            format!("/callback?code={CODE}&state=<marker>"),
            format!("/callback?code=marker&error=marker&state={state}"),
            "/marker?<marker>".to_owned(),
        ]
        .map(|target| wait.get(target))
        .into();
        responses.push(page(mode, wait, 200, SUCCESS));
        for response in responses {
            for secret in [CODE, &*state, "marker", "eyJ", "dC4aYTCuMtSdRdRdxCPS0B02d"] {
                assert!(!response.0.contains(secret), "{response:?}");
            }
        }
    });
}

#[test]
fn the_page_shows_the_name_of_the_application_and_the_user_as_text() {
    each_mode(|mode| {
        let name = "<b>\"Acme\" & 'Sons'</b>";
        let wait = Setup::new(Listener::bind().unwrap().app_name(name)).wait(mode);
        let response = page(mode, wait, 200, &logged_in_as("<i>&{app}@example.com"));
        let name = "&lt;b&gt;&#34;Acme&#34; &amp; &#39;Sons&#39;&lt;/b&gt;";
        for text in [
            format!("<header>{name}</header>"),
            format!("<title>Logged in – {name}</title>"),
            "<bdi>&lt;i&gt;&amp;{app}@example.com</bdi>".to_owned(),
        ] {
            assert!(response.body().contains(&text), "{response:?}");
        }
    });
}

#[test]
fn a_page_larger_than_the_socket_buffer_arrives_completely() {
    each_mode(|mode| {
        let listener = Listener::bind().unwrap().app_name("a".repeat(4 << 20));
        let (_, page, browser) = Setup::new(listener).wait(mode).receive();
        drop(page);
        assert!(browser.response().body().ends_with("</html>\n"));
    });
}

const SUCCESS: &str = include_str!("../../../../tests/data/wire/success_minimal.json");
