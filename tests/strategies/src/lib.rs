//! Values for property tests and fuzz targets of programs that use [`workos_login`]: whatever can arrive at a program that logs users in.
//!
//! | what arrives | type |
//! |---|---|
//! | a callback: of the login, of another one, malformed; as URL, path or query | [`CallbackUri`], [`RedirectUriForm`] |
//! | a response of the token endpoint: tokens, errors, challenges; HTML, truncated, too long | [`TokenResponse`] |
//! | a device authorization response | [`DeviceResponse`] |
//! | server metadata, of the issuer or another one | [`MetadataResponse`] |
//! | a JWKS, and tokens before, during and after a rotation of the keys | [`JwksResponse`], [`KeyMove`], [`KeyIssuer`] |
//! | a token with claims of any JSON type | [`Claims`], [`Json`] |
//! | a stored form, damaged or not | [`StoredForm`], [`Damage`] |
//! | everything above in any order, with time that passes | [`Move`], [`Machine`] |
//!
//! Each type is generated in two ways:
//!
//! * with the feature `proptest` by `any::<T>()`: it implements [`proptest::arbitrary::Arbitrary`], and failures are shrunk;
//! * with the feature `arbitrary` from the input of a fuzz target: it implements [`arbitrary::Arbitrary`].
//!
//! Both features are default, neither needs the other, and both make the same values. A value tells what it contains, so that a test
//! knows what to expect: [`CallbackUri::content`], [`TokenResponse::content`], [`StoredForm::state`]. A value can also be constructed,
//! for a test of one case.
//!
//! # Property tests
//!
//! ```
//! use proptest::collection::vec;
//! use proptest::prelude::*;
//! use workos_login::Client;
//! use workos_login_strategies::{Applied, Machine, Move};
//!
//! let client = Client::public("client_123".parse()?);
//! proptest!(|(moves in vec(any::<Move>(), 0..60))| {
//!     let mut machine = Machine::new(client.clone());
//!     for step in &moves {
//!         if let Applied::Refused(error) = machine.apply(step) {
//!             prop_assert!(!error.to_string().contains("refresh_token_"));
//!         }
//!     }
//! });
//! # Ok::<(), workos_login::InvalidClientId>(())
//! ```
//!
//! # Fuzz targets
//!
//! With `default-features = false` and the feature `arbitrary`:
//!
//! ```
//! # #[cfg(feature = "arbitrary")] {
//! use arbitrary::{Arbitrary, Unstructured};
//! use workos_login::Client;
//! use workos_login_strategies::{Machine, Move};
//!
//! // In a fuzz target: fuzz_target!(|moves: Vec<Move>| { .. });
//! fn target(moves: Vec<Move>) {
//!     let client = Client::public("client_123".parse().unwrap());
//!     let mut machine = Machine::new(client);
//!     for step in &moves {
//!         machine.apply(step);
//!     }
//! }
//!
//! target(Vec::arbitrary(&mut Unstructured::new(b"the input of libFuzzer")).unwrap());
//! # }
//! ```
//!
//! # Limits
//!
//! Access tokens and ID tokens have signatures that are not valid. Sending, receiving and storing are not part of this crate:
//! `workos-login-mock-server` injects faults into real connections.

// Without a feature, nothing is generated.
#![cfg_attr(
    not(any(feature = "arbitrary", feature = "proptest")),
    expect(dead_code, reason = "values are constructed but not generated")
)]

mod callback;
mod choices;
mod claims;
mod json;
mod keys;
mod machine;
mod moves;
mod response;
mod rng;
mod stored;
#[cfg(feature = "proptest")]
mod values;

pub use crate::callback::{
    CallbackContent, CallbackForm, CallbackUri, MalformedCallback, Mismatch, RedirectUriForm,
};
pub use crate::claims::Claims;
pub use crate::json::{Damage, Json};
pub use crate::keys::{JwksResponse, KeyIssuer, KeyMove, TokenKey};
pub use crate::machine::{Applied, LoginClient, Machine, State};
pub use crate::moves::Move;
pub use crate::response::{
    Challenge, Delivery, DeviceContent, DeviceResponse, ErrorBody, ErrorShape, MetadataContent,
    MetadataResponse, TokenContent, TokenResponse, Tokens, TokensShape,
};
pub use crate::rng::CountingRng;
pub use crate::stored::{StoredForm, StoredState};
#[cfg(feature = "proptest")]
pub use crate::values::{Tree, Values};

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "proptest"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "arbitrary")]
pub use arbitrary;
#[cfg(feature = "proptest")]
pub use proptest;
pub use workos_login;
