//! Any bytes that the loopback listener receives are a callback only if they are a `GET` of the redirect URI.
#![no_main]

use libfuzzer_sys::fuzz_target;
use workos_login::{Callback, RedirectUri};
use workos_login_loopback::callback_target;

fuzz_target!(|bytes: &[u8]| {
    let redirect_uri: RedirectUri = "http://127.0.0.1:8080/callback"
        .parse()
        .expect("a redirect URI");
    if let Some(target) = callback_target(bytes, &redirect_uri) {
        assert!(bytes.windows(4).any(|window| window == b"GET "));
        assert!(target.contains("/callback"));
        let _ = Callback::parse(target);
    }
});
