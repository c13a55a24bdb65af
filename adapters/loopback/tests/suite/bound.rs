//! Where the listener listens, and where it refuses to.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use workos_login_loopback::{BindError, Listener};

use crate::support::{Begun, bind_again, connect, each_way, send};

fn bind(address: &str) -> Result<Listener, BindError> {
    Listener::bind_for(&address.parse().unwrap())
}

#[test]
fn the_default_is_an_ip_address_and_a_free_port() {
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
fn a_registered_address_is_served_as_it_is() {
    each_way(|way| {
        let free = Listener::bind().unwrap();
        let address = free
            .redirect_uri()
            .as_str()
            .replace("/callback", "/a/b%20c?keep=this");
        drop(free);
        let listener = bind_again(&address.parse().unwrap());
        assert_eq!(listener.redirect_uri().as_str(), address);
        let login = Begun::at(listener).wait(way);
        assert_eq!(login.get("/callback").status(), 404);
        let answer = login.get(format!("/a/b%20c?keep=this&code=x&state={}", login.state));
        assert_eq!(answer.title(), "Login received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn localhost_is_served_on_both_families() {
    each_way(|way| {
        for ip in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
            let login = Begun::at(bind("http://localhost:0/callback").unwrap()).wait(way);
            let request = format!(
                "GET {} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
                login.callback(),
                login.port()
            );
            let answer = send(connect(SocketAddr::new(ip, login.port())), request);
            assert_eq!(answer.title(), "Login received", "{ip}");
            login.outcome().map(drop).unwrap();
        }
    });
}

#[test]
fn an_ipv6_address_is_served() {
    each_way(|way| {
        let listener = bind("http://[::1]:0/callback").unwrap();
        assert!(
            listener
                .redirect_uri()
                .as_str()
                .starts_with("http://[::1]:")
        );
        let login = Begun::at(listener).wait(way);
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: [::1]:{}\r\n\r\n",
            login.callback(),
            login.port()
        );
        let answer = send(connect((Ipv6Addr::LOCALHOST, login.port()).into()), request);
        assert_eq!(answer.title(), "Login received");
        login.outcome().map(drop).unwrap();
    });
}

#[test]
fn nothing_but_the_address_itself_is_listened_on() {
    for address in ["http://127.0.0.1:0/callback", "http://localhost:0/callback"] {
        let begun = Begun::at(bind(address).unwrap());
        // It would be reached if all addresses were listened on.
        let other = SocketAddr::from(([127, 0, 0, 2], begun.site.port()));
        assert!(TcpStream::connect(other).is_err(), "{address}");
    }
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    for (host, ip) in [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("localhost", "::1"),
    ] {
        let taken = TcpListener::bind((ip, 0)).unwrap();
        let at = taken.local_addr().unwrap();
        let error = bind(&format!("http://{host}:{}/callback", at.port())).unwrap_err();
        let BindError::AddressInUse(address) = error else {
            panic!("{error:?}");
        };
        // The port of the other family may be taken as well, by another test.
        assert!(address == at || host == "localhost" && address.port() == at.port());
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
fn an_address_that_is_not_of_this_machine_alone_is_refused() {
    for address in [
        "http://0.0.0.0:8080/callback",
        "http://192.168.1.1:8080/callback",
        "http://example.com:8080/callback",
        "https://127.0.0.1:8080/callback",
        "com.example.app:/callback",
    ] {
        let error = bind(address).unwrap_err();
        assert!(matches!(error, BindError::NotLoopback(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "redirect URI {address} is not http on 127.0.0.1, [::1] or localhost; \
                 register a loopback redirect URI"
            )
        );
        assert!(error.source().is_none());
    }
}
