//! The past of a world, as far as an invariant refers to it. No process sees it.

use std::collections::{BTreeMap, BTreeSet};

use crate::process::{Call, End, Operation, Told};
use crate::record::Stored;
use crate::scenario::Policy;
use crate::service::{Asked, Millis, Reply};
use crate::world::{At, Progress};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// When each refresh token was sent first.
    pub(crate) first_sent: BTreeMap<u32, Millis>,
    /// The refresh tokens that may have been used by a request whose response was lost.
    pub(crate) lost: BTreeSet<u32>,
    /// Those, and the ones whose intent may still be stored for another reason.
    pub(crate) unfinished: BTreeSet<u32>,
    /// When the service issued each access token, while it is not stored.
    pub(crate) issued: BTreeMap<u32, Millis>,
    /// The access tokens that were stored.
    pub(crate) stored: BTreeSet<u32>,
    /// The access tokens that were returned with the warning that they are not stored.
    pub(crate) excused: BTreeSet<u32>,
    /// The access tokens of an organization that the session was switched to on request.
    pub(crate) switched: BTreeSet<u32>,
    /// The newest login that was logged out of, and the access tokens of it that arrived afterwards.
    pub(crate) logged_out: u32,
    pub(crate) too_late: BTreeSet<u32>,
    /// The refresh token and the access token of the session that is not refreshed before a time.
    pub(crate) backoff: Option<(u32, u32, Millis)>,
    pub(crate) was_empty: bool,
    pub(crate) went_without_lock: bool,
    pub(crate) clock_was_set: bool,
    pub(crate) session_was_ended: bool,
    pub(crate) sends: u32,
}

impl History {
    pub(crate) fn sent(
        &mut self,
        now: Millis,
        progress: &mut Progress,
        asked: Asked,
        is_late: bool,
    ) {
        self.sends += 1;
        self.first_sent.entry(asked.refresh).or_insert(now);
        let is_same = progress.sent.is_some_and(|(sent, _)| sent == asked);
        progress.sends += 1;
        progress.attempts = if is_same { progress.attempts + 1 } else { 1 };
        progress.late_attempts =
            u32::from(is_late) + if is_same { progress.late_attempts } else { 0 };
        progress.sent = Some((asked, now));
    }

    /// An operation is told something.
    pub(crate) fn heard(&mut self, now: Millis, process: &mut At, told: &Told) {
        let Some((Asked { refresh, .. }, _)) = process.progress.sent else {
            return;
        };
        match told {
            Told::Replied(Reply::Success(pair)) => {
                process.failures = 0;
                if pair.login <= self.logged_out && !self.stored.contains(&pair.access) {
                    self.too_late.insert(pair.access);
                }
            }
            Told::Replied(reply) if reply.is_definite() => {
                if !self.unfinished.contains(&refresh) {
                    self.first_sent.remove(&refresh);
                }
            }
            Told::Replied(_) | Told::Disconnected | Told::TimedOut => {
                self.lost.insert(refresh);
                self.unfinished.insert(refresh);
            }
            _ => return,
        }
        process.progress.reply = Some(told.clone());
        process.progress.replied = now;
    }

    /// An operation stops in the middle. A response that is not stored by now is lost.
    pub(crate) fn abandoned(&mut self, process: &mut At, store: Option<&Stored>) {
        process.left_open = true;
        self.lost.extend(open_request(process, self));
        self.overtaken(process, store);
    }

    /// An operation is suspended for longer than its lease, and another one acquires the lock.
    pub(crate) fn overtaken(&mut self, process: &At, store: Option<&Stored>) {
        self.unfinished.extend(open_request(process, self));
        self.intent_stays(store);
    }

    /// An operation does not go on as it was meant to, and a stored intent may stay.
    pub(crate) fn intent_stays(&mut self, store: Option<&Stored>) {
        if let Some(record) = store.filter(|record| record.intent.is_some()) {
            self.unfinished.insert(record.refresh);
        }
    }

