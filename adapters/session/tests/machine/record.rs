//! A record as a store keeps it: its text, read once.

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

use crate::service::{Millis, Org, login_and_access, refresh_number};

/// A record. Equal ones are the same one.
#[derive(Clone)]
pub(crate) struct Stored(Rc<Rest>);

/// What a record says.
pub(crate) struct Rest {
    pub(crate) text: Box<str>,
    pub(crate) login: u32,
    pub(crate) refresh: u32,
    pub(crate) access: u32,
    pub(crate) org: Org,
    pub(crate) received: Millis,
    pub(crate) life: Millis,
    /// When a refresh with its very token was announced.
    pub(crate) announced: Option<Millis>,
    number: usize,
}

thread_local! {
    static KNOWN: RefCell<HashMap<Box<str>, Stored>> = RefCell::default();
}

impl Stored {
    pub(crate) fn new(text: &str) -> Self {
        KNOWN.with_borrow_mut(|known| {
            if let Some(stored) = known.get(text) {
                return stored.clone();
            }
            let stored = Self(Rc::new(Rest::read(text, known.len())));
            known.insert(text.into(), stored.clone());
            stored
        })
    }
}

impl Rest {
    fn read(text: &str, number: usize) -> Self {
        let record: Value = serde_json::from_str(text).unwrap();
        let session = &record["session"];
        let token = session["refresh_token"].as_str().unwrap();
        let (login, access) = login_and_access(session["access_token"].as_str().unwrap());
        let intent = &record["intent"];
        let fingerprint = URL_SAFE_NO_PAD.encode(Sha256::digest(token));
        let is_of_token = intent["fingerprint"].as_str() == Some(&fingerprint);
        Self {
            text: text.into(),
            login,
            refresh: refresh_number(token),
            access,
            org: Org::from_id(session["organization_id"].as_str().unwrap()),
            received: session["received_at"].as_u64().unwrap(),
            life: session["lifetime"].as_u64().unwrap(),
            announced: intent["at"].as_u64().filter(|_| is_of_token),
            number,
        }
    }

    /// Whether half of the life is over (the margin of the models is never shorter), or nobody knows.
    pub(crate) fn is_due(&self, clock: Millis) -> bool {
        clock.saturating_sub(self.received) >= self.life / 2 || self.received > clock + 60_000
    }
}

impl Deref for Stored {
    type Target = Rest;

    fn deref(&self) -> &Rest {
        &self.0
    }
}

/// Its numbers: the text is long.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("login", &self.login)
            .field("refresh", &self.refresh)
            .field("access", &self.access)
            .field("org", &self.org)
            .field("received", &self.received)
            .field("announced", &self.announced)
            .finish_non_exhaustive()
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
