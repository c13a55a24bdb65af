//! The user in a response of User Management. Members of another type are absent.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::user::User;
use crate::wire::lenient::{one_pass, one_pass_or_default};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct WireUser(#[serde(with = "Members")] User);

impl WireUser {
    /// Returns the user; `None` without an ID.
    pub(crate) fn into_user(self) -> Option<User> {
        Some(self.0).filter(|user| !user.id().is_empty())
    }
}

#[derive(Deserialize)]
#[serde(remote = "User")]
struct Members {
    #[serde(default, deserialize_with = "one_pass_or_default")]
    id: Box<str>,
    #[serde(default, deserialize_with = "one_pass")]
    email: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    email_verified: Option<bool>,
    #[serde(default, deserialize_with = "one_pass")]
    name: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    first_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    last_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    profile_picture_url: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    locale: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    external_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    metadata: BTreeMap<Box<str>, Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    last_sign_in_at: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    created_at: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    updated_at: Option<Box<str>>,
}
