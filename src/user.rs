//! Who is logged in, who acts for them, and how they signed in.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::login::connection_selector::Provider;
use crate::open_enum::open_enum;
use crate::stored::{expose, expose_optional};
use crate::texts::{Place, TextList, Texts};
use crate::wire::lenient::lenient;
use crate::wire::standard::IdClaims;
use crate::wire::user::{self as wire, Pairs};

/// The texts of most users fit into so many bytes.
const USUAL_BYTES: usize = 256;

/// The user of a session. Only the id is always there; it is what to keep as a key.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    texts: Texts,
    places: wire::User<Place>,
}

impl User {
    /// Makes the user that an ID token is about; `None` when it does not say who.
    pub(crate) fn from_id_claims(claims: IdClaims<'_>) -> Option<Self> {
        let user = wire::User {
            id: claims.sub.filter(|sub| !sub.is_empty())?,
            email: claims.email,
            email_verified: claims.email_verified,
            name: claims.name,
            first_name: claims.given_name,
            last_name: claims.family_name,
            profile_picture_url: claims.picture,
            locale: claims.locale,
            ..wire::User::default()
        };
        Some(user.into())
    }

    /// Returns the user's id, `user_…`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.texts.get(self.places.id)
    }

    /// Returns the e-mail address. Whether it was confirmed says [`email_verified`](Self::email_verified).
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text(self.places.email)
    }

    /// Whether the e-mail address was confirmed; `None` when the service does not say.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        self.places.email_verified
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text(self.places.name)
    }

    /// Returns the first name.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.text(self.places.first_name)
    }

    /// Returns the last name.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.text(self.places.last_name)
    }

    /// Returns the address of a picture of the user.
    #[must_use]
    pub fn profile_picture_url(&self) -> Option<&str> {
        self.text(self.places.profile_picture_url)
    }

    /// Returns the language that the user prefers, for instance `en-GB`.
    #[must_use]
    pub fn locale(&self) -> Option<&str> {
        self.text(self.places.locale)
    }

    /// Returns the id that the application gave this user at the service.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        self.text(self.places.external_id)
    }

    /// Returns what the application keeps with this user at the service, sorted by key.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.places.metadata.iter().flat_map(|Pairs(pairs)| pairs);
        pairs.map(|(key, value)| (self.texts.get(*key), self.texts.get(*value)))
    }

    /// Returns when the user last signed in, ISO 8601 in UTC.
    #[must_use]
    pub fn last_sign_in_at(&self) -> Option<&str> {
        self.text(self.places.last_sign_in_at)
    }

    /// Returns when the user was made, ISO 8601 in UTC.
    #[must_use]
    pub fn created_at(&self) -> Option<&str> {
        self.text(self.places.created_at)
    }

    /// Returns when the user was last changed, ISO 8601 in UTC.
    #[must_use]
    pub fn updated_at(&self) -> Option<&str> {
        self.text(self.places.updated_at)
    }

    fn text(&self, place: Option<Place>) -> Option<&str> {
        place.map(|place| self.texts.get(place))
    }

    fn members(&self) -> wire::User<&str> {
        self.places.clone().map(|place| self.texts.get(place))
    }
}

impl From<wire::User<Cow<'_, str>>> for User {
    fn from(user: wire::User<Cow<'_, str>>) -> Self {
        let mut texts = Texts::with_capacity(USUAL_BYTES);
        let places = user.map(|text| texts.push(&text));
        Self { texts, places }
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::User::<Cow<'de, str>>::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for User {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members().serialize(serializer)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.members().fmt(f)
    }
}

/// The member of staff who acts as the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impersonator {
    email: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Box<str>>,
}

impl Impersonator {
    /// Returns the e-mail address of the one who acts.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Returns why, in their words.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// The tokens of the identity provider, when the environment is set to hand them on.
///
/// # This is a secret
///
/// They act for the user at the provider. They are wiped from memory when dropped.
#[derive(Clone, Serialize, Deserialize)]
pub struct ProviderTokens {
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    provider: Option<Provider>,
    #[serde(serialize_with = "expose")]
    access_token: SecretString,
    #[serde(
        default,
        deserialize_with = "lenient",
        serialize_with = "expose_optional",
        skip_serializing_if = "Option::is_none"
    )]
    refresh_token: Option<SecretString>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    expires_at: Option<u64>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    scopes: Option<TextList>,
}

impl ProviderTokens {
    /// Returns the name of the provider, for instance `GoogleOAuth`.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_ref().map(Provider::as_str)
    }

    /// Returns the provider's access token.
    #[must_use]
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// Returns the provider's refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_token.as_ref()
    }

    /// Returns when the access token expires, by the provider's clock.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.expires_at?))
    }

    /// Returns the scopes that were granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().flat_map(TextList::iter)
    }
}

impl fmt::Debug for ProviderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderTokens")
            .field("provider", &self.provider())
            .finish_non_exhaustive()
    }
}

open_enum! {
    /// How the user signed in. The list grows; a refresh repeats the method that opened the session.
    pub enum AuthenticationMethod {
        /// Sign in with Apple.
        AppleOAuth = "AppleOAuth",
        /// Bitbucket.
        BitbucketOAuth = "BitbucketOAuth",
        /// Access granted from one application to another.
        CrossAppAuth = "CrossAppAuth",
        /// Discord.
        DiscordOAuth = "DiscordOAuth",
        /// A system of the application's own.
        ExternalAuth = "ExternalAuth",
        /// GitHub.
        GitHubOAuth = "GitHubOAuth",
        /// GitLab.
        GitLabOAuth = "GitLabOAuth",
        /// Google.
        GoogleOAuth = "GoogleOAuth",
        /// A member of staff acts as the user.
        Impersonation = "Impersonation",
        /// Intuit.
        IntuitOAuth = "IntuitOAuth",
        /// LinkedIn.
        LinkedInOAuth = "LinkedInOAuth",
        /// A one-time code by e-mail.
        MagicAuth = "MagicAuth",
        /// Microsoft.
        MicrosoftOAuth = "MicrosoftOAuth",
        /// A session that was brought over from another system.
        MigratedSession = "MigratedSession",
        /// A passkey.
        Passkey = "Passkey",
        /// A password.
        Password = "Password",
        /// Salesforce.
        SalesforceOAuth = "SalesforceOAuth",
        /// Slack.
        SlackOAuth = "SlackOAuth",
        /// An SSO connection.
        Sso = "SSO",
        /// Vercel Marketplace.
        VercelMarketplaceOAuth = "VercelMarketplaceOAuth",
        /// Vercel.
        VercelOAuth = "VercelOAuth",
        /// Xero.
        XeroOAuth = "XeroOAuth",
    }
}
