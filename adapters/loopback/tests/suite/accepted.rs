//! The real callback, and the page it is answered with.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use workos_login::{Exchange, RedirectUri};
use workos_login_loopback::Listener;

use crate::support::{Begun, CODE, Way, bind_again, each_way, receive};

#[test]
fn the_real_callback_ends_the_wait_with_its_code() {
    each_way(|way| {
        let login = way.login();
        let answer = login.get(login.callback());
        assert_eq!((answer.status(), answer.title()), (200, "Login received"));
        let request = login.outcome().unwrap().request();
        let body = String::from_utf8(request.into_body()).unwrap();
        assert!(body.contains(CODE), "{body}");
    });
}

#[test]
fn a_callback_in_small_pieces_is_put_together() {
    each_way(|way| {
        let login = way.login();
        let mut stream = login.connect();
        stream.set_nodelay(true).unwrap();
        for byte in login.request("GET", login.callback()).as_bytes() {
            stream.write_all(&[*byte]).unwrap();
        }
        assert_eq!(receive(stream).title(), "Login received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn a_browser_that_is_faster_than_the_wait_is_served() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap());
        let mut stream = begun.site.connect();
        let request = begun.site.request("GET", begun.site.callback());
        stream.write_all(request.as_bytes()).unwrap();
        let login = begun.wait(way);
        assert_eq!(receive(stream).title(), "Login received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn of_two_callbacks_the_first_counts_and_the_second_is_told_so() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap());
        let request = begun.site.request("GET", begun.site.callback());
        let [first, second] = [(); 2].map(|()| {
            let mut stream = begun.site.connect();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        });
        let login = begun.wait(way);
        assert_eq!(receive(first).title(), "Login received");
        assert_eq!(receive(second).title(), "Login already received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn a_target_that_is_a_whole_address_is_understood() {
    each_way(|way| {
        let login = way.login();
        let whole = format!("http://127.0.0.1:{}{}", login.port(), login.callback());
        assert_eq!(login.get(whole).title(), "Login received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn cookies_of_other_programs_on_this_host_do_no_harm() {
    each_way(|way| {
        let login = way.login();
        let cookies = "session=0123456789; ".repeat(2000);
        let answer = login.send(format!(
            "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {cookies}\r\n\r\n",
            login.callback(),
            login.port(),
        ));
        assert_eq!(answer.title(), "Login received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn the_page_is_neither_stored_nor_framed_and_runs_no_script() {
    each_way(|way| {
        let login = way.login();
        let answer = login.get(login.callback());
        for (name, value) in [
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        let length = answer.body().len().to_string();
        assert_eq!(answer.header("Content-Length"), Some(&*length));
        let policy = answer.header("Content-Security-Policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
        assert!(!answer.body().contains("<script"));
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn the_style_of_the_page_is_the_one_that_its_policy_allows() {
    let login = Way::Blocking.login();
    let answer = login.get("/");
    let (_, rest) = answer.body().split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = answer.header("Content-Security-Policy").unwrap();
    assert!(
        policy.contains(&format!("'sha256-{hash}'")),
        "{hash}: {policy}"
    );
    login.finish();
}

#[test]
fn nothing_of_a_request_is_on_a_page() {
    each_way(|way| {
        let login = way.login();
        for target in [
            format!("/callback?code={CODE}&state=<marker>"),
            format!("/callback?code=marker&error=marker&state={}", login.state),
            "/marker?<marker>".to_owned(),
            login.callback(),
        ] {
            let answer = login.get(target);
            for secret in [CODE, &*login.state, "marker"] {
                assert!(!answer.0.contains(secret), "{answer:?}");
            }
        }
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn the_page_names_the_application_as_text() {
    each_way(|way| {
        let listener = Listener::bind()
            .unwrap()
            .app_name("<b>\"Acme\" & 'Sons'</b>");
        let login = Begun::at(listener).wait(way);
        let answer = login.get(login.callback());
        let name = "&lt;b&gt;&#34;Acme&#34; &amp; &#39;Sons&#39;&lt;/b&gt;";
        assert!(
            answer.body().contains(&format!("return to {name}.")),
            "{answer:?}"
        );
        assert!(
            answer
                .body()
                .contains(&format!("<title>Login received – {name}</title>"))
        );
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn a_page_that_does_not_fit_into_one_write_arrives_whole() {
    each_way(|way| {
        let listener = Listener::bind().unwrap().app_name("a".repeat(8 << 20));
        let login = Begun::at(listener).wait(way);
        let answer = login.get(login.callback());
        assert_eq!(answer.title(), "Login received");
        assert!(answer.body().ends_with("</html>\n"));
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn the_port_is_closed_and_free_after_the_login() {
    each_way(|way| {
        let login = way.login();
        let redirect_uri: RedirectUri = login.redirect_uri.as_str().parse().unwrap();
        login.finish();
        bind_again(&redirect_uri);
    });
}
