//! The callback endpoint: a loopback redirect URI and what its pages show.
//!
//! The parts of the redirect URI decide which sockets are bound and which requests are callbacks. Requests must name a
//! loopback host in their `Host` header. A DNS name that an attacker resolves to 127.0.0.1 would otherwise make the pages
//! readable for the attacker's web page (DNS rebinding).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use workos_login::http::uri::Authority;
use workos_login::url::{Host, Url};
use workos_login::{InvalidRedirectUri, RedirectUri};

#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) redirect_uri: RedirectUri,
    /// One address, or one of each IP version for `localhost`.
    pub(crate) ips: Vec<IpAddr>,
    pub(crate) port: u16,
    pub(crate) path: Box<str>,
    /// The name of the application on the pages.
    pub(crate) app_name: Option<Box<str>>,
}

impl Endpoint {
    /// Creates the endpoint of a loopback redirect URI; `None` unless it is `http` on a loopback host.
    pub(crate) fn new(redirect_uri: &RedirectUri) -> Option<Self> {
        let url = Url::parse(redirect_uri.as_str()).ok()?;
        if url.scheme() != "http" {
            return None;
        }
        let ips = match url.host()? {
            Host::Domain("localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Host::Domain(_) => return None,
            Host::Ipv4(ip) => vec![ip.into()],
            Host::Ipv6(ip) => vec![ip.into()],
        };
        ips.iter().all(IpAddr::is_loopback).then(|| Self {
            redirect_uri: redirect_uri.clone(),
            ips,
            port: url.port_or_known_default().unwrap_or(80),
            path: url.path().into(),
            app_name: None,
        })
    }

    /// Replaces the port of the redirect URI.
    pub(crate) fn with_port(self, port: u16) -> Result<Self, InvalidRedirectUri> {
        if self.port == port {
            return Ok(self);
        }
        let mut url =
            Url::parse(self.redirect_uri.as_str()).expect("`new` has parsed the redirect URI");
        url.set_port(Some(port))
            .expect("a URL with a loopback host can have a port");
        Ok(Self {
            redirect_uri: url.as_str().parse()?,
            port,
            ..self
        })
    }

    /// Returns whether `authority`, the value of a `Host` header, is a loopback host with the port of this endpoint.
    pub(crate) fn matches_authority(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else {
            return false;
        };
        let host = authority.host();
        let is_loopback = host.eq_ignore_ascii_case("localhost")
            || host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        is_loopback
            && !authority.as_str().contains('@')
            && authority.port_u16().unwrap_or(80) == self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(redirect_uri: &str) -> Option<Endpoint> {
        Endpoint::new(&redirect_uri.parse().unwrap())
    }

    #[test]
    fn accepts_only_http_on_a_loopback_host() {
        for (redirect_uri, port) in [
            ("http://127.0.0.1/cb", Some(80)),
            ("http://127.0.0.2:8080/cb", Some(8080)),
            ("http://[::1]:8080/cb", Some(8080)),
            ("http://localhost:8080/cb", Some(8080)),
            ("HTTP://LocalHost:8080/cb", Some(8080)),
            ("https://127.0.0.1:8080/cb", None),
            ("http://0.0.0.0:8080/cb", None),
            ("http://[::]:8080/cb", None),
            ("http://192.168.1.1:8080/cb", None),
            ("http://localhost.example.com:8080/cb", None),
            ("http://app.localhost:8080/cb", None),
            ("com.example.app:/cb", None),
        ] {
            let endpoint = endpoint(redirect_uri);
            assert_eq!(endpoint.map(|it| it.port), port, "{redirect_uri}");
        }
    }

    #[test]
    fn replacing_the_port_keeps_the_rest_of_the_redirect_uri() {
        let endpoint = endpoint("http://[::1]:0/a/b?keep=this")
            .unwrap()
            .with_port(4321)
            .unwrap();
        assert_eq!(
            endpoint.redirect_uri.as_str(),
            "http://[::1]:4321/a/b?keep=this"
        );
        assert_eq!((endpoint.port, &*endpoint.path), (4321, "/a/b"));
    }

    #[test]
    fn only_a_loopback_host_with_the_port_of_the_endpoint_matches() {
        let port_8080 = endpoint("http://127.0.0.1:8080/cb").unwrap();
        for (authority, matches) in [
            ("127.0.0.1:8080", true),
            ("localhost:8080", true),
            ("LOCALHOST:8080", true),
            ("[::1]:8080", true),
            ("", false),
            ("127.0.0.1", false),
            ("127.0.0.1:8081", false),
            ("localhost.evil.example:8080", false),
            ("evil.example:8080", false),
            ("evil.example@127.0.0.1:8080", false),
            ("[::1:8080", false),
            ("10.0.0.1:8080", false),
            ("127.0.0.1:8080/", false),
        ] {
            assert_eq!(
                port_8080.matches_authority(authority),
                matches,
                "{authority}"
            );
        }
        let port_80 = endpoint("http://127.0.0.1/cb").unwrap();
        assert!(port_80.matches_authority("127.0.0.1"));
    }
}
