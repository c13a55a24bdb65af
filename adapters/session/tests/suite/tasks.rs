//! The async manager: one refresh for all tasks, and futures that are dropped.

use std::pin::pin;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use workos_login::http::{Request, Response};
use workos_login::{Authenticated, BoxFuture, ExchangeLimits, HttpClient};
use workos_login_mock_server::{Endpoint, Fault, Organization};
use workos_login_session::{
    BlockingStore, CallError, Expected, MemoryStore, OnThreads, SessionEnded, SessionError,
    SessionManager, StoreError, StoreLock, StoredSession,
};

use crate::support::*;

const LEASE: Duration = Duration::from_secs(60);

fn assert_send<T: Send>(value: T) -> T {
    value
}

fn try_lock(store: &MemoryStore) -> Option<StoreLock> {
    BlockingStore::lock(store, Duration::ZERO, LEASE).unwrap()
}

/// Checks that the lock is released, at the latest when other threads have finished what they began.
#[track_caller]
fn assert_unlocked(store: &MemoryStore) {
    let lock = BlockingStore::lock(store, Duration::from_secs(30), LEASE);
    assert!(lock.unwrap().is_some());
}

#[test]
fn k2_many_tasks_of_two_processes_share_one_refresh() {
    let server = server(|config| config.reuse_ends_session = true);
    let store = holding(expired(&session(&server)));
    let managers = [
        over_reqwest(&server, store.clone()),
        over_reqwest(&server, store),
    ];
    let runtime = runtime();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let manager = managers[number % 2].clone();
            runtime.spawn(async move { manager.access_token().await.unwrap() })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        let token = runtime.block_on(task).unwrap();
        tokens.push(text(&token));
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn tasks_that_wait_receive_the_failure() {
    let server = server(|_| ());
    let store = Flaky::holding(expired(&session(&server)));
    store.fail(&["save"]);
    let manager = over_reqwest(&server, store.clone());
    let held = try_lock(&store.inner);
    let results = runtime().block_on(async {
        let mut others = Vec::new();
        for _ in 0..10 {
            let manager = manager.clone();
            others.push(async move { manager.access_token().await });
        }
        join(others, || drop(held)).await
    });
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Err(SessionError::Store(_))))
    );
    // A load, the lock, a load, and the save that failed: once for all.
    assert_eq!(store.calls.load(SeqCst), 4);
    assert_eq!(refreshes(&server).len(), 0);
}

/// Polls all of them in turn on one task, and calls back when all have begun.
async fn join<F: Future>(futures: Vec<F>, begun: impl FnOnce()) -> Vec<F::Output> {
    let mut begun = Some(begun);
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<_> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *output = Some(value);
            }
        }
        if let Some(begun) = begun.take() {
            begun();
        }
        match outputs.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[test]
fn every_operation_can_run_on_another_thread() {
    let server = server(|_| ());
    let manager = over_reqwest(&server, MemoryStore::new());
    runtime().block_on(assert_send(async {
        assert!(manager.session().await.unwrap().is_none());
        manager.check().await.unwrap();
        let token = manager.log_in(acme_session(&server)).await.unwrap();
        let token = manager.refresh_rejected(&token).await.unwrap();
        let organization = Organization::GLOBEX_ID.parse().unwrap();
        let switched = manager.switch_organization(&organization).await.unwrap();
        assert_ne!(text(&switched), text(&token));
        manager.flush().await.unwrap();
        assert!(manager.log_out().await.session().is_some());
        assert!(matches!(
            manager.access_token().await,
            Err(SessionError::Ended(reason)) if matches!(*reason, SessionEnded::NotLoggedIn)
        ));
    }));
}

#[test]
fn a_call_can_run_on_another_thread() {
    let server = server(|_| ());
    let manager = over_reqwest(&server, holding(session(&server)));
    let insecure = Request::get("http://example.com/").body(()).unwrap();
    let called = assert_send(manager.call(insecure, |_| async { Ok::<_, ()>(Response::new(())) }));
    assert!(matches!(
        runtime().block_on(called),
        Err(CallError::Insecure)
    ));
}

#[test]
fn k6_an_attempt_that_hangs_is_dropped_after_its_timeout() {
    let server = server(|config| config.replay_window = Duration::from_secs(30));
    let manager = over_reqwest(&server, holding(expired(&session(&server))));
    server.inject(Fault::Hang.on(Endpoint::Refresh));
    runtime().block_on(manager.access_token()).unwrap();
    assert_eq!(refreshes(&server).len(), 2);
}

/// An HTTP client with an `await` before and after each exchange.
struct Yielding(workos_login_reqwest::Client);

