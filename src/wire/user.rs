//! The user in a response of User Management. Members of another type are absent.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::user::User;
use crate::wire::lenient::{lenient, lenient_map, lenient_text, lenient_text_or_empty};

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct WireUser(#[serde(with = "Members")] User);

impl WireUser {
    /// Returns the user; `None` without an id.
    pub(crate) fn into_user(self) -> Option<User> {
        Some(self.0).filter(|user| !user.id().is_empty())
    }
}

#[derive(Deserialize)]
#[serde(remote = "User")]
struct Members {
    #[serde(default, deserialize_with = "lenient_text_or_empty")]
    id: Box<str>,
    #[serde(default, deserialize_with = "lenient_text")]
    email: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    email_verified: Option<bool>,
    #[serde(default, deserialize_with = "lenient_text")]
    name: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    first_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    last_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    profile_picture_url: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    locale: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    external_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_map")]
    metadata: BTreeMap<Box<str>, Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    last_sign_in_at: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    created_at: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_text")]
    updated_at: Option<Box<str>>,
}
