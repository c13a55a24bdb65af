//! The cost of a login with this library, with other libraries and with hand-written code.
//!
//! Each contender is a module that returns [`Work`] for a [`Row`]. `login-cost` measures its time and prints the
//! [lines](table::Line) of the table; for each contender, it runs `allocations`, `memory` and, with callgrind, `instructions`.
//! `session-manager` measures the session manager.

pub mod table;

mod floor;
mod oauth2;
mod ours;
mod response;
mod scene;
mod stored;
mod work;
mod workos;

pub use self::ours::{client, stored_session};
pub use self::scene::success as token_response;
pub use self::work::Work;

/// The work of a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Begin,
    BeginSystem,
    Callback,
    CallbackAndRequest,
    ToRequest,
    ToErrorResponse,
    Response,
    WholeLogin,
    StorePending,
    LoadPending,
    StoreSession,
    LoadSession,
}

impl Row {
    pub const ALL: [Self; 12] = [
        Self::Begin,
        Self::BeginSystem,
        Self::Callback,
        Self::CallbackAndRequest,
        Self::ToRequest,
        Self::ToErrorResponse,
        Self::Response,
        Self::WholeLogin,
        Self::StorePending,
        Self::LoadPending,
        Self::StoreSession,
        Self::LoadSession,
    ];

    /// Returns the title in the table, which is also the name on the command line.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Begin => "begin a login",
            Self::BeginSystem => "begin a login, os generator",
            Self::Callback => "parse and accept the callback",
            Self::CallbackAndRequest => "callback and request",
            Self::ToRequest => "begin, callback, request",
            Self::ToErrorResponse => "begin, callback, request, `invalid_grant`",
            Self::Response => "read the token response",
            Self::WholeLogin => "whole login, os generator",
            Self::StorePending => "store a pending login",
            Self::LoadPending => "load a pending login",
            Self::StoreSession => "store a session",
            Self::LoadSession => "load a session",
        }
    }
}

/// The code that does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    Floor,
    Ours,
    OAuth2,
    WorkOs,
    /// The floor of a token response with texts of their own and wiped tokens.
    OwnedFloor,
}

impl Contender {
    pub const ALL: [Self; 5] = [
        Self::Floor,
        Self::Ours,
        Self::OAuth2,
        Self::WorkOs,
        Self::OwnedFloor,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Ours => "workos-login",
            Self::OAuth2 => "oauth2",
            Self::WorkOs => "workos",
            Self::OwnedFloor => "owned-floor",
        }
    }

    /// Returns the work of a row, unless the contender has none.
    #[must_use]
    pub fn work(self, row: Row) -> Option<Work> {
        match self {
            Self::Floor => floor::work(row),
            Self::Ours => Some(ours::work(row)),
            Self::OAuth2 => oauth2::work(row),
            Self::WorkOs => workos::work(row),
            Self::OwnedFloor => floor::owned_work(row),
        }
    }

    /// Creates `count` pending logins and passes all of them to `measure`.
    pub fn with_pending(self, count: usize, measure: impl FnOnce(&dyn std::any::Any)) {
        match self {
            Self::Floor => measure(&floor::pending(count)),
            Self::Ours => measure(&ours::pending(count)),
            Self::OAuth2 => measure(&oauth2::pending(count)),
            Self::WorkOs => measure(&workos::pending(count)),
            Self::OwnedFloor => {}
        }
    }
}

/// Parses a row and a contender of the command line.
#[must_use]
pub fn parse(row: &str, contender: &str) -> Option<(Row, Contender)> {
    let row = Row::ALL.into_iter().find(|known| known.title() == row)?;
    Some((row, parse_contender(contender)?))
}

/// Parses a contender of the command line.
#[must_use]
pub fn parse_contender(name: &str) -> Option<Contender> {
    Contender::ALL
        .into_iter()
        .find(|known| known.name() == name)
}
