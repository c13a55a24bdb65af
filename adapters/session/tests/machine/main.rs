//! The session machine, against all that can happen to it.
//!
//! The machine is the real one: a [`Machine`](workos_login_session::Machine) for each process, with requests in bytes and records in
//! JSON. Around it, everything is a model: the store and its lock, the service, the network, the clock ([`world`], [`service`]). A test
//! is either a search through all that can happen within a budget ([`model`], and [`broken`] for drivers and machines that break an
//! invariant), or many random days ([`simulation`]), or one operation ([`traces`]). In a search and on a day, each move is checked against
//! the invariants ([`rules`], [`endings`]). In a search, each state in which no operation is in progress has to lead to an access
//! token once there are no faults any more ([`recovery`]).
//!
//! | | what is checked |
//! |---|---|
//! | K1 | an access token that is not due is returned without a call of the driver |
//! | K2 | two requests are never in flight; on a day, there are hardly more than are due; the lock is waited for for 1 s with a usable token |
//! | K3 | the lock is held, the store was loaded under it and holds what is sent; what is stored is due, or its refresh open |
//! | K4 | the intent is stored before each request and names its organization; it is withdrawn after a definite response, and only then |
//! | K5 | what callers see was stored, or comes with a warning; nothing newer is replaced by anything older; what is unsaved is saved in the end |
//! | K6 | a lost response is retried within the window, with exactly the documented timeout; after it once in each operation; the reason fits |
//! | K7 | only a response ends a session; a usable token is returned, else "try again", as late as demanded; no process ignores the backoff or a challenge |
//! | K8 | the store is cleared only if it holds the refresh token that was rejected |
//! | K9 | calls, requests, sleeps and time of an operation are bounded, and backoffs increase; without faults, a token comes within four operations |
//! | K10 | the lease is that of the policy; no exchange outlasts it; a lock that is left behind delays the others by no more |
//! | K11 | a request specifies the stored organization or that of the intent; no other is ever stored or visible |
//! | K12 | after a rejected access token comes another one, or none |
//! | K13 | after a logout, nothing of that login is stored, and nothing that arrives later is visible |
//!
//! The other suite of this package tests the managers: tasks and threads share a refresh, and timeouts are kept.
//!
//! # Limits
//!
//! * An exclusive store does not compare what it replaces. A user who logs out without the lock, because its lease is over, just while
//!   its holder is suspended between loading and saving, can be logged in again.
//! * A process that is suspended for longer than its lease in the middle of saving an intent replaces the intent of another process in a
//!   leased store, which compares generations.
//! * Without a `sid`, two logins of one user cannot be distinguished: a login that could not be saved gives way to the stored session.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod broken;
mod endings;
mod history;
mod machines;
mod model;
mod process;
mod record;
mod recovery;
mod rules;
mod scenario;
mod search;
mod service;
mod simulation;
mod traces;
mod world;
