//! What has happened, as far as a rule has to know it. No process sees it.

use std::collections::{BTreeMap, BTreeSet};

use crate::process::{Asks, End, Told, Wish};
use crate::record::Stored;
use crate::service::{ErrorResponse, Millis};
use crate::world::{At, Operation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// When each refresh token was sent first.
    pub(crate) first_sent: BTreeMap<u32, Millis>,
    /// The refresh tokens that were sent and whose answer did not arrive.
    pub(crate) lost: BTreeSet<u32>,
    /// Those, and the ones whose intent may still be stored for another reason.
    pub(crate) unfinished: BTreeSet<u32>,
    /// When the service made each access token, in an operation that is not over yet.
    pub(crate) made: BTreeMap<u32, Millis>,
    /// The access tokens that were stored once.
    pub(crate) stored: BTreeSet<u32>,
    /// The access tokens that were handed out with the warning that they could not be stored.
    pub(crate) excused: BTreeSet<u32>,
    /// The access tokens of an organization that was asked for.
    pub(crate) switched: BTreeSet<u32>,
    /// The newest login that somebody has logged out of, and the access tokens of it that arrived afterwards.
    pub(crate) logged_out: u32,
    pub(crate) too_late: BTreeSet<u32>,
    pub(crate) was_empty: bool,
    pub(crate) went_without_lock: bool,
    pub(crate) clock_was_set: bool,
    pub(crate) session_was_ended: bool,
    /// How many refreshes were sent.
    pub(crate) sends: u32,
}

impl History {
    pub(crate) fn sent(&mut self, now: Millis, operation: &mut Operation, token: u32, late: bool) {
        self.sends += 1;
        self.first_sent.entry(token).or_insert(now);
        operation.sends += 1;
        operation.late_sends += u32::from(late);
        operation.token = Some(token);
    }

    /// A process is told something.
    pub(crate) fn heard(&mut self, now: Millis, process: &mut At, told: &Told) {
        let operation = &mut process.operation;
        let Some(token) = operation.token else { return };
        match told {
            Told::Answered(ErrorResponse::Success(pair)) => {
                process.failures = 0;
                if pair.login <= self.logged_out && !self.stored.contains(&pair.access) {
                    self.too_late.insert(pair.access);
                }
            }
            Told::Answered(answer) if answer.is_definite() => {
                if !self.unfinished.contains(&token) {
                    self.first_sent.remove(&token);
                }
            }
            Told::Answered(_) | Told::Broken | Told::TimedOut => {
                self.lost.insert(token);
                self.unfinished.insert(token);
            }
            _ => return,
        }
        operation.answer = Some(told.clone());
        operation.answered = now;
    }

    /// A process stops in the middle.
    pub(crate) fn abandoned(&mut self, process: &mut At, store: Option<&Stored>) {
        process.left_open = true;
        let operation = &process.operation;
        let answered = match operation.answer {
            Some(Told::Answered(answer)) => answer.is_definite(),
            _ => false,
        };
        let flies = matches!(process.asks, Asks::Send(..));
        if let Some(token) = operation.token.filter(|_| flies || !answered) {
            self.lost.insert(token);
            self.unfinished.insert(token);
        }
        self.intent_stays(store);
    }

    /// An operation does not go on as it was meant to, and an intent that is stored may stay.
    pub(crate) fn intent_stays(&mut self, store: Option<&Stored>) {
        if let Some(rest) = store.filter(|rest| rest.announced.is_some()) {
            self.unfinished.insert(rest.refresh);
        }
    }

    pub(crate) fn saved(&mut self, before: Option<&Stored>, rest: &Stored) {
        let new = before.is_none_or(|before| before.access != rest.access);
        self.stored.insert(rest.access);
        self.made.remove(&rest.access);
        if new && rest.announced.is_none() {
            self.lost.remove(&rest.refresh);
            self.unfinished.remove(&rest.refresh);
            self.first_sent.remove(&rest.refresh);
        }
    }

    pub(crate) fn cleared(&mut self, process: &At, store: Option<&Stored>) {
        self.was_empty = true;
        if process.operation.wish == Some(Wish::LogOut) {
            let stored = store.map_or(0, |rest| rest.login);
            let here = process.sight.session.map_or(0, |seen| seen.login);
            self.logged_out = self.logged_out.max(stored).max(here);
        }
    }

    pub(crate) fn ended(&mut self, process: &mut At, end: End, store: Option<&Stored>) {
        let done = matches!(end, End::Ready | End::NotStored) && process.operation.read.is_some();
        let announced = store.is_some_and(|rest| rest.announced.is_some());
        let read = process.operation.read.iter().flatten().last();
        let found =
            process.operation.sends == 0 && read.is_some_and(|rest| rest.announced.is_some());
        process.left_open = announced || found || process.left_open && !done;
        let Some(seen) = process.sight.session else {
            process.login = 0;
            return;
        };
        let operation = &process.operation;
        let adopted = operation.before.session.map(|seen| seen.access) != Some(seen.access);
        let failed = match &operation.answer {
            Some(Told::Answered(ErrorResponse::Success(_))) | None => false,
            // That a switch was refused says nothing about the next refresh.
            Some(_) if matches!(operation.wish, Some(Wish::Switch(_))) => end != End::Failed,
            Some(_) => !end.hands_out() || end == End::NotRefreshed,
        };
        process.failures = match (failed, adopted) {
            (true, true) => 1,
            (true, false) => process.failures + 1,
            (false, true) => 0,
            (false, false) => process.failures,
        };
        process.login = process.login.max(seen.login);
        if end == End::NotStored {
            self.excused.insert(seen.access);
        }
    }
}
