//! The callback of the login, and the page of its response.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use workos_login::{Exchange, RedirectUri};
use workos_login_loopback::Listener;

use crate::support::{CODE, Mode, Setup, bind_again, each_mode, receive};

#[test]
fn the_callback_ends_the_wait_with_its_authorization_code() {
    each_mode(|mode| {
        let wait = mode.wait();
        let response = wait.get(wait.callback());
        assert_eq!(
            (response.status(), response.title()),
            (200, "Login received")
        );
        let request = wait.outcome().unwrap().request();
        let body = String::from_utf8(request.into_body()).unwrap();
        assert!(body.contains(CODE), "{body}");
    });
}

#[test]
fn accepts_a_callback_that_arrives_byte_by_byte() {
    each_mode(|mode| {
        let wait = mode.wait();
        let mut stream = wait.connect();
        stream.set_nodelay(true).unwrap();
        for byte in wait.request("GET", wait.callback()).as_bytes() {
            stream.write_all(&[*byte]).unwrap();
        }
        wait.accepts(stream, "");
    });
}

#[test]
fn accepts_the_first_callback_that_arrives_before_the_wait() {
    each_mode(|mode| {
        let setup = Setup::new(Listener::bind().unwrap());
        let request = setup.browser.request("GET", setup.browser.callback());
        let [first, second] = [(); 2].map(|()| {
            let mut stream = setup.browser.connect();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        });
        let wait = setup.wait(mode);
        assert_eq!(receive(first).title(), "Login received");
        assert_eq!(receive(second).title(), "Login already received");
        wait.outcome().map(drop).unwrap();
    });
}

#[test]
fn accepts_an_absolute_request_target() {
    each_mode(|mode| {
        let wait = mode.wait();
        let target = format!("http://127.0.0.1:{}{}", wait.port(), wait.callback());
        let (stream, request) = (wait.connect(), wait.request("GET", target));
        wait.accepts(stream, request);
    });
}

#[test]
fn accepts_the_cookies_of_other_ports_of_the_host() {
    each_mode(|mode| {
        let wait = mode.wait();
        let cookies = format!("Cookie: {}\r\n\r\n", "session=0123456789; ".repeat(2000));
        let request = wait.request("GET", wait.callback());
        let stream = wait.connect();
        wait.accepts(stream, request.trim_end().to_owned() + "\r\n" + &cookies);
    });
}

#[test]
fn the_page_is_not_cached_or_framed_and_runs_no_script() {
    each_mode(|mode| {
        let wait = mode.wait();
        let response = wait.get(wait.callback());
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
        wait.outcome().map(drop).unwrap();
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
fn no_page_contains_a_part_of_the_request() {
    each_mode(|mode| {
        let wait = mode.wait();
        for target in [
            format!("/callback?code={CODE}&state=<marker>"),
            format!("/callback?code=marker&error=marker&state={}", wait.state),
            "/marker?<marker>".to_owned(),
            wait.callback(),
        ] {
            let response = wait.get(target);
            for secret in [CODE, &*wait.state, "marker"] {
                assert!(!response.0.contains(secret), "{response:?}");
            }
        }
        wait.outcome().map(drop).unwrap();
    });
}

#[test]
fn the_page_shows_the_name_of_the_application_as_text() {
    each_mode(|mode| {
        let listener = Listener::bind()
            .unwrap()
            .app_name("<b>\"Acme\" & 'Sons'</b>");
        let wait = Setup::new(listener).wait(mode);
        let response = wait.get(wait.callback());
        let name = "&lt;b&gt;&#34;Acme&#34; &amp; &#39;Sons&#39;&lt;/b&gt;";
        for text in [
            format!("return to {name}."),
            format!("<title>Login received – {name}</title>"),
        ] {
            assert!(response.body().contains(&text), "{response:?}");
        }
        wait.outcome().map(drop).unwrap();
    });
}

#[test]
fn a_page_larger_than_the_socket_buffer_arrives_completely() {
    each_mode(|mode| {
        let listener = Listener::bind().unwrap().app_name("a".repeat(8 << 20));
        let wait = Setup::new(listener).wait(mode);
        let response = wait.get(wait.callback());
        assert_eq!(response.title(), "Login received");
        assert!(response.body().ends_with("</html>\n"));
        wait.outcome().map(drop).unwrap();
    });
}

#[test]
fn the_port_is_free_after_the_login() {
    each_mode(|mode| {
        let wait = mode.wait();
        let redirect_uri: RedirectUri = wait.redirect_uri.as_str().parse().unwrap();
        wait.finish();
        bind_again(&redirect_uri);
    });
}
