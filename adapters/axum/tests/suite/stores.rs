//! Sessions in stores.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use workos_login_axum::SealingKeys;
use workos_login_axum::workos_login::secrecy::{ExposeSecret as _, SecretString};
use workos_login_axum::workos_login::{Any, BoxFuture, Client};
use workos_login_axum::workos_login_session::{
    Expected, MemoryStore, Store, StoreError, StoreFactory, StoreLock, StoredSession,
};

use workos_login_mock_server::User;

use crate::world::{ALICE, BOB, Browser, SESSION, World, keys};

/// A due access token is still usable.
const DUE: Duration = Duration::from_secs(200);
const EXPIRED: Duration = Duration::from_secs(400);

/// Stores of all processes of a test, which fail on demand.
#[derive(Clone)]
pub(crate) struct Stores(Arc<Shared>);

struct Shared {
    stores: Mutex<HashMap<String, MemoryStore>>,
    is_down: AtomicBool,
    /// The number of saves until one fails.
    saves_left: AtomicU32,
}

impl Stores {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            stores: Mutex::default(),
            is_down: AtomicBool::new(false),
            saves_left: AtomicU32::new(u32::MAX),
        }))
    }

    fn set_down(&self, is_down: bool) {
        self.0.is_down.store(is_down, Ordering::SeqCst);
    }

    fn set_saves_left(&self, saves: u32) {
        self.0.saves_left.store(saves, Ordering::SeqCst);
    }
}

impl StoreFactory for Stores {
    fn store(&self, _: &Client<Any>, key: &SecretString) -> Arc<dyn Store> {
        let mut stores = self.0.stores.lock().unwrap();
        let store = stores.entry(key.expose_secret().to_owned()).or_default();
        Arc::new(OneOf(self.clone(), store.clone()))
    }

    fn sealing_keys(&self) -> Arc<SealingKeys> {
        Arc::new(keys())
    }
}

struct OneOf(Stores, MemoryStore);

impl OneOf {
    fn up(&self) -> Result<&MemoryStore, StoreError> {
        match self.0.0.is_down.load(Ordering::SeqCst) {
            true => Err(StoreError::new(io::Error::other("the store is down"))),
            false => Ok(&self.1),
        }
    }
}

impl Store for OneOf {
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>, StoreError>> {
        Box::pin(async { Store::load(self.up()?).await })
    }

    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let left = &self.0.0.saves_left;
            let counted = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
            counted.map_err(|_| StoreError::new(io::Error::other("the store is read-only")))?;
            Store::save(self.up()?, record, expected).await
        })
    }

    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { Store::clear(self.up()?, expected).await })
    }

    fn lock(
        &self,
        wait: Duration,
        lease: Duration,
    ) -> BoxFuture<'_, Result<Option<StoreLock>, StoreError>> {
        Box::pin(async move { Store::lock(self.up()?, wait, lease).await })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { self.up().map(drop) })
    }
}

/// Two processes that share their stores, the first of which a user has logged in to.
async fn two_processes(login: &str, email: &str) -> (World, Stores, [Router; 2], Browser) {
    let world = World::with(|config| config.reuse_ends_session = true);
    let stores = Stores::new();
    let processes = [(); 2].map(|()| world.process_with(stores.clone()));
    let mut browser = Browser::default();
    browser.log_in_to(&processes[0], &world, login, email).await;
    (world, stores, processes, browser)
}

#[tokio::test]
async fn a_logout_in_one_process_counts_in_all_at_once() {
    let (_world, _, processes, mut browser) = two_processes("/login", ALICE).await;
    let copy = browser.clone();
    for process in &processes {
        assert_eq!(browser.get(process, "/").await.text, ALICE);
    }
    let page = browser
        .send(&processes[0], Method::POST, "/logout", "", &[])
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    for process in &processes {
        let page = copy.clone().get(process, "/").await;
        assert_eq!(page.text, "logged out");
    }
}

#[tokio::test]
async fn an_organization_switch_in_one_process_counts_in_all_at_once() {
    let bob = User::bob();
    let [old, new] = [0, 1].map(|index| &*bob.memberships[index].organization.id);
    let login = format!("/login?organization_id={old}");
    let (_world, _, [first, second], mut browser) = two_processes(&login, BOB).await;
    assert_eq!(browser.get(&second, "/organization").await.text, old);
    let page = browser
        .send(&first, Method::POST, "/switch", new, &[])
        .await;
    assert_eq!(page.text, new);
    assert_eq!(browser.get(&second, "/organization").await.text, new);
}

