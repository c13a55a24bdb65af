//! Any bytes as a stored state are rejected, or are loaded, stored and loaded again without a change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Server,
};
use workos_login_session::StoredSession;

fuzz_target!(|bytes: &[u8]| {
    round_trip::<Authenticated>(bytes);
    round_trip::<AuthenticationChallenge>(bytes);
    round_trip::<AwaitingCallback>(bytes);
    round_trip::<AwaitingDevice>(bytes);
    round_trip::<Server>(bytes);
    round_trip::<StoredSession>(bytes);
});

fn round_trip<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(state) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let stored = serde_json::to_string(&state).expect("a loaded state can be stored");
    let again: T = serde_json::from_str(&stored).expect("a stored state can be loaded");
    assert_eq!(
        serde_json::to_string(&again).expect("a stored state"),
        stored
    );
}
