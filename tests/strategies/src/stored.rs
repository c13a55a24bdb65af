//! Stored forms of the persistent states.

use crate::callback::RedirectUriForm;
use crate::choices::{Choices, values};
use crate::json::Damage;
use crate::machine::{LoginClient, Machine, State};
use crate::moves::Move;
use crate::response::{
    Challenge, DeviceContent, DeviceResponse, TokenContent, TokenResponse, Tokens,
};

/// A persistent state.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StoredState {
    /// An [`AwaitingCallback`](workos_login::AwaitingCallback).
    PendingLogin(RedirectUriForm),
    /// An [`AwaitingDevice`](workos_login::AwaitingDevice).
    DeviceLogin,
    /// An [`AuthenticationChallenge`](workos_login::AuthenticationChallenge).
    Challenge(Challenge),
    /// An [`Authenticated`](workos_login::Authenticated) session.
    Session(Tokens),
}

/// A form as a store returns it: that of a persistent state, or a damaged one.
///
/// ```
/// use proptest::prelude::*;
/// use workos_login::{Authenticated, Client};
/// use workos_login_strategies::{StoredForm, StoredState};
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(form: StoredForm)| {
///     let loaded: Result<Authenticated, _> = serde_json::from_slice(&form.to_bytes(client.clone()));
///     match form.state() {
///         StoredState::Session(_) if form.is_intact() => {
///             prop_assert!(loaded.is_ok_and(|session| session.bound_to(&client).is_ok()));
///         }
///         StoredState::Session(_) => {}
///         _ => prop_assert!(loaded.is_err()),
///     }
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StoredForm {
    state: StoredState,
    damage: Damage,
}

impl StoredForm {
    /// Makes the stored form of a state.
    #[must_use]
    pub fn new(state: StoredState, damage: Damage) -> Self {
        Self { state, damage }
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &StoredState {
        &self.state
    }

    /// Returns whether the form is as it was stored. A damaged form can still be one that can be loaded.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.damage == Damage::Intact
    }

    /// Returns the JSON of the form, bound to `client`.
    ///
    /// # Panics
    ///
    /// For a device login of an OAuth client whose server has no
    /// [device authorization endpoint](workos_login::Server::device_authorization_endpoint).
    #[must_use]
    pub fn to_bytes(&self, client: impl Into<LoginClient>) -> Vec<u8> {
        let form = self.reached(client.into()).stored();
        let form = form.and_then(|form| serde_json::from_str(&form).ok());
        self.damage
            .apply(&form.expect("the server has a device authorization endpoint, and every other walk ends in a persistent state"))
    }

    fn reached(&self, client: LoginClient) -> State {
        let shape = client.shape();
        let mut machine = Machine::new(client);
        match &self.state {
            StoredState::PendingLogin(form) => {
                machine.apply(&Move::BeginLogin(*form));
            }
            StoredState::DeviceLogin => {
                machine.apply(&Move::BeginDeviceLogin);
                let codes = DeviceContent::codes(300, Some(5));
                machine.apply(&Move::DeviceResponse(DeviceResponse::new(codes)));
            }
            StoredState::Challenge(challenge) => {
                machine.log_in_with(TokenResponse::new(TokenContent::Challenge(*challenge)));
            }
            StoredState::Session(tokens) => {
                let tokens = tokens.clone().shaped(shape);
                machine.log_in_with(TokenResponse::new(TokenContent::Tokens(tokens)));
            }
        }
        machine.into_state()
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let state = match choices.below(4) {
            0 => StoredState::Session(Tokens::generate(choices)),
            1 => StoredState::PendingLogin(RedirectUriForm::generate(choices)),
            2 => StoredState::DeviceLogin,
            _ => StoredState::Challenge(Challenge::generate(choices)),
        };
        Self::new(state, Damage::generate(choices))
    }
}

values!(StoredForm);
