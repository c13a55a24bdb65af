//! The cost of a login with this library, with other libraries and with hand-written code.
//!
//! Each contender is a module that returns [`Work`] for a [`Row`], or the reason why it has none. The programs measure
//! this work: `login-cost` the time, `allocations` the heap, `memory` many pending logins, `instructions` with callgrind.

mod borrowed;
mod floor;
mod oauth2;
mod ours;
mod scene;
mod work;
mod workos;

pub use self::work::{Offer, Work};

/// The work of a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    BeginSeeded,
    BeginSystem,
    ReadCallback,
    BuildRequest,
    ReadSuccess,
    WholeLogin,
    ReadErrorResponse,
    Store,
    Load,
    Fresh,
}

impl Row {
    pub const ALL: [Self; 10] = [
        Self::BeginSeeded,
        Self::BeginSystem,
        Self::ReadCallback,
        Self::BuildRequest,
        Self::ReadSuccess,
        Self::WholeLogin,
        Self::ReadErrorResponse,
        Self::Store,
        Self::Load,
        Self::Fresh,
    ];

    /// Returns the name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BeginSeeded => "w1-seeded",
            Self::BeginSystem => "w1-system",
            Self::ReadCallback => "w2",
            Self::BuildRequest => "w3",
            Self::ReadSuccess => "w4",
            Self::WholeLogin => "w5",
            Self::ReadErrorResponse => "w6",
            Self::Store => "store",
            Self::Load => "load",
            Self::Fresh => "fresh",
        }
    }

    /// Returns the title in the table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::BeginSeeded => "W1 begin a login, seeded generator",
            Self::BeginSystem => "W1 begin a login, system generator",
            Self::ReadCallback => "W2 parse a callback",
            Self::BuildRequest => "W3 accept it, build the token request",
            Self::ReadSuccess => "W4 read a token response of 2 KB",
            Self::WholeLogin => "W5 the whole login",
            Self::ReadErrorResponse => "W6 read an error response (invalid_grant)",
            Self::Store => "store a pending login",
            Self::Load => "load a pending login",
            Self::Fresh => "check that an access token is not due for refresh",
        }
    }
}

/// The code that does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    Ours,
    Floor,
    OAuth2,
    WorkOs,
    /// No login: the body and the claims of W4, parsed as borrowed strings and dropped.
    Borrowed,
    /// No login: the body of W4 alone, parsed as borrowed strings and dropped.
    BorrowedBody,
}

impl Contender {
    pub const ALL: [Self; 6] = [
        Self::Ours,
        Self::Floor,
        Self::OAuth2,
        Self::WorkOs,
        Self::Borrowed,
        Self::BorrowedBody,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "workos-login",
            Self::Floor => "floor",
            Self::OAuth2 => "oauth2",
            Self::WorkOs => "workos",
            Self::Borrowed => "borrowed",
            Self::BorrowedBody => "borrowed-body",
        }
    }

    /// Returns whether the contender is another login library.
    #[must_use]
    pub fn is_peer(self) -> bool {
        matches!(self, Self::OAuth2 | Self::WorkOs)
    }

    #[must_use]
    pub fn offer(self, row: Row) -> Offer {
        match self {
            Self::Ours => ours::offer(row),
            Self::Floor => floor::offer(row),
            Self::OAuth2 => oauth2::offer(row),
            Self::WorkOs => workos::offer(row),
            Self::Borrowed => borrowed::offer(row),
            Self::BorrowedBody => borrowed::offer_body(row),
        }
    }

    /// Creates `count` pending logins and passes all of them to `measure`.
    pub fn with_pending(self, count: usize, measure: impl FnOnce(&dyn std::any::Any)) {
        match self {
            Self::Ours => measure(&ours::pending(count)),
            Self::Floor => measure(&floor::pending(count)),
            Self::OAuth2 => measure(&oauth2::pending(count)),
            Self::WorkOs => measure(&workos::pending(count)),
            Self::Borrowed | Self::BorrowedBody => {}
        }
    }
}

/// Returns how often this library calls the generator for one login.
#[must_use]
pub fn entropy_calls() -> usize {
    ours::entropy_calls()
}

/// Parses a row and a contender of the command line.
#[must_use]
pub fn parse(row: &str, contender: &str) -> Option<(Row, Contender)> {
    let row = Row::ALL.into_iter().find(|known| known.name() == row)?;
    Some((row, parse_contender(contender)?))
}

/// Parses a contender of the command line.
#[must_use]
pub fn parse_contender(name: &str) -> Option<Contender> {
    Contender::ALL
        .into_iter()
        .find(|known| known.name() == name)
}