    pub(crate) fn saved(&mut self, record: &Stored) {
        self.stored.insert(record.access);
        self.issued.remove(&record.access);
        if record.intent.is_none() {
            self.lost.remove(&record.refresh);
            self.unfinished.remove(&record.refresh);
            self.first_sent.remove(&record.refresh);
        }
        let is_of = |(refresh, access, _): &(u32, u32, Millis)| {
            (*refresh, *access) == (record.refresh, record.access)
        };
        self.backoff = self.backoff.filter(is_of);
    }

    pub(crate) fn cleared(&mut self, process: &At, store: Option<&Stored>) {
        self.was_empty = true;
        self.backoff = None;
        if process.progress.operation == Some(Operation::LogOut) {
            let stored = store.map_or(0, |record| record.login);
            let here = process.visible.session.map_or(0, |seen| seen.login);
            self.logged_out = self.logged_out.max(stored).max(here);
        }
    }

    pub(crate) fn ended(
        &mut self,
        process: &mut At,
        end: End,
        store: Option<&Stored>,
        policy: &Policy,
    ) {
        let progress = &process.progress;
        let is_done = matches!(end, End::Ready | End::NotStored) && progress.loaded.is_some();
        let is_announced = store.is_some_and(|record| record.intent.is_some());
        let loaded = progress.loaded.iter().flatten().last();
        let was_found = progress.sends == 0 && loaded.is_some_and(|record| record.intent.is_some());
        if progress.loaded_under_lock {
            self.intent_stays(store);
        }
        process.left_open = is_announced || was_found || process.left_open && !is_done;
        if let (Some(demanded), Some(record), 0) =
            (demanded(progress), store, progress.store_failures)
            && matches!(end, End::Unavailable(_) | End::NotRefreshed)
        {
            let until = progress.replied + demanded.max(policy.first_backoff);
            let was_sent = progress
                .sent
                .is_some_and(|(asked, _)| asked.refresh == record.refresh);
            self.backoff = was_sent.then_some((record.refresh, record.access, until));
        }
        let Some(seen) = process.visible.session else {
            process.login = 0;
            return;
        };
        let was_adopted = progress
            .before
            .session
            .map(|seen| (seen.refresh, seen.access))
            != Some((seen.refresh, seen.access));
        let has_failed = match &progress.reply {
            Some(Told::Replied(Reply::Success(_))) | None => false,
            // A rejected switch says nothing about the next refresh.
            Some(_) if matches!(progress.operation, Some(Operation::Switch(_))) => {
                end != End::Failed
            }
            Some(_) => !end.has_token() || end == End::NotRefreshed,
        };
        process.failures = match (has_failed, was_adopted) {
            (true, true) => 1,
            (true, false) => process.failures + 1,
            (false, true) => 0,
            (false, false) => process.failures,
        };
        process.login = process.login.max(seen.login);
        if process.visible.unsaved && progress.store_failures > 0 {
            self.excused.insert(seen.access);
        }
    }
}

/// The refresh token of a request whose response is not stored.
fn open_request(process: &At, history: &History) -> Option<u32> {
    let progress = &process.progress;
    let is_settled = match progress.reply {
        Some(Told::Replied(Reply::Success(pair))) => history.stored.contains(&pair.access),
        Some(Told::Replied(reply)) => reply.is_definite(),
        _ => false,
    };
    let is_in_flight = matches!(process.call, Call::Send(..));
    let (asked, _) = progress.sent.filter(|_| is_in_flight || !is_settled)?;
    Some(asked.refresh)
}

/// The time that the last reply demands before the next attempt; `None` if it is a success, or rejects the request.
pub(crate) fn demanded(progress: &Progress) -> Option<Millis> {
    match progress.reply.as_ref()? {
        Told::Replied(Reply::Portal | Reply::Garbled) | Told::Disconnected | Told::TimedOut => {
            Some(0)
        }
        Told::Replied(reply) => reply.demands(),
        _ => None,
    }
}
