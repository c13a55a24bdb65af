//! Where a login takes place.

use std::iter;

use crate::ids::{ConnectionId, OrganizationId};
use crate::open_enum::open_enum;
use crate::service::Scope;

/// What an authorization request is for.
#[derive(Debug)]
pub(crate) enum Target {
    Scope(Scope),
    Selector(ConnectionSelector),
}

impl Target {
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let (first, second) = match self {
            Self::Scope(scope) => (("scope", scope.as_str()), None),
            Self::Selector(selector) => selector.parameters(),
        };
        iter::once(first).chain(second)
    }
}

type Parameter<'a> = (&'static str, &'a str);

/// Where a login takes place. The service needs to know at least this much.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectionSelector {
    /// The hosted login page, which offers everything that the environment allows.
    AuthKit(Screen),
    /// One SSO connection.
    Connection(ConnectionId),
    /// The way of signing in that an organization has set.
    Organization(OrganizationId),
    /// One identity provider, without the hosted page.
    Provider(Provider),
}

impl ConnectionSelector {
    fn parameters(&self) -> (Parameter<'_>, Option<Parameter<'_>>) {
        match self {
            Self::AuthKit(screen) => (
                ("provider", "authkit"),
                screen.hint().map(|hint| ("screen_hint", hint)),
            ),
            Self::Connection(id) => (("connection_id", id.as_str()), None),
            Self::Organization(id) => (("organization_id", id.as_str()), None),
            Self::Provider(provider) => (("provider", provider.as_str()), None),
        }
    }
}

/// The first page that AuthKit shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a page is for signing in, for signing up, or left to the service"
)]
pub enum Screen {
    /// What the service chooses: sign in.
    Default,
    /// The page to sign in.
    SignIn,
    /// The page to sign up.
    SignUp,
}

impl Screen {
    fn hint(self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::SignIn => Some("sign-in"),
            Self::SignUp => Some("sign-up"),
        }
    }
}

open_enum! {
    /// An identity provider. The list grows: any name can be made with `Provider::from("NewOAuth")`.
    pub enum Provider {
        /// Apple.
        Apple = "AppleOAuth",
        /// Bitbucket.
        Bitbucket = "BitbucketOAuth",
        /// GitHub.
        GitHub = "GitHubOAuth",
        /// GitLab.
        GitLab = "GitLabOAuth",
        /// Google.
        Google = "GoogleOAuth",
        /// Intuit.
        Intuit = "IntuitOAuth",
        /// LinkedIn.
        LinkedIn = "LinkedInOAuth",
        /// Microsoft.
        Microsoft = "MicrosoftOAuth",
        /// Salesforce.
        Salesforce = "SalesforceOAuth",
        /// Slack.
        Slack = "SlackOAuth",
        /// Vercel.
        Vercel = "VercelOAuth",
        /// Vercel Marketplace.
        VercelMarketplace = "VercelMarketplaceOAuth",
        /// Xero.
        Xero = "XeroOAuth",
    }
}
