//! Where the listener listens, taken from the redirect address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use workos_login::http::uri::Authority;
use workos_login::url::{Host, Url};
use workos_login::{InvalidRedirectUri, RedirectUri};

/// A redirect address on this machine, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) redirect_uri: RedirectUri,
    /// One, or both families for `localhost`.
    pub(crate) hosts: Vec<IpAddr>,
    pub(crate) port: u16,
    pub(crate) path: Box<str>,
    /// The name that the page shows.
    pub(crate) app_name: Option<Box<str>>,
}

impl Endpoint {
    /// Takes a redirect address apart; `None` when it is not http on a loopback host.
    pub(crate) fn of(redirect_uri: &RedirectUri) -> Option<Self> {
        let url = Url::parse(redirect_uri.as_str()).ok()?;
        if url.scheme() != "http" {
            return None;
        }
        let hosts = match url.host()? {
            Host::Domain("localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Host::Domain(_) => return None,
            Host::Ipv4(host) => vec![host.into()],
            Host::Ipv6(host) => vec![host.into()],
        };
        hosts.iter().all(IpAddr::is_loopback).then(|| Self {
            redirect_uri: redirect_uri.clone(),
            hosts,
            port: url.port_or_known_default().unwrap_or(80),
            path: url.path().into(),
            app_name: None,
        })
    }

    /// Puts the port that the operating system gave in the place of port 0.
    pub(crate) fn at_port(self, port: u16) -> Result<Self, InvalidRedirectUri> {
        if self.port == port {
            return Ok(self);
        }
        let mut url = Url::parse(self.redirect_uri.as_str())
            .expect("a redirect address is a URL, or it would not have been parsed");
        url.set_port(Some(port))
            .expect("a URL with a loopback host can have a port");
        Ok(Self {
            redirect_uri: url.as_str().parse()?,
            port,
            ..self
        })
    }

    /// Whether `authority`, a `Host` header, names this machine and our port.
    ///
    /// Another name means that a stranger's name was made to resolve to this machine: a page of theirs could
    /// then read what we answer (DNS rebinding).
    pub(crate) fn is_named_by(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else {
            return false;
        };
        let host = authority.host();
        let loopback = host.eq_ignore_ascii_case("localhost")
            || host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<IpAddr>()
                .is_ok_and(|host| host.is_loopback());
        loopback
            && !authority.as_str().contains('@')
            && authority.port_u16().unwrap_or(80) == self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Endpoint> {
        Endpoint::of(&text.parse().unwrap())
    }

    #[test]
    fn only_http_on_a_loopback_host_is_served() {
        for text in [
            "http://127.0.0.1/cb",
            "http://127.0.0.2:8080/cb",
            "http://[::1]:8080/cb",
            "http://localhost:8080/cb",
            "HTTP://LocalHost:8080/cb",
        ] {
            assert!(of(text).is_some(), "{text}");
        }
        for text in [
            "https://127.0.0.1:8080/cb",
            "http://0.0.0.0:8080/cb",
            "http://[::]:8080/cb",
            "http://192.168.1.1:8080/cb",
            "http://localhost.example.com:8080/cb",
            "http://app.localhost:8080/cb",
            "com.example.app:/cb",
        ] {
            assert!(of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_address_without_a_port_is_on_port_80() {
        assert_eq!(of("http://127.0.0.1/cb").unwrap().port, 80);
    }

    #[test]
    fn the_free_port_takes_the_place_of_port_0_and_nothing_else_changes() {
        let endpoint = of("http://[::1]:0/a/b?keep=this")
            .unwrap()
            .at_port(4321)
            .unwrap();
        assert_eq!(
            endpoint.redirect_uri.as_str(),
            "http://[::1]:4321/a/b?keep=this"
        );
        assert_eq!((endpoint.port, &*endpoint.path), (4321, "/a/b"));
    }

    #[test]
    fn a_host_header_names_a_loopback_host_and_our_port() {
        let endpoint = of("http://127.0.0.1:8080/cb").unwrap();
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "LOCALHOST:8080",
            "[::1]:8080",
        ] {
            assert!(endpoint.is_named_by(host), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:8081",
            "localhost.evil.example:8080",
            "evil.example:8080",
            "evil.example@127.0.0.1:8080",
            "[::1:8080",
            "10.0.0.1:8080",
            "127.0.0.1:8080/",
        ] {
            assert!(!endpoint.is_named_by(host), "{host}");
        }
        assert!(of("http://127.0.0.1/cb").unwrap().is_named_by("127.0.0.1"));
    }
}
