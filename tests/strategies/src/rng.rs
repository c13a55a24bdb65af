//! A random number generator that is not random.

use std::convert::Infallible;

use workos_login::rand_core::utils::next_word_via_fill;
use workos_login::rand_core::{TryCryptoRng, TryRng};

/// A generator of the bytes 0, 1, 2 and so on, so that a test has the same `state` and code verifier each time.
///
/// It is a [`CryptoRng`](workos_login::rand_core::CryptoRng) by declaration only. It is for tests.
///
/// ```
/// use std::time::SystemTime;
/// use workos_login::{Client, ConnectionSelector, Screen};
/// use workos_login_strategies::CountingRng;
///
/// let client = Client::public("client_123".parse()?);
/// let redirect_uri = "http://127.0.0.1:8080/callback".parse()?;
/// let start = client.login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri);
/// let (url, _) = start.begin(SystemTime::now(), &mut CountingRng::default());
/// assert!(url.as_str().contains("state=AAECAwQFBgcICQ"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CountingRng(u8);

impl TryRng for CountingRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for CountingRng {}
