//! A login on its way: somebody proved who they are, and what is left is decided here.

use serde_json::{Map, json};

use crate::response::MockResponse;
use crate::session::user_object;
use crate::user::{Challenge, User};
use crate::world::World;

/// What is known after a good code.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    /// The organization that was asked for.
    pub(crate) organization_id: Option<String>,
    pub(crate) method: String,
    /// What is still in the way, next first.
    pub(crate) challenges: Vec<Challenge>,
}

impl World {
    /// Takes a login as far as it goes: to the next step-up or to a session.
    pub(crate) fn proceed(&mut self, login: Login) -> MockResponse {
        let Some(user) = self.config.user(&login.user_id).cloned() else {
            return MockResponse::invalid_grant("The user was deleted.");
        };
        if let Some(gate) = login.challenges.first() {
            return self.ask(*gate, login, &user);
        }
        let organization_id = match (&login.organization_id, &*user.memberships) {
            (Some(organization), _) => match check_membership(self, &user, organization) {
                Ok(()) => Some(organization.clone()),
                Err(refusal) => return refusal,
            },
            (None, []) => None,
            (None, [only]) => Some(only.organization.id.clone()),
            (None, _) => return self.ask_for_organization(login, &user),
        };
        self.open_session(login.client_id, &user, organization_id, login.method)
    }

    fn ask_for_organization(&mut self, login: Login, user: &User) -> MockResponse {
        let organizations: Vec<_> = user
            .memberships
            .iter()
            .map(|membership| json!({"id": membership.organization.id, "name": membership.organization.name}))
            .collect();
        let extra = Map::from_iter([
            (
                "pending_authentication_token".to_owned(),
                self.pend(login, None, None).into(),
            ),
            ("organizations".to_owned(), organizations.into()),
            ("user".to_owned(), user_object(user, self.now())),
        ]);
        MockResponse::step_up(
            "organization_selection_required",
            "Pick an organization.",
            extra,
        )
    }
}

/// Refuses an organization that the user does not belong to.
pub(crate) fn check_membership(
    world: &World,
    user: &User,
    organization: &str,
) -> Result<(), MockResponse> {
    if !organization.starts_with("org_") {
        return Err(MockResponse::plain_error(
            400,
            "invalid_organization_id",
            "That is not an organization id.",
        ));
    }
    if !world.config.knows_organization(organization) {
        return Err(MockResponse::oauth_error(
            400,
            "organization_not_found",
            "No such organization.",
        ));
    }
    match user.membership(organization) {
        Some(_) => Ok(()),
        None => Err(MockResponse::oauth_error(
            400,
            "organization_membership_not_found",
            "The user is not a member.",
        )),
    }
}
