//! A session record as a store holds it: its text, parsed once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use workos_login_session::StoredSession;

use crate::service::{Millis, Org, login_and_access, refresh_number};

/// A record. Equal ones share one value.
#[derive(Clone)]
pub(crate) struct Stored(Rc<Record>);

pub(crate) struct Record {
    /// The record that a machine loads: the text, read back.
    pub(crate) parsed: StoredSession,
    pub(crate) login: u32,
    pub(crate) refresh: u32,
    pub(crate) access: u32,
    pub(crate) org: Org,
    pub(crate) received: Millis,
    pub(crate) lifetime: Millis,
    pub(crate) intent: Option<Intent>,
    pub(crate) challenged: bool,
    number: usize,
}

/// The intent of a refresh with the refresh token of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Intent {
    pub(crate) at: Millis,
    pub(crate) org: Option<Org>,
}

impl Stored {
    pub(crate) fn new(record: &StoredSession) -> Self {
        thread_local! {
            static KNOWN: RefCell<HashMap<Box<str>, Stored>> = RefCell::default();
        }
        let text = serde_json::to_string(record).unwrap();
        KNOWN.with_borrow_mut(|known| {
            if let Some(stored) = known.get(&*text) {
                return stored.clone();
            }
            let stored = Self(Rc::new(Record::read(&text, known.len())));
            known.insert(text.into(), stored.clone());
            stored
        })
    }

    /// The record without a member.
    pub(crate) fn without(&self, parent: &str, member: &str) -> Self {
        let mut record = serde_json::to_value(&self.parsed).unwrap();
        if let Some(Value::Object(parent)) = record.pointer_mut(parent) {
            parent.remove(member);
        }
        Self::new(&serde_json::from_value(record).unwrap())
    }
}

impl Record {
    fn read(text: &str, number: usize) -> Self {
        let record: Value = serde_json::from_str(text).unwrap();
        let session = &record["session"];
        let token = session["refresh_token"].as_str().unwrap();
        let (login, access) = login_and_access(session["access_token"].as_str().unwrap());
        let intent = &record["intent"];
        let fingerprint = URL_SAFE_NO_PAD.encode(Sha256::digest(token));
        let is_of_token = intent["fingerprint"].as_str() == Some(&fingerprint);
        let intent = intent["at"].as_u64().map(|at| Intent {
            at,
            org: intent["organization"].as_str().map(Org::of),
        });
        Self {
            parsed: serde_json::from_str(text).unwrap(),
            login,
            refresh: refresh_number(token),
            access,
            org: Org::of(session["organization_id"].as_str().unwrap()),
            received: session["received_at"].as_u64().unwrap(),
            lifetime: session["lifetime"].as_u64().unwrap(),
            intent: intent.filter(|_| is_of_token),
            challenged: !record["challenged"].is_null(),
            number,
        }
    }

    /// Returns whether the access token is due for refresh, or its age is unknown.
    pub(crate) fn is_due(&self, margin: Millis, clock: Millis) -> bool {
        let margin = margin.min(self.lifetime / 2);
        self.received + self.lifetime <= clock + margin || self.received > clock + 60_000
    }

    /// The organization that a refresh has to specify.
    pub(crate) fn target(&self) -> Org {
        self.intent
            .and_then(|intent| intent.org)
            .unwrap_or(self.org)
    }
}

impl Deref for Stored {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record {
            refresh,
            access,
            org,
            ..
        } = &**self;
        write!(f, "{refresh}/{access} {org:?}")?;
        if let Some(intent) = self.intent {
            write!(f, " {intent:?}")?;
        }
        Ok(())
    }
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Stored {}

impl Hash for Stored {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}
