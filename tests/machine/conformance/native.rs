//! Native applications.

use workos_login::{InvalidRedirectUri, RedirectUri};

use crate::conformance::only;
use crate::scenario::{CODE, STATE, Scenario, begin, callback, now};

#[test]
fn c54_accepts_private_use_uri_schemes_and_rejects_active_ones() {
    for text in [
        "com.example.app:/cb",
        "com.example.app://cb",
        "com.example.app:///cb",
        "myapp://callback",
        "myapp+beta.2://callback",
    ] {
        let scenario = Scenario::public().redirect_uri(text);
        let (url, pending) = begin(scenario.to_start());
        assert_eq!(only(&url, "redirect_uri"), text);
        let real = callback(&format!("{text}?code={CODE}&state={STATE}"));
        assert!(pending.accept(&scenario.client, real, now()).is_ok());
    }
    for text in [
        "javascript:alert(1)",
        "JAVASCRIPT://x/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://example.org/x",
        "about:blank",
        "mailto:a@example.org",
        "view-source:https://example.org",
    ] {
        let refused: Result<RedirectUri, InvalidRedirectUri> = text.parse();
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("scheme"), "{text}: {message}");
    }
}
