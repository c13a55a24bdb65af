//! Any text as a callback is rejected or parsed, and only the `state` of the pending login is accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use workos_login::{Callback, RedirectUri};
use workos_login_fuzz::{begin, client, now, state};

fuzz_target!(|text: &str| {
    let (url, pending) = begin();
    let _ = pending.is_callback(text);
    let _ = text.parse::<RedirectUri>();
    let Ok(callback) = Callback::parse(text) else {
        return;
    };
    let state_matches = callback.state() == state(&url).as_deref();
    let before = serde_json::to_string(&pending).expect("a stored login");
    match pending.accept(&client(), callback, now()) {
        Ok(_) => assert!(state_matches, "a different state was accepted"),
        Err(refused) => {
            let (pending, error) = refused.into_parts();
            let _ = format!("{error} {error:?}");
            assert_eq!(
                serde_json::to_string(&pending).expect("a stored login"),
                before
            );
        }
    }
});
