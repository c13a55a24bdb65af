//! The callback of the login.

use std::io::Write;

use workos_login::{Exchange, RedirectUri};
use workos_login_loopback::Listener;

use crate::support::{CODE, Receiving, Setup, bind_again, each_mode};

#[test]
fn the_callback_ends_the_wait_with_its_authorization_code() {
    each_mode(|mode| {
        let (exchanging, ..) = mode.wait().receive();
        let request = exchanging.request();
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
            Receiving::new(stream)
        });
        setup.wait(mode).outcome().map(drop).unwrap();
        assert_eq!(first.response().title(), "Return to the application");
        assert_eq!(second.response().title(), "Login already received");
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
fn the_port_is_free_after_the_login() {
    each_mode(|mode| {
        let wait = mode.wait();
        let redirect_uri: RedirectUri = wait.redirect_uri.as_str().parse().unwrap();
        wait.finish();
        bind_again(&redirect_uri);
    });
}
