//! The events that a login reports to the application.

use std::fmt;
use std::io;
use std::time::Duration;

use workos_login::url::Url;
use workos_login::{AuthenticationChallenge, Error, OrganizationId};

use crate::challenge::task;
use crate::error::NativeError;

/// An event of a login, for the callback of [`Login::progress`](crate::Login::progress).
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginEvent<'a> {
    /// The service requires an authentication challenge. Another login can satisfy it, if the application answers the offer.
    Challenge(ChallengeOffer<'a>),
    /// The callback was received, and the authorization code is exchanged for tokens.
    ExchangingCode,
    /// A callback with the `state` of the login was ignored because it is malformed. Show the error: it is likely that no other one arrives.
    MalformedCallback(&'a Error),
    /// The user has to visit a page.
    Page(Page<'a>),
    /// A user code is requested, for a login on another device.
    RequestingUserCode,
    /// A request failed and is sent again.
    Retrying {
        /// The cause.
        message: &'a str,
        /// The time until the next attempt.
        retry_in: Duration,
    },
    /// The userinfo request failed. The session is complete.
    UserInfoFailed(&'a NativeError),
    /// The login waits for the approval on another device: at the start, and then about once a second.
    WaitingForApproval {
        /// The time left.
        left: Duration,
    },
    /// The login waits for the callback: at the start, and then once a second.
    WaitingForCallback {
        /// The time left.
        left: Duration,
    },
}

/// A page that the user has to visit.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    pub(crate) url: &'a Url,
    pub(crate) printed_url: &'a str,
    pub(crate) user_code: Option<&'a str>,
    pub(crate) browser: Browser<'a>,
}

/// The result of opening the browser.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the browser was opened, or it was not"
)]
pub enum Browser<'a> {
    /// It could not be opened. Show the URL.
    Failed(&'a io::Error),
    /// It was opened.
    Opened,
    /// The application opens no browser, or does so itself.
    NotOpened,
}

impl<'a> Page<'a> {
    /// Returns the URL to open in a browser.
    ///
    /// The URL of a login with a callback works only on this machine, and contains the `state` of the login.
    #[must_use]
    pub fn url(&self) -> &'a Url {
        self.url
    }

    /// Returns the URL to show to the user: short if a user code is to be entered there.
    #[must_use]
    pub fn printed_url(&self) -> &'a str {
        self.printed_url
    }

    /// Returns the user code to enter, or to compare, in a browser on any device; `None` for a login on this machine.
    #[must_use]
    pub fn user_code(&self) -> Option<&'a str> {
        self.user_code
    }

    /// Returns whether the browser was opened.
    #[must_use]
    pub fn browser(&self) -> Browser<'a> {
        self.browser
    }
}

impl fmt::Display for Page<'_> {
    /// Writes the URL to show to the user, and the user code to enter there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.user_code {
            Some(code) => write!(f, "{} with the code {code}", self.printed_url),
            None => f.write_str(self.printed_url),
        }
    }
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the URL, which contains the `state`, and without the user code.
        f.debug_struct("Page")
            .field("browser", &self.browser)
            .finish_non_exhaustive()
    }
}

/// An authentication challenge, and the offer to satisfy it with another login on this machine.
///
/// Without an answer, the login ends with [`NativeError::Challenge`](crate::NativeError::Challenge). The login waits while the callback
/// runs, so an answer can take as long as [`time_left`](Self::time_left).
#[must_use = "without an answer, the login ends"]
pub struct ChallengeOffer<'a> {
    pub(crate) challenge: &'a AuthenticationChallenge,
    pub(crate) time_left: Duration,
    pub(crate) answer: &'a mut Option<Answer>,
}

/// The answer to an offer.
pub(crate) enum Answer {
    LogIn,
    Select(OrganizationId),
}

impl<'a> ChallengeOffer<'a> {
    /// Returns the challenge. One of the kind [`OrganizationSelection`](AuthenticationChallenge::OrganizationSelection) lists the
    /// organizations.
    #[must_use]
    pub fn challenge(&self) -> &'a AuthenticationChallenge {
        self.challenge
    }

    /// Returns the task of the user in the challenge, as an imperative sentence.
    #[must_use]
    pub fn task(&self) -> &'static str {
        task(self.challenge)
    }

    /// Returns the time left until the timeout of the login.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.time_left
    }

    /// Starts another login, in which the login page presents the challenge.
    pub fn log_in(self) {
        *self.answer = Some(Answer::LogIn);
    }

    /// Starts another login, to this organization.
    pub fn select(self, organization: &OrganizationId) {
        *self.answer = Some(Answer::Select(organization.clone()));
    }
}

impl fmt::Debug for ChallengeOffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChallengeOffer")
            .field("challenge", &self.challenge.code())
            .finish_non_exhaustive()
    }
}
