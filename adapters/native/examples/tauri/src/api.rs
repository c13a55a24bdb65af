//! The API of the application. The page selects a path, and never the host that receives the access token.

use std::error::Error;
use std::str::FromStr;

use serde::Serialize;
use workos_login_native::workos_login::http::Request;
use workos_login_native::workos_login::url::Url;
use workos_login_native::workos_login::{BlockingHttpClient, ExchangeLimits};
use workos_login_native::workos_login_session::BlockingSessionManager;
use workos_login_native::workos_login_ureq::{Agent, agent};

/// The origin of the API.
pub(crate) struct Api {
    origin: Url,
    agent: Agent,
}

/// A response of the API, for the page.
#[derive(Serialize)]
pub(crate) struct ApiResponse {
    status: u16,
    body: String,
}

impl FromStr for Api {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Url::parse(text) {
            Ok(url) if url.origin().ascii_serialization() == text.trim_end_matches('/') => {
                Ok(Self {
                    origin: url,
                    agent: agent(),
                })
            }
            _ => Err("invalid origin; use a scheme and a host, such as https://api.example.com"),
        }
    }
}

impl Api {
    /// Sends a GET request with the access token of the session.
    pub(crate) fn get(
        &self,
        path: &str,
        session: &BlockingSessionManager,
    ) -> Result<ApiResponse, Box<dyn Error>> {
        let request = Request::get(self.url(path)?.as_str()).body(Vec::new())?;
        let limits = ExchangeLimits::default();
        // Follows no redirect: it would send the token to another host.
        let response = session.call(request, |request| self.agent.execute(request, limits))?;
        if response.body().len() > limits.max_body {
            return Err(format!(
                "the response of the API is longer than {} bytes",
                limits.max_body
            )
            .into());
        }
        let status = response.status().as_u16();
        let body = String::from_utf8(response.into_body())
            .map_err(|_| "the response of the API is not text")?;
        Ok(ApiResponse { status, body })
    }

    /// Puts a path and a query after the origin. A relative reference could replace the host (RFC 3986 section 5.2.2).
    fn url(&self, path: &str) -> Result<Url, &'static str> {
        if !path.starts_with('/') {
            return Err("the path of an API call must begin with \"/\"");
        }
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.origin.clone();
        url.set_path(path);
        url.set_query(query);
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_only_the_origin_of_the_api() {
        let api: Api = "https://api.example.com".parse().unwrap();
        for (path, expected) in [
            ("/me", "/me"),
            ("/notes?page=2", "/notes?page=2"),
            ("/../..//me", "//me"),
            ("//evil.example/me", "//evil.example/me"),
            ("/\\evil.example", "//evil.example"),
            ("/@evil.example:80#x", "/@evil.example:80%23x"),
            (
                "/?next=https://evil.example#x",
                "/?next=https://evil.example%23x",
            ),
            ("/a b\r\nHost: evil.example", "/a%20bHost:%20evil.example"),
        ] {
            let url = api.url(path).unwrap();
            assert_eq!(url.as_str(), format!("https://api.example.com{expected}"));
            // As the HTTP client reads it.
            let request = Request::get(url.as_str()).body(()).unwrap();
            assert_eq!(request.uri().authority().unwrap(), "api.example.com");
        }
        for path in [
            "",
            "me",
            "https://evil.example/",
            "@evil.example/",
            ":80/",
            ".evil.example/",
        ] {
            assert!(api.url(path).is_err(), "{path}");
        }
    }

    #[test]
    fn rejects_an_origin_with_more_than_a_host() {
        for text in [
            "",
            "api.example.com",
            "https://api.example.com/v1",
            "https://user@api.example.com",
            "https://api.example.com/?x",
            "file:///etc",
        ] {
            assert!(text.parse::<Api>().is_err(), "{text}");
        }
        assert!("http://127.0.0.1:8080/".parse::<Api>().is_ok());
    }
}
