//! The people who can sign in, where they belong, and what stands in their way.

use std::collections::BTreeMap;

/// A person known to the server.
///
/// Three are there from the start: [`alice`](Self::alice), [`bob`](Self::bob) and
/// [`carol`](Self::carol). Their ids never change, so a test may compare them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct User {
    /// `user_` and a ULID.
    pub id: String,
    /// The address the person signs in with; unique among the users.
    pub email: String,
    /// Absent names are `null` on the wire.
    pub first_name: Option<String>,
    /// Absent names are `null` on the wire.
    pub last_name: Option<String>,
    /// The application's own id for this person.
    pub external_id: Option<String>,
    /// Free text by name.
    pub metadata: BTreeMap<String, String>,
    /// The organizations the person belongs to. One is chosen silently; of several one must be
    /// asked for, or the exchange is answered by `organization_selection_required`.
    pub memberships: Vec<Membership>,
    /// What has to be passed, in this order, before a session begins.
    pub challenges: Vec<Challenge>,
}

impl User {
    /// A person without organizations and without challenges.
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

    /// Alice Adams, `alice@example.com`, a member of Acme ([`ACME_ID`](Organization::ACME_ID)).
    #[must_use]
    pub fn alice() -> Self {
        Self::new(Self::ALICE_ID, "alice@example.com")
            .with_name("Alice", "Adams")
            .member_of(Organization::acme(), "admin")
    }

    /// Bob Brown, `bob@example.com`, a member of Acme and of Globex
    /// ([`GLOBEX_ID`](Organization::GLOBEX_ID)).
    #[must_use]
    pub fn bob() -> Self {
        Self::new(Self::BOB_ID, "bob@example.com")
            .with_name("Bob", "Brown")
            .member_of(Organization::acme(), "member")
            .member_of(Organization::globex(), "member")
    }

    /// Carol Clark, `carol@example.com`, who belongs to no organization.
    #[must_use]
    pub fn carol() -> Self {
        Self::new(Self::CAROL_ID, "carol@example.com").with_name("Carol", "Clark")
    }

    /// Gives the person a name.
    #[must_use]
    pub fn with_name(mut self, first: &str, last: &str) -> Self {
        self.first_name = Some(first.to_owned());
        self.last_name = Some(last.to_owned());
        self
    }

    /// Makes the person a member, in this role.
    #[must_use]
    pub fn member_of(mut self, organization: Organization, role: &str) -> Self {
        self.memberships.push(Membership {
            organization,
            role: role.to_owned(),
            permissions: Vec::new(),
        });
        self
    }

    /// Puts a gate behind those that are already there.
    #[must_use]
    pub fn with_challenge(mut self, gate: Challenge) -> Self {
        self.challenges.push(gate);
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

/// A person's place in an organization.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Membership {
    /// Where.
    pub organization: Organization,
    /// The slug in the claims `role` and `roles`.
    pub role: String,
    /// The claim `permissions`; left out when empty.
    pub permissions: Vec<String>,
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organization {
    /// `org_` and a ULID.
    pub id: String,
    /// The name that people read.
    pub name: String,
}

impl Organization {
    /// An organization with this id.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Acme, where Alice and Bob belong.
    #[must_use]
    pub fn acme() -> Self {
        Self::new(Self::ACME_ID, "Acme")
    }

    /// Globex, where only Bob belongs.
    #[must_use]
    pub fn globex() -> Self {
        Self::new(Self::GLOBEX_ID, "Globex")
    }

    /// Acme's id.
    pub const ACME_ID: &'static str = "org_01K1ACME00000000000000000A";
    /// Globex's id.
    pub const GLOBEX_ID: &'static str = "org_01K1G10BEX0000000000000000";
}

/// Something between a good code and a session: the exchange is answered by a step-up.
///
/// Each has its body in the service's own form. All but the last are completed by a grant that
/// needs the API key; every code a person would have to read somewhere is [`Challenge::ONE_TIME_CODE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// `email_verification_required`.
    EmailVerification,
    /// `mfa_challenge` with the challenge inside.
    MfaChallenge,
    /// `mfa_challenge` with a list of factors; the challenge has to be created first.
    MfaFactors,
    /// `mfa_enrollment`: a factor has to be enrolled first.
    MfaEnrollment,
    /// `radar_email_challenge`.
    RadarEmail,
    /// `radar_sms_challenge`; the message has to be sent first.
    RadarSms,
    /// `sso_required`, OAuth-shaped with status 400: no grant completes it, only another login.
    SsoRequired,
}

impl Challenge {
    /// The code of every e-mail, text message and authenticator that this server pretends to send.
    pub const ONE_TIME_CODE: &'static str = "123456";
}
