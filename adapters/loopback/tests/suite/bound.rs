//! The redirect URIs that a listener serves and rejects.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use workos_login_loopback::{BindError, Listener};

use crate::support::{Setup, bind_again, connect, each_mode};

fn bind(redirect_uri: &str) -> Result<Listener, BindError> {
    Listener::bind_for(&redirect_uri.parse().unwrap())
}

/// Checks that a listener accepts the callback of a login over `ip`.
#[track_caller]
fn serves(redirect_uri: &str, ip: IpAddr) {
    each_mode(|mode| {
        let listener = bind(redirect_uri).unwrap();
        let (host, path) = redirect_uri.split_once(":0/").unwrap();
        assert!(listener.redirect_uri().as_str().starts_with(host));
        assert!(listener.redirect_uri().as_str().ends_with(path));
        let wait = Setup::new(listener).wait(mode);
        let (target, port) = (wait.callback(), wait.port());
        let host = host.trim_start_matches("http://");
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        wait.accepts(connect(SocketAddr::new(ip, port)), request);
    });
}

#[test]
fn the_default_is_an_ip_literal_and_a_free_port() {
    let [one, two] = [(); 2].map(|()| Listener::bind().unwrap());
    for listener in [&one, &two] {
        let port = listener
            .redirect_uri()
            .as_str()
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix("/callback"))
            .unwrap();
        assert_ne!(port.parse::<u16>().unwrap(), 0);
    }
    assert_ne!(one.redirect_uri(), two.redirect_uri());
}

#[test]
fn serves_localhost_over_ipv4_and_ipv6() {
    serves("http://localhost:0/callback", Ipv4Addr::LOCALHOST.into());
    serves("http://localhost:0/callback", Ipv6Addr::LOCALHOST.into());
}

#[test]
fn serves_an_ipv6_literal() {
    serves("http://[::1]:0/callback", Ipv6Addr::LOCALHOST.into());
}

#[test]
fn serves_a_registered_redirect_uri_unchanged() {
    each_mode(|mode| {
        let free = Listener::bind().unwrap();
        let redirect_uri = free
            .redirect_uri()
            .as_str()
            .replace("/callback", "/a/b%20c?keep=this");
        drop(free);
        let listener = bind_again(&redirect_uri.parse().unwrap());
        assert_eq!(listener.redirect_uri().as_str(), redirect_uri);
        let wait = Setup::new(listener).wait(mode);
        assert_eq!(wait.get("/callback").status(), 404);
        let target = format!("/a/b%20c?keep=this&code=x&state={}", wait.state);
        let (stream, request) = (wait.connect(), wait.request("GET", target));
        wait.accepts(stream, request);
    });
}

#[test]
fn does_not_listen_on_other_addresses() {
    for redirect_uri in ["http://127.0.0.1:0/callback", "http://localhost:0/callback"] {
        let setup = Setup::new(bind(redirect_uri).unwrap());
        // It would be reachable if the listener were bound to all addresses.
        let other = SocketAddr::from(([127, 0, 0, 2], setup.browser.port()));
        assert!(TcpStream::connect(other).is_err(), "{redirect_uri}");
    }
}

#[test]
fn rejects_a_port_in_use_over_ipv4_or_ipv6() {
    for (host, ip) in [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("localhost", "::1"),
    ] {
        let socket = TcpListener::bind((ip, 0)).unwrap();
        let in_use = socket.local_addr().unwrap();
        let error = bind(&format!("http://{host}:{}/callback", in_use.port())).unwrap_err();
        let BindError::AddressInUse(address) = error else {
            panic!("{error:?}");
        };
        // Another test may use the port over the other IP version.
        assert!(address == in_use || host == "localhost" && address.port() == in_use.port());
        assert_eq!(
            error.to_string(),
            format!(
                "port {} of {} is in use by another program or another login; \
                 end it and try again, or register a redirect URI with another port",
                address.port(),
                address.ip()
            )
        );
    }
}

#[test]
fn rejects_a_redirect_uri_that_is_not_http_on_a_loopback_host() {
    for redirect_uri in [
        "http://0.0.0.0:8080/callback",
        "http://192.168.1.1:8080/callback",
        "http://example.com:8080/callback",
        "https://127.0.0.1:8080/callback",
        "com.example.app:/callback",
    ] {
        let error = bind(redirect_uri).unwrap_err();
        assert!(matches!(error, BindError::NotLoopback(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "redirect URI {redirect_uri} is not http on 127.0.0.1, [::1] or localhost; \
                 register a loopback redirect URI"
            )
        );
        assert!(error.source().is_none());
    }
}
