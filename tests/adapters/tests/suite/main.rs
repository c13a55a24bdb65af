//! What every HTTP adapter has to do, over real sockets.
//!
//! A behaviour is one function over [`Adapter`](adapters::Adapter), and three tests: `answers::a_whole_login_ends_with_a_session::ureq`.

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
mod answers;
mod breaks;
mod certificates;
mod device;
mod faults;
mod limits;
mod organizations;
mod own_clients;
mod pool;
mod proxies;
mod step_ups;
mod support;
mod wire;
