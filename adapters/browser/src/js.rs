//! Timers, promises and random numbers of the JavaScript environment.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use workos_login::BoxFuture;
use workos_login::rand_core::utils::next_word_via_fill;
use workos_login::rand_core::{TryCryptoRng, TryRng};
use workos_login_session::Clock;

#[wasm_bindgen]
extern "C" {
    // Functions of the global object, so that a worker has them, too.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, millis: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random_values(bytes: &mut [u8]);
}

/// A promise and the function that resolves it.
pub(crate) fn deferred() -> (Promise, Function) {
    let mut resolve = None;
    let promise = Promise::new(&mut |resolve_it, _| resolve = Some(resolve_it));
    (
        promise,
        resolve.expect("a promise calls its executor at once"),
    )
}

/// Calls the function that resolves a promise.
pub(crate) fn resolve(function: &Function) {
    // Such a function throws nothing.
    let _ = function.call0(&JsValue::UNDEFINED);
}

/// Waits for a promise that is never rejected.
pub(crate) async fn settled(promise: Promise) {
    let _ = JsFuture::from(promise).await;
}

/// Waits. The timer is cleared if the future is dropped.
pub(crate) async fn sleep(duration: Duration) {
    // A longer delay would overflow and end at once.
    let millis = i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    let (promise, resolve) = deferred();
    let _timer = Timer(set_timeout(&resolve, millis));
    settled(promise).await;
}

struct Timer(JsValue);

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}

/// Returns the time of `Date.now`: `SystemTime::now` panics on this target.
pub(crate) fn now() -> SystemTime {
    let millis = js_sys::Date::now().max(0.0);
    UNIX_EPOCH
        .checked_add(Duration::from_secs_f64(millis / 1000.0))
        .unwrap_or(UNIX_EPOCH)
}

/// The clock of the browser: `Date.now` and `setTimeout`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BrowserClock;

impl Clock for BrowserClock {
    fn now(&self) -> SystemTime {
        now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(sleep(duration))
    }
}

/// The random number generator of the browser: `crypto.getRandomValues`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BrowserRng;

impl TryRng for BrowserRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // The maximum of one call (Web Cryptography API section 10.1.1).
        bytes.chunks_mut(65536).for_each(fill_with_random_values);
        Ok(())
    }
}

impl TryCryptoRng for BrowserRng {}
