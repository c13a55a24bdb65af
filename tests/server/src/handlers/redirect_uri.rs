//! Redirect URIs: which ones are allowed, and how parameters are appended.

use url::{Url, form_urlencoded};

/// Returns whether a browser may be redirected to this URI.
///
/// `registered` is compared exactly (RFC 9700 section 2.1). Without registered URIs, every absolute
/// URI without a fragment is allowed, unless its scheme executes a script or reads a file.
pub(crate) fn is_allowed(uri: &str, registered: Option<&[String]>) -> bool {
    registered.is_none_or(|registered| registered.iter().any(|own| own == uri)) && is_harmless(uri)
}

fn is_harmless(uri: &str) -> bool {
    let harmful = [
        "about",
        "blob",
        "data",
        "file",
        "filesystem",
        "javascript",
        "vbscript",
        "view-source",
    ];
    Url::parse(uri).is_ok_and(|url| !harmful.contains(&url.scheme()) && url.fragment().is_none())
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the redirect URI, unchanged, with parameters appended to its query.
pub(crate) fn with_parameters(redirect_uri: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let present = parameters
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(present)
        .finish();
    let separator = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_begins_with_the_unchanged_redirect_uri() {
        let parameters = [("code", Some("c")), ("state", None), ("error", Some("a b"))];
        for (uri, callback) in [
            (
                "http://127.0.0.1:80",
                "http://127.0.0.1:80?code=c&error=a+b",
            ),
            ("myapp://cb?x=%20", "myapp://cb?x=%20&code=c&error=a+b"),
            ("myapp:/cb?", "myapp:/cb?code=c&error=a+b"),
        ] {
            assert_eq!(with_parameters(uri, &parameters), callback);
        }
    }

    #[test]
    fn rejects_scripts_files_fragments_and_control_characters() {
        for uri in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:,x",
            "file:///etc/passwd",
            "/cb",
            "a:b#c",
            "http://a/\r\nx: y",
            "http://a/\tb",
        ] {
            assert!(!is_allowed(uri, None), "{uri:?}");
        }
        for uri in [
            "http://127.0.0.1:1/cb",
            "http://[::1]:1/cb",
            "https://app.example/cb",
            "com.example.app:/cb",
            "myapp://cb",
        ] {
            assert!(is_allowed(uri, None), "{uri}");
        }
    }
}