impl HttpClient for Yielding {
    type Error = workos_login_reqwest::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Self::Error>> {
        Box::pin(async move {
            yield_now().await;
            let response = self.0.execute(request, limits).await;
            yield_now().await;
            response
        })
    }

    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

/// Is pending once.
async fn yield_now() {
    let mut given = false;
    std::future::poll_fn(|context| match std::mem::replace(&mut given, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

struct Notify(Sender<()>);

impl Wake for Notify {
    fn wake(self: Arc<Self>) {
        // The receiver is gone after the last poll.
        let _ = self.0.send(());
    }
}

/// Polls a future as often as it is woken, but at most so often, and drops it.
fn poll_and_drop<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let (sender, woken): (_, Receiver<()>) = channel();
    let waker = Waker::from(Arc::new(Notify(sender)));
    let mut future = pin!(future);
    for _ in 0..times {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        woken.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    None
}

#[test]
fn a_future_dropped_at_any_point_leaves_no_lock_and_loses_no_session() {
    let server = server(|config| {
        config.replay_window = Duration::from_secs(60);
        config.reuse_ends_session = true;
    });
    let runtime = runtime();
    let _context = runtime.enter();
    for times in 0.. {
        let store = holding(expired(&session(&server)));
        let http = Yielding(workos_login_reqwest::client().unwrap());
        let on_threads = Arc::new(OnThreads::new(store.clone()));
        let manager = SessionManager::new(machine(&server), on_threads, http);
        let finished = poll_and_drop(manager.access_token(), times);
        // The same process continues, and so does another one.
        runtime.block_on(manager.access_token()).unwrap();
        let other = over_reqwest(&server, store.clone());
        let token = runtime.block_on(other.access_token()).unwrap();
        assert_eq!(stored_token(&store), Some(text(&token)));
        assert_unlocked(&store);
        if finished.is_some() {
            assert!(times > 3, "it was dropped too few times");
            break;
        }
    }
}

#[test]
fn a_future_dropped_while_its_response_is_saved_keeps_the_lock_until_then() {
    let server = server(|_| ());
    let old = expired(&session(&server));
    let (store, saves, go_on) = Gated::holding(old.clone());
    let runtime = runtime();
    let _context = runtime.enter();
    let manager = over_reqwest(&server, store.clone());
    let task = runtime.spawn({
        let manager = manager.clone();
        async move { manager.access_token().await.map(drop) }
    });
    // The intent, and then the new session.
    saves.recv().unwrap();
    go_on.send(()).unwrap();
    saves.recv().unwrap();
    task.abort();
    assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    assert!(try_lock(&store.inner).is_none());
    go_on.send(()).unwrap();
    assert_unlocked(&store.inner);
    let stored = stored_token(&store.inner);
    assert_ne!(stored, stored_token(&holding(old)));
    let token = runtime.block_on(manager.access_token()).unwrap();
    assert_eq!(stored, Some(text(&token)));
    assert_eq!(refreshes(&server).len(), 1);
}

/// A store whose saves wait until they are released.
#[derive(Clone)]
struct Gated {
    inner: MemoryStore,
    saving: Sender<()>,
    may: Arc<Mutex<Receiver<()>>>,
}

impl Gated {
    fn holding(session: Authenticated) -> (Self, Receiver<()>, Sender<()>) {
        let (saving, saves) = channel();
        let (go_on, may) = channel();
        let store = Self {
            inner: holding(session),
            saving,
            may: Arc::new(Mutex::new(may)),
        };
        (store, saves, go_on)
    }
}

impl BlockingStore for Gated {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        BlockingStore::load(&self.inner)
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        self.saving.send(()).unwrap();
        self.may.lock().unwrap().recv().unwrap();
        BlockingStore::save(&self.inner, record, expected)
    }

    fn clear(&self, expected: Expected) -> Result<(), StoreError> {
        BlockingStore::clear(&self.inner, expected)
    }

    fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, StoreError> {
        BlockingStore::lock(&self.inner, wait, lease)
    }

    fn check(&self) -> Result<(), StoreError> {
        BlockingStore::check(&self.inner)
    }
}

#[test]
fn a_future_dropped_while_it_waits_for_the_lock_releases_it() {
    let server = server(|_| ());
    let store = holding(expired(&session(&server)));
    let runtime = runtime();
    let _context = runtime.enter();
    let held = try_lock(&store).unwrap();
    let manager = over_reqwest(&server, store.clone());
    assert!(poll_and_drop_at_once(manager.access_token()));
    drop(held);
    runtime.block_on(manager.access_token()).unwrap();
    assert_unlocked(&store);
}

/// Polls a future once and drops it without waiting for anything.
fn poll_and_drop_at_once<F: Future>(future: F) -> bool {
    let mut future = pin!(future);
    let waker = Waker::noop();
    future
        .as_mut()
        .poll(&mut Context::from_waker(waker))
        .is_pending()
}
