//! What a login costs: the same work done by this project's crate, by its peers and by hand.
//!
//! Each contender is a module that offers [`Work`] for a [`Row`], or says what it cannot do. The programs measure what is
//! offered: `login-cost` the time, `allocations` the heap, `memory` many pending logins, `instructions` under callgrind.

mod borrowed;
mod floor;
mod oauth2;
mod ours;
mod scene;
mod work;
mod workos;

pub use self::work::{Offer, Work};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    BeginSeeded,
    BeginSystem,
    ReadCallback,
    BuildRequest,
    ReadSuccess,
    WholeLogin,
    ReadRefusal,
    Save,
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
        Self::ReadRefusal,
        Self::Save,
        Self::Load,
        Self::Fresh,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BeginSeeded => "w1-seeded",
            Self::BeginSystem => "w1-system",
            Self::ReadCallback => "w2",
            Self::BuildRequest => "w3",
            Self::ReadSuccess => "w4",
            Self::WholeLogin => "w5",
            Self::ReadRefusal => "w6",
            Self::Save => "save",
            Self::Load => "load",
            Self::Fresh => "fresh",
        }
    }

    /// The title in the table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::BeginSeeded => "W1 begin a login, seeded generator",
            Self::BeginSystem => "W1 begin a login, system's generator",
            Self::ReadCallback => "W2 read a callback URL",
            Self::BuildRequest => "W3 check it, build the token request",
            Self::ReadSuccess => "W4 read a success of 2 KB",
            Self::WholeLogin => "W5 all of it",
            Self::ReadRefusal => "W6 read an invalid_grant",
            Self::Save => "save a pending login",
            Self::Load => "load a pending login",
            Self::Fresh => "decide that a token is fresh",
        }
    }
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    Ours,
    Floor,
    OAuth2,
    WorkOs,
    /// Not a login: the body and the claims of W4, read without keeping anything of them.
    Borrowed,
    /// Not a login: the body of W4 alone, read without keeping anything of it.
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

    /// Whether it is another library for logins.
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

    /// Makes `count` pending logins and hands them to `measure`, all at once.
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

/// How often the generator is called for one login: by this project's crate.
#[must_use]
pub fn entropy_calls() -> usize {
    ours::entropy_calls()
}

/// Reads a row and a contender as they are written on the command line.
#[must_use]
pub fn parse(row: &str, contender: &str) -> Option<(Row, Contender)> {
    let row = Row::ALL.into_iter().find(|known| known.name() == row)?;
    Some((row, parse_contender(contender)?))
}

/// Reads a contender as it is written on the command line.
#[must_use]
pub fn parse_contender(name: &str) -> Option<Contender> {
    Contender::ALL
        .into_iter()
        .find(|known| known.name() == name)
}
