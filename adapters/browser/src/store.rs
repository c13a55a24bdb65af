//! The session of all tabs of an origin: in the memory of each, and in no storage.
//!
//! A Web Lock orders the refreshes of the tabs, and a `BroadcastChannel` hands each saved record to the others. The two are not ordered
//! against each other, so a tab that has acquired the lock asks the others for their record before it loads its own. A tab answers from its
//! event loop, after everything that it received before.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_lite::future;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};
use workos_login::secrecy::SecretString;
use workos_login::{Any, BoxFuture, Client};
use workos_login_session::{Expected, Store, StoreError, StoreLock, StoredSession};

use crate::js::{self, deferred, resolve};
use crate::page::LocalToken;

/// The lock of authkit-js, so that both can refresh in one page.
const LOCK: &str = "WORKOS_REFRESH_SESSION";

/// The time that a tab waits for the reply of another one. There is none if it is the only tab.
const ANSWER: Duration = Duration::from_millis(100);

/// The lock is acquired through a message to another process, also if it is free.
const MIN_WAIT: Duration = Duration::from_millis(50);

const ASK: &str = "ask";
const CLEARED: &str = "cleared";

/// The callback of the application for a logout in another tab.
pub(crate) type OnLogout = Box<dyn Fn()>;

type OnMessage = Closure<dyn FnMut(MessageEvent)>;

/// The session of all tabs of an origin, in memory.
///
/// With [`local_storage`](Self::local_storage), the refresh token is in `localStorage`, too.
#[derive(Clone)]
pub struct TabStore(Rc<Tab>);

struct Tab {
    client: Client<Any>,
    record: RefCell<Option<StoredSession>>,
    channel: BroadcastChannel,
    on_message: RefCell<Option<OnMessage>>,
    /// Resolves the promise of a tab that asked.
    answered: RefCell<Option<Function>>,
    on_clear: RefCell<Option<OnLogout>>,
    is_locked: Cell<bool>,
    local: RefCell<Option<LocalToken>>,
}

impl TabStore {
    /// Makes the store of a client.
    ///
    /// # Errors
    ///
    /// The browser has no `BroadcastChannel`.
    pub fn new(client: impl Into<Client<Any>>) -> Result<Self, StoreError> {
        let client = client.into();
        let name = format!("workos-login:{}:{}", client.id().as_str(), client.issuer());
        let channel = BroadcastChannel::new(&name).map_err(|_| unsupported("BroadcastChannel"))?;
        let tab = Rc::new(Tab {
            client,
            record: RefCell::default(),
            channel,
            on_message: RefCell::default(),
            answered: RefCell::default(),
            on_clear: RefCell::default(),
            is_locked: Cell::default(),
            local: RefCell::default(),
        });
        let weak = Rc::downgrade(&tab);
        let on_message = Closure::new(move |event: MessageEvent| {
            if let (Some(tab), Some(text)) = (weak.upgrade(), event.data().as_string()) {
                tab.receive(&text);
            }
        });
        tab.channel
            .set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        tab.on_message.replace(Some(on_message));
        Ok(Self(tab))
    }

    /// Keeps the refresh token in the `localStorage` of this origin, where every script of the origin can read it: for development.
    ///
    /// # Errors
    ///
    /// The origin of the page is not a loopback origin, or storage is not allowed.
    pub fn local_storage(self) -> Result<Self, StoreError> {
        let local = LocalToken::new(self.0.client.id().as_str());
        let local = local.ok_or_else(|| unsupported("localStorage of a loopback origin"))?;
        self.0.local.replace(Some(local));
        Ok(self)
    }

    /// Returns the refresh token in `localStorage`.
    pub(crate) fn local_token(&self) -> Option<SecretString> {
        self.0.local.borrow().as_ref()?.load()
    }

    /// Calls `on_clear` when another tab has logged out.
    pub fn on_clear(&self, on_clear: impl Fn() + 'static) {
        self.0.on_clear.replace(Some(Box::new(on_clear)));
    }

    /// Asks the other tabs for their session. Without a reply, this tab keeps its own.
    pub async fn ask(&self) {
        let (answer, answered) = deferred();
        self.0.answered.replace(Some(answered));
        self.0.post(ASK);
        future::or(js::settled(answer), js::sleep(ANSWER)).await;
        self.0.answered.replace(None);
    }
}

impl Tab {
    fn post(&self, text: &str) {
        // It fails after the channel was closed, and nothing closes it.
        let _ = self.channel.post_message(&text.into());
    }

    fn broadcast(&self) {
        let record = self.record.borrow();
        if let Some(text) = record.as_ref().and_then(|r| serde_json::to_string(r).ok()) {
            self.post(&text);
        }
    }

    fn receive(&self, text: &str) {
        match text {
            ASK => self.broadcast(),
            CLEARED => {
                self.record.replace(None);
                if let Some(on_clear) = &*self.on_clear.borrow() {
                    on_clear();
                }
            }
            record => self.adopt(record),
        }
    }

