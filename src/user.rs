//! The user of a session, the impersonator, the identity provider's tokens and the authentication method.
//!
//! They are data for the application. Only the ID of the user has an effect here: a refresh and a userinfo response must have the same
//! one. The user of User Management comes with each token response, that of an authorization server with an ID token or from userinfo.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::login::connection_selector::Provider;
use crate::open_enum::open_enum;
use crate::stored::{expose, secret};

/// The user of a session.
///
/// Only the ID is always present; it is the key to store data under. `Debug` shows nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub(crate) id: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_picture_url: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<Box<str>, Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_sign_in_at: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Box<str>>,
}

impl User {
    /// Returns the user's id, `user_…`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns this user with newer data. What the newer data lacks is kept.
    pub(crate) fn updated_by(self, newer: Self) -> Self {
        // Whether an address is verified is not known of another address.
        let is_same_email = newer.email.is_none() || newer.email == self.email;
        Self {
            email_verified: newer
                .email_verified
                .or(self.email_verified.filter(|_| is_same_email)),
            email: newer.email.or(self.email),
            // A claim that is absent may be out of scope. It does not mean that the user has none.
            name: newer.name.or(self.name),
            first_name: newer.first_name.or(self.first_name),
            last_name: newer.last_name.or(self.last_name),
            profile_picture_url: newer.profile_picture_url.or(self.profile_picture_url),
            locale: newer.locale.or(self.locale),
            ..self
        }
    }

    /// Returns the e-mail address, which may be [unverified](Self::email_verified).
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns whether the e-mail address is verified; `None` if the service does not tell.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        self.email_verified
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the first name.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.first_name.as_deref()
    }

    /// Returns the last name.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.last_name.as_deref()
    }

    /// Returns the URL of the profile picture.
    #[must_use]
    pub fn profile_picture_url(&self) -> Option<&str> {
        self.profile_picture_url.as_deref()
    }

    /// Returns the locale, for instance `en-GB`.
    #[must_use]
    pub fn locale(&self) -> Option<&str> {
        self.locale.as_deref()
    }

    /// Returns the external ID, which the application has given this user at the service.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }

    /// Returns the metadata that the application stores with this user at the service, sorted by key.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.metadata.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Returns when the user last signed in, ISO 8601 in UTC.
    #[must_use]
    pub fn last_sign_in_at(&self) -> Option<&str> {
        self.last_sign_in_at.as_deref()
    }

    /// Returns when the user was created, ISO 8601 in UTC.
    #[must_use]
    pub fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }

    /// Returns when the user was last updated, ISO 8601 in UTC.
    #[must_use]
    pub fn updated_at(&self) -> Option<&str> {
        self.updated_at.as_deref()
    }
}

/// Shows the ID only: names and addresses are personal data, and logs are kept.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The member of staff who acts as the user (impersonation).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impersonator {
    email: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Box<str>>,
}

impl Impersonator {
    /// Returns the impersonator's e-mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Returns the reason that the impersonator gave.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// The tokens of the identity provider, if the environment is configured to return them.
///
/// # Secrets
///
/// The tokens give access to the user's account at the provider. They are wiped from memory when dropped.
#[derive(Clone, Serialize, Deserialize)]
pub struct ProviderTokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<Provider>,
    #[serde(serialize_with = "expose")]
    pub(crate) access_token: SecretString,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<SecretString>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<Box<str>>,
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
        self.scopes.iter().map(|scope| &**scope)
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
    /// The authentication method. A refresh repeats the method that opened the session.
    pub enum AuthenticationMethod {
        /// Sign in with Apple.
        AppleOAuth = "AppleOAuth",
        /// Bitbucket.
        BitbucketOAuth = "BitbucketOAuth",
        /// Access granted from one application to another.
        CrossAppAuth = "CrossAppAuth",
        /// Discord.
        DiscordOAuth = "DiscordOAuth",
        /// An authentication system of the application.
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
        /// A session that was migrated from another system.
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
