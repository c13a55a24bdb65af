//! The scope of a login.

use std::fmt;
use std::str::FromStr;

/// The scope of a login at an authorization server (RFC 6749 section 3.3). It always includes `openid`.
///
/// ```
/// use workos_login::Scope;
///
/// let scope: Scope = "email offline_access".parse()?;
/// assert_eq!(scope.as_str(), "openid email offline_access");
/// assert_eq!(Scope::default().as_str(), "openid");
/// # Ok::<(), workos_login::InvalidScope>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Box<str>);

impl Scope {
    /// Returns the usual scope, as far as a server supports it; `None` if it lists no scopes.
    pub(crate) fn supported(listed: Option<&[Box<str>]>) -> Self {
        const USUAL: [&str; 4] = ["openid", "profile", "email", OFFLINE_ACCESS];
        let is_supported = |name: &&str| {
            *name == "openid" || listed.is_none_or(|all| all.iter().any(|known| **known == **name))
        };
        let names: Vec<&str> = USUAL.into_iter().filter(is_supported).collect();
        Self(names.join(" ").into())
    }

    /// Returns whether a refresh token is requested (OpenID Connect Core section 11).
    pub(crate) fn is_offline(&self) -> bool {
        self.0.split(' ').any(|name| name == OFFLINE_ACCESS)
    }

    /// Returns the scope as it is sent: each name once, separated by spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self("openid".into())
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text
            .bytes()
            // RFC 6749 section 3.3: a name has the characters %x21, %x23-5B and %x5D-7E.
            .all(|b| b == b' ' || b.is_ascii_graphic() && b != b'"' && b != b'\\')
        {
            return Err(InvalidScope);
        }
        // Without `openid` the request would be plain OAuth 2.0, and no ID token would identify the user (OpenID Connect Core section
        // 3.1.2.1).
        let mut names = vec!["openid"];
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self(names.join(" ").into()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An invalid [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidScope;

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "scope has a character that is not allowed; separate printable ASCII names with spaces",
        )
    }
}

impl std::error::Error for InvalidScope {}

const OFFLINE_ACCESS: &str = "offline_access";
