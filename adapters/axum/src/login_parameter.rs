//! The parameters of `/login`.

/// A parameter of `/login` that an application can allow. `return_to` is always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginParameter {
    /// `login_hint`, usually the e-mail address of the user.
    LoginHint,
    /// `max_age`: the user authenticates again if the last authentication is older (step-up authentication).
    MaxAge,
    /// `organization_id`: the session is for this organization.
    Organization,
    /// `prompt`.
    Prompt,
    /// `screen_hint`, which is `sign-in` or `sign-up`.
    Screen,
}

impl LoginParameter {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "login_hint" => Self::LoginHint,
            "max_age" => Self::MaxAge,
            "organization_id" => Self::Organization,
            "prompt" => Self::Prompt,
            "screen_hint" => Self::Screen,
            _ => return None,
        })
    }
}