#[tokio::test]
async fn a_usable_token_is_handed_out_while_the_store_is_unavailable() {
    let (world, stores, [first, second], mut browser) = two_processes("/login", ALICE).await;
    stores.set_down(true);
    assert_eq!(browser.get(&first, "/admin").await.text, ALICE);
    world.clock.advance(DUE);
    assert_eq!(browser.get(&first, "/admin").await.text, ALICE);
    // This process has not served the session yet.
    let page = browser.get(&second, "/admin").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.cookies().is_empty(), "the session is kept");

    world.clock.advance(EXPIRED);
    let page = browser.get(&first, "/admin").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    stores.set_down(false);
    assert_eq!(browser.get(&first, "/admin").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_refreshed_session_that_could_not_be_saved_is_saved_by_the_next_request() {
    let (world, stores, [first, second], mut browser) = two_processes("/login", ALICE).await;
    world.clock.advance(DUE);
    // Only the intent of the refresh is saved.
    stores.set_saves_left(1);
    assert_eq!(browser.get(&first, "/admin").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
    // The replay window of the service is over: the refresh token in the store ends the session.
    world.clock.advance(Duration::from_secs(60));
    stores.set_saves_left(u32::MAX);
    assert_eq!(browser.get(&first, "/admin").await.text, ALICE);
    world.clock.advance(DUE);
    assert_eq!(browser.get(&second, "/admin").await.text, ALICE);
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_login_does_not_begin_while_the_store_is_unavailable() {
    let (_world, stores, [first, _], browser) = two_processes("/login", ALICE).await;
    stores.set_down(true);
    let page = browser.clone().get(&first, "/login?return_to=/a").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.cookies().is_empty());
    assert!(page.text.contains("/login?return_to=%2Fa"), "{}", page.text);
}

#[tokio::test]
async fn a_login_that_could_not_be_stored_is_no_session_in_any_process() {
    let (world, stores, [first, _], _) = two_processes("/login", ALICE).await;
    let mut browser = Browser::default();
    let callback = browser.begin_at(&first, &world, "/login", ALICE).await;
    stores.set_saves_left(0);
    let page = browser.get(&first, &callback).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies.keys());
    stores.set_saves_left(u32::MAX);
    browser.log_in_to(&first, &world, "/login", ALICE).await;
    assert_eq!(browser.get(&first, "/").await.text, ALICE);
}

#[tokio::test]
async fn a_logout_while_the_store_is_unavailable_can_be_repeated() {
    let (_world, stores, [first, second], mut browser) = two_processes("/login", ALICE).await;
    stores.set_down(true);
    for process in [&first, &second] {
        let page = browser
            .send(process, Method::POST, "/logout", "", &[])
            .await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    stores.set_down(false);
    let copy = browser.clone();
    let page = browser
        .send(&second, Method::POST, "/logout", "", &[])
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(browser.cookies.is_empty());
    assert_eq!(copy.clone().get(&first, "/").await.text, "logged out");
}

#[tokio::test]
async fn a_login_has_another_key_than_the_session_that_it_replaces() {
    let (world, _, [first, second], mut browser) = two_processes("/login", ALICE).await;
    let before = browser.clone();
    browser.log_in_to(&first, &world, "/login", ALICE).await;
    assert_ne!(browser.cookies, before.cookies);
    for process in [first, second] {
        assert_eq!(browser.get(&process, "/").await.text, ALICE);
        assert_eq!(before.clone().get(&process, "/").await.text, "logged out");
    }
}

#[tokio::test]
async fn a_key_that_the_browser_chose_is_no_session() {
    let (_world, stores, [first, _], _) = two_processes("/login", ALICE).await;
    let stored = stores.0.stores.lock().unwrap().len();
    for key in ["1.abc", "1.", &format!("1.{}", "A".repeat(43))] {
        let mut browser = Browser::default();
        browser.cookies.insert(SESSION.into(), key.into());
        assert_eq!(browser.get(&first, "/").await.text, "logged out");
        assert!(browser.cookies.is_empty());
    }
    assert!(stores.0.stores.lock().unwrap().len() <= stored + 1);
}