    fn adopt(&self, text: &str) {
        let Ok(record) = serde_json::from_str::<StoredSession>(text) else {
            return;
        };
        // Every script of this origin can post to the channel.
        if record.session().bound_to(&self.client).is_err() {
            return;
        }
        let remaining = |record: &StoredSession| record.session().expires_in(js::now());
        let is_older = self
            .record
            .borrow()
            .as_ref()
            .is_some_and(|own| remaining(own) > remaining(&record));
        if !is_older {
            self.record.replace(Some(record));
        }
        if let Some(answered) = &*self.answered.borrow() {
            resolve(answered);
        }
    }

    /// Keeps the refresh token of the record in `localStorage`, if it is used.
    fn keep(&self, record: Option<&StoredSession>) -> Result<(), StoreError> {
        let Some(local) = &*self.local.borrow() else {
            return Ok(());
        };
        match record.and_then(|record| record.session().refresh_token()) {
            Some(token) => local.save(token).map_err(StoreError::new),
            None => {
                local.clear();
                Ok(())
            }
        }
    }

    fn replace(&self, new: Option<StoredSession>, expected: Expected) -> Result<(), StoreError> {
        expected.check(self.record.borrow().as_ref())?;
        self.keep(new.as_ref())?;
        self.record.replace(new);
        Ok(())
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

impl Store for TabStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>, StoreError>> {
        Box::pin(async {
            if self.0.is_locked.get() || self.0.record.borrow().is_none() {
                self.ask().await;
            }
            Ok(self.0.record.borrow().clone())
        })
    }

    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.0.replace(Some(record.clone()), expected)?;
            self.0.broadcast();
            Ok(())
        })
    }

    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            // Without a record nothing is announced: otherwise two tabs would answer each other for ever.
            if self.0.record.borrow().is_none() {
                self.0.keep(None)?;
                return Ok(());
            }
            self.0.replace(None, expected)?;
            self.0.post(CLEARED);
            Ok(())
        })
    }

    fn lock(
        &self,
        wait: Duration,
        _lease: Duration,
    ) -> BoxFuture<'_, Result<Option<StoreLock>, StoreError>> {
        Box::pin(async move {
            let (lock, granted) = WebLock::request(Rc::downgrade(&self.0))?;
            let acquired = async {
                js::settled(granted).await;
                true
            };
            let too_late = async {
                js::sleep(wait.max(MIN_WAIT)).await;
                false
            };
            if !future::or(acquired, too_late).await {
                return Ok(None);
            }
            self.0.is_locked.set(true);
            Ok(Some(StoreLock::new(lock)))
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { locks().map(|_| ()) })
    }
}

impl fmt::Debug for TabStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TabStore").finish_non_exhaustive()
    }
}

#[wasm_bindgen]
extern "C" {
    // web-sys has this type only with an unstable cfg.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        callback: &JsValue,
    ) -> Result<Promise, JsValue>;
}

fn locks() -> Result<LockManager, StoreError> {
    let member = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    member(&js_sys::global(), "navigator")
        .and_then(|navigator| member(&navigator, "locks"))
        .filter(|locks| !locks.is_undefined())
        .map(JsCast::unchecked_into)
        // They exist in secure contexts only.
        .ok_or_else(|| unsupported("Web Locks (https or a loopback origin)"))
}

/// A requested or held Web Lock. Dropping it withdraws the request or releases the lock; the end of the page does, too.
struct WebLock {
    abort: AbortController,
    release: Function,
    tab: Weak<Tab>,
}

impl WebLock {
    /// Requests the lock, and returns a promise that is resolved when it is granted.
    fn request(tab: Weak<Tab>) -> Result<(Self, Promise), StoreError> {
        let abort = AbortController::new().map_err(|_| unsupported("AbortController"))?;
        let (granted, grant) = deferred();
        let (released, release) = deferred();
        let callback = Closure::once_into_js(move |_: JsValue| {
            resolve(&grant);
            released
        });
        let options = Object::new();
        let _ = Reflect::set(&options, &"signal".into(), &abort.signal());
        let request = locks()?
            .request(LOCK, &options, &callback)
            .map_err(|_| unsupported("Web Locks"))?;
        // A request that is withdrawn is rejected; without a handler, the browser would report it as an error.
        spawn_local(js::settled(request));
        let lock = Self {
            abort,
            release,
            tab,
        };
        Ok((lock, granted))
    }
}

impl Drop for WebLock {
    fn drop(&mut self) {
        self.abort.abort();
        resolve(&self.release);
        if let Some(tab) = self.tab.upgrade() {
            tab.is_locked.set(false);
        }
    }
}

fn unsupported(feature: &str) -> StoreError {
    StoreError::new(std::io::Error::other(format!(
        "the browser has no {feature}; use a current browser"
    )))
}
