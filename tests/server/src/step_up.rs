//! Step-ups: what is asked before a session begins.

use serde_json::Map;

use crate::answer::Answer;
use crate::ids::opaque;
use crate::login::Login;
use crate::user::{Gate, User};
use crate::world::World;

impl World {
    pub(crate) fn ask(&mut self, _gate: Gate, login: Login, _user: &User) -> Answer {
        let token = self.pend(login, None);
        Answer::step_up(
            "x",
            "x",
            Map::from_iter([("pending_authentication_token".to_owned(), token.into())]),
        )
    }

    pub(crate) fn pend(&mut self, _login: Login, _gate: Option<()>) -> String {
        opaque()
    }
}
