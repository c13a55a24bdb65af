//! The authorization servers: how each is started, and which checks it passes.

use crate::checks::Check;
use crate::django_oauth_toolkit;
use crate::glewlwyd;
use crate::oauth::{self, Target};
use crate::oidc_provider;

/// An authorization server.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// A script of this directory.
    pub(crate) script: &'static str,
    pub(crate) arguments: &'static [&'static str],
    /// The algorithm of its ID tokens.
    pub(crate) algorithm: &'static str,
    /// `true` if the server handles parallel requests.
    pub(crate) is_parallel: bool,
    pub(crate) checks: &'static [&'static [Check<Target>]],
}

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "oidc-provider",
        script: "oidc-provider/server.js",
        arguments: &["RS256"],
        algorithm: "RS256",
        is_parallel: true,
        checks: &[
            oauth::COMMON,
            oauth::REVOCATION,
            oauth::REUSE_DETECTION,
            oauth::LOGOUT_IN_THE_BROWSER,
            oauth::DEVICE,
            oidc_provider::CHECKS,
        ],
    },
    Peer {
        name: "oidc-provider-es256",
        script: "oidc-provider/server.js",
        arguments: &["ES256"],
        algorithm: "ES256",
        is_parallel: true,
        checks: &[oauth::COMMON, oauth::REVOCATION],
    },
    Peer {
        name: "oauth2-mock-server",
        script: "oauth2-mock-server/server.js",
        arguments: &[],
        algorithm: "RS256",
        is_parallel: true,
        checks: &[oauth::COMMON, oauth::REVOCATION, oauth::END_SESSION_URL],
    },
    Peer {
        name: "django-oauth-toolkit",
        script: "django-oauth-toolkit/server.py",
        arguments: &[],
        algorithm: "RS256",
        is_parallel: true,
        checks: &[
            oauth::COMMON,
            oauth::REVOCATION,
            oauth::REUSE_DETECTION,
            oauth::LOGOUT_IN_THE_BROWSER,
            django_oauth_toolkit::CHECKS,
        ],
    },
    Peer {
        name: "canaille",
        script: "canaille/server.py",
        arguments: &["RS256"],
        algorithm: "RS256",
        is_parallel: true,
        checks: &[
            oauth::COMMON,
            oauth::NO_REVOCATION,
            oauth::ONE_USE,
            oauth::LOGOUT_IN_THE_BROWSER,
        ],
    },
    Peer {
        name: "canaille-eddsa",
        script: "canaille/server.py",
        arguments: &["EdDSA"],
        algorithm: "EdDSA",
        is_parallel: true,
        checks: &[oauth::COMMON],
    },
    Peer {
        name: "glewlwyd",
        script: "glewlwyd/server.py",
        arguments: &["ES256"],
        algorithm: "ES256",
        // Its SQLite database fails some parallel requests.
        is_parallel: false,
        checks: &[oauth::COMMON, oauth::DEVICE, glewlwyd::CHECKS],
    },
    Peer {
        name: "glewlwyd-eddsa",
        script: "glewlwyd/server.py",
        arguments: &["EdDSA"],
        algorithm: "EdDSA",
        is_parallel: false,
        checks: &[oauth::COMMON],
    },
];
