//! The responses of the service: what a refresh meets.

use std::time::Duration;

use workos_login_mock_server::{Endpoint, Fault, MockResponse, Server};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Responses {
    /// Each response takes 20 ms.
    Prompt,
    /// Each response takes 5 s, which is longer than the timeout of an attempt that another can follow.
    Slow,
    /// The first responses are replaced with 502 after the server acted.
    Lost(usize),
}

impl Responses {
    /// Applies to every refresh from now on.
    pub(crate) fn inject(self, server: &Server) {
        server.clear_faults();
        if let Self::Lost(count) = self {
            let replaced = Fault::ResponseReplaced(MockResponse::new(502));
            server.inject(replaced.on(Endpoint::Refresh).times(count));
        }
        let delay = match self {
            Self::Slow => Duration::from_secs(5),
            // Prolongs a refresh, so that it is killed more often.
            Self::Prompt | Self::Lost(_) => Duration::from_millis(20),
        };
        server.inject(Fault::Delay(delay).on(Endpoint::Refresh).always());
    }
}
