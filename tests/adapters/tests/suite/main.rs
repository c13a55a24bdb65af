//! One suite of behaviour for every HTTP adapter, over real sockets.
//!
//! A behaviour is one function over [`Adapter`](adapters::Adapter), and three tests: `responses::completes_a_login::ureq`.

#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

/// Makes a test for every adapter of each of these functions.
macro_rules! on_every_adapter {
    ($($behaviour:ident),+ $(,)?) => {
        $(
            mod $behaviour {
                use crate::adapters::{Hyper, Reqwest, Ureq};

                #[test]
                fn hyper() {
                    super::$behaviour::<Hyper>();
                }

                #[test]
                fn reqwest() {
                    super::$behaviour::<Reqwest>();
                }

                #[test]
                fn ureq() {
                    super::$behaviour::<Ureq>();
                }
            }
        )+
    };
}

mod adapters;
mod certificates;
mod challenges;
mod conformance;
mod device;
mod faults;
mod organizations;
mod per_adapter;
mod pool;
mod proxies;
mod raw_server;
mod responses;
mod rotation;
mod support;
mod transport_errors;
