//! Sessions in sealed cookies.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use workos_login::Authenticated;
use workos_login_session::SealingKeys;
use zeroize::Zeroizing;

use crate::in_cookies::{Form, Seal};
use crate::settings::Settings;

/// Sessions in sealed cookies: nothing is stored on the server.
pub struct SealedCookies {
    pub(crate) keys: Arc<SealingKeys>,
}

impl SealedCookies {
    /// Makes sessions that are sealed with these keys.
    #[must_use]
    pub fn new(keys: SealingKeys) -> Self {
        Self {
            keys: Arc::new(keys),
        }
    }
}

impl Form for SealedCookies {
    /// The handle is random, and the sequence number counts the refreshes.
    fn begin(&self, _: &Authenticated) -> (String, u64) {
        (URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()), 0)
    }

    fn next(&self, sequence: u64, _: &Authenticated) -> u64 {
        sequence + 1
    }

    fn seal(&self, settings: &Settings, seal: &Seal) -> String {
        let text = serde_json::to_vec(seal).expect("a session record is an object of texts");
        let context = settings.context(&settings.cookies.session);
        URL_SAFE_NO_PAD.encode(self.keys.seal(&context, &text, &mut rand::rng()))
    }

    fn open(&self, settings: &Settings, value: &str) -> Option<Seal> {
        let mut sealed = Zeroizing::new(URL_SAFE_NO_PAD.decode(value).ok()?);
        let context = settings.context(&settings.cookies.session);
        let text = self.keys.open_in_place(&context, &mut sealed)?;
        let seal = serde_json::from_slice(text).ok();
        // `Zeroizing` wipes the content of a vector byte by byte, but the capacity beyond it at once.
        sealed.clear();
        seal
    }
}

impl fmt::Debug for SealedCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCookies").finish_non_exhaustive()
    }
}
