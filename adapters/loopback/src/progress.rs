//! The progress of a wait.

use std::time::Duration;

use workos_login::Error;

/// A report to the callback of [`Listener::wait_with`](crate::Listener::wait_with).
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A callback with the `state` of the login was ignored because it is [malformed](Error::Malformed).
    ///
    /// The wait continues. Show the error to the user: it is likely that no other callback arrives.
    MalformedCallback(&'a Error),
    /// The remaining time, at the start and then once a second.
    Remaining(Duration),
}
