//! `http` requests never go to a proxy, because their secrets are in clear text. `https` requests do, through CONNECT.

use std::env;
use std::io::Write;
use std::process::Command;
use std::sync::mpsc;

use workos_login::Error;

use crate::adapters::Adapter;
use crate::raw_server::{RawServer, read_request};
use crate::support::{exchanging_at, lost, refused};

/// The variables that name a proxy, for every HTTP crate and in both spellings.
const PROXY_VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
];

/// The base URL for [`sends_an_exchange`], which does nothing without it.
const BASE_URL: &str = "WORKOS_LOGIN_TEST_BASE_URL";

fn sends_http_requests_to_no_proxy<A: Adapter>() {
    let origin = RawServer::start(|mut stream| {
        let response = b"HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n";
        stream.write_all(response).unwrap();
    });
    let sent = sent_to_the_proxy::<A>(&origin.base_url());
    assert_eq!(sent, [""; 0]);
}

fn sends_https_requests_through_connect<A: Adapter>() {
    let origin = RawServer::accepting(drop);
    let sent = sent_to_the_proxy::<A>(&format!("https://{}", origin.address()));
    if A::USES_PROXIES {
        let [sent] = &*sent else { panic!("{sent:?}") };
        let line = format!("CONNECT {} HTTP/1.1\r\n", origin.address());
        assert!(sent.starts_with(&line), "{sent}");
        assert!(!sent.contains("code"), "{sent}");
    } else {
        assert_eq!(sent, [""; 0]);
    }
}

/// Sends an exchange from a child process, and returns what arrived at the proxy of its environment.
///
/// The variables are set in a child process, because this one has several threads.
fn sent_to_the_proxy<A: Adapter>(base_url: &str) -> Vec<String> {
    let (sender, receiver) = mpsc::channel();
    let proxy = RawServer::accepting(move |mut stream| {
        let request = read_request(&mut stream).unwrap_or_default();
        sender.send(request).unwrap();
    });
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "--nocapture"])
        .arg(format!("proxies::sends_an_exchange::{}", A::NAME))
        .env(BASE_URL, base_url)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    for variable in PROXY_VARIABLES {
        child.env(variable, proxy.base_url());
    }
    let output = child.output().unwrap();
    // Dropped, the proxy accepts one connection of its own, which it does not serve.
    drop(proxy);
    let sent = receiver.iter().collect();
    assert!(output.status.success(), "sent {sent:?}: {output:?}");
    sent
}

/// The part of the other tests that runs in a child process.
fn sends_an_exchange<A: Adapter>() {
    let Ok(base_url) = env::var(BASE_URL) else {
        return;
    };
    let result = A::new().send(exchanging_at(&base_url));
    if base_url.starts_with("https:") {
        let _state = lost(result);
    } else {
        let (_, error) = refused(result);
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
}

on_every_adapter!(
    sends_http_requests_to_no_proxy,
    sends_https_requests_through_connect,
    sends_an_exchange,
);
