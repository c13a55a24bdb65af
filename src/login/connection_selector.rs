//! The connection selector of an authorization request, and its counterpart at other authorization servers, the scope.
//!
//! User Management requires at least one of `provider`, `connection_id` and `organization_id` in each authorization request. An authorization server has
//! none of them and takes `scope` (RFC 6749 section 3.3).

use std::iter;

use crate::ids::{ConnectionId, OrganizationId};
use crate::open_enum::open_enum;
use crate::scope::Scope;

/// The target of an authorization request, which depends on the kind of client.
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

/// A connection selector: how the user authenticates. The service requires one for each login.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectionSelector {
    /// AuthKit, the hosted login page, with every method that the environment allows.
    AuthKit(Screen),
    /// An SSO connection.
    Connection(ConnectionId),
    /// The connection of an organization.
    Organization(OrganizationId),
    /// An identity provider, without the hosted login page.
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

/// The page that AuthKit shows first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the service has two pages and a default"
)]
pub enum Screen {
    /// The default of the service, which is the sign-in page.
    Default,
    /// The sign-in page.
    SignIn,
    /// The sign-up page.
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
    /// An identity provider. The set is open: `Provider::from("NewOAuth")` makes one of any name.
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
