//! The users, their organizations and the authentication challenges that they must complete.
//!
//! A user has no password: the login page accepts a choice. The three default users differ in the
//! number of their organizations (one, two, none), which decides the course of a login: automatic
//! selection, organization selection, or no organization.

use std::collections::BTreeMap;

/// A user of the server.
///
/// The default configuration has three: [`alice`](Self::alice), [`bob`](Self::bob) and
/// [`carol`](Self::carol). Their ids are constants.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct User {
    /// The ID: `user_` and a ULID.
    pub id: String,
    /// The e-mail address; unique among the users.
    pub email: String,
    /// The first name; `null` in responses if absent.
    pub first_name: Option<String>,
    /// The last name; `null` in responses if absent.
    pub last_name: Option<String>,
    /// The ID that the application assigned to the user.
    pub external_id: Option<String>,
    /// Metadata: names and values.
    pub metadata: BTreeMap<String, String>,
    /// The memberships. With one, its organization is selected automatically; with several, the
    /// authorization request must name one, or the token response is
    /// `organization_selection_required`.
    pub memberships: Vec<Membership>,
    /// The authentication challenges that a login must complete, in this order.
    pub challenges: Vec<Challenge>,
}

impl User {
    /// Returns a user without memberships and without challenges.
    #[must_use]
    pub fn new(id: &str, email: &str) -> Self {
        Self {
            id: id.to_owned(),
            email: email.to_owned(),
            first_name: None,
            last_name: None,
            external_id: None,
            metadata: BTreeMap::new(),
            memberships: Vec::new(),
            challenges: Vec::new(),
        }
    }

    /// Returns Alice Adams, `alice@example.com`, a member of Acme ([`ACME_ID`](Organization::ACME_ID)).
    #[must_use]
    pub fn alice() -> Self {
        Self::new(Self::ALICE_ID, "alice@example.com")
            .with_name("Alice", "Adams")
            .member_of(Organization::acme(), "admin")
    }

    /// Returns Bob Brown, `bob@example.com`, a member of Acme and of Globex
    /// ([`GLOBEX_ID`](Organization::GLOBEX_ID)).
    #[must_use]
    pub fn bob() -> Self {
        Self::new(Self::BOB_ID, "bob@example.com")
            .with_name("Bob", "Brown")
            .member_of(Organization::acme(), "member")
            .member_of(Organization::globex(), "member")
    }

    /// Returns Carol Clark, `carol@example.com`, a member of no organization.
    #[must_use]
    pub fn carol() -> Self {
        Self::new(Self::CAROL_ID, "carol@example.com").with_name("Carol", "Clark")
    }

    /// Sets the first and last name.
    #[must_use]
    pub fn with_name(mut self, first: &str, last: &str) -> Self {
        self.first_name = Some(first.to_owned());
        self.last_name = Some(last.to_owned());
        self
    }

    /// Adds a membership with this role.
    #[must_use]
    pub fn member_of(mut self, organization: Organization, role: &str) -> Self {
        self.memberships.push(Membership {
            organization,
            role: role.to_owned(),
            permissions: Vec::new(),
        });
        self
    }

    /// Appends an authentication challenge.
    #[must_use]
    pub fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.challenges.push(challenge);
        self
    }

    /// Alice's id.
    pub const ALICE_ID: &'static str = "user_01K1A11CE0000000000000000A";
    /// Bob's id.
    pub const BOB_ID: &'static str = "user_01K1B0B000000000000000000B";
    /// Carol's id.
    pub const CAROL_ID: &'static str = "user_01K1CAR010000000000000000C";

    pub(crate) fn full_name(&self) -> Option<String> {
        let names: Vec<_> = [&self.first_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(|name| &**name)
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    pub(crate) fn membership(&self, organization: &str) -> Option<&Membership> {
        self.memberships
            .iter()
            .find(|membership| membership.organization.id == organization)
    }
}

/// The membership of a user in an organization.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Membership {
    /// The organization.
    pub organization: Organization,
    /// The role slug in the claims `role` and `roles`.
    pub role: String,
    /// The claim `permissions`, which is left out if this is empty.
    pub permissions: Vec<String>,
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organization {
    /// The ID: `org_` and a ULID.
    pub id: String,
    /// The display name.
    pub name: String,
}

impl Organization {
    /// Returns an organization.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Returns Acme, of which Alice and Bob are members.
    #[must_use]
    pub fn acme() -> Self {
        Self::new(Self::ACME_ID, "Acme")
    }

    /// Returns Globex, of which Bob is a member.
    #[must_use]
    pub fn globex() -> Self {
        Self::new(Self::GLOBEX_ID, "Globex")
    }

    /// Acme's id.
    pub const ACME_ID: &'static str = "org_01K1ACME00000000000000000A";
    /// Globex's id.
    pub const GLOBEX_ID: &'static str = "org_01K1G10BEX0000000000000000";
}

/// An authentication challenge, which a login must complete before its session begins.
///
/// The token response is an error response with the details of the challenge. Every challenge
/// except the last is completed by a grant that requires the API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// `email_verification_required`.
    EmailVerification,
    /// `mfa_challenge` with an `authentication_challenge` object.
    MfaChallenge,
    /// `mfa_challenge` with a list of factors. The MFA challenge must be created first.
    MfaFactors,
    /// `mfa_enrollment`. A factor must be enrolled first.
    MfaEnrollment,
    /// `radar_email_challenge`.
    RadarEmail,
    /// `radar_sms_challenge`. The message must be sent first.
    RadarSms,
    /// `sso_required`, with status 400 in the shape of an OAuth error. No grant completes it.
    SsoRequired,
}

impl Challenge {
    /// The one-time code of every e-mail, SMS and authenticator. The server sends no messages.
    pub const ONE_TIME_CODE: &'static str = "123456";
}
