//! The keeper for tasks: one refresh for all, and futures that are dropped.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use http::{Request, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::session::{SessionEnded, StoredSession};
use workos_login::{Authenticated, HttpClient};
use workos_login_mock_server::{Endpoint, Fault, Organization};
use workos_login_session::{CallError, Error, MemoryGuard, MemoryStore, SessionManager, Store};

use crate::support::*;

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn k2_many_tasks_of_two_processes_share_one_refresh() {
    let server = server(|config| config.reuse_ends_session = true);
    let store = holding(spent(&session(&server)));
    let keepers = [
        over_reqwest(&server, store.clone()),
        over_reqwest(&server, store),
    ];
    let runtime = runtime();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let keeper = keepers[number % 2].clone();
            runtime.spawn(async move { keeper.token().await.unwrap() })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        let token = runtime.block_on(task).unwrap();
        tokens.push(token.secret().expose_secret().to_owned());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn the_tasks_who_wait_get_the_failure_too() {
    let server = server(|_| ());
    let store = Flaky::holding(spent(&session(&server)));
    store.fail(&["save"]);
    let keeper = over_reqwest(&server, store.clone());
    let held = store.inner.lock(Duration::ZERO).unwrap();
    let results = runtime().block_on(async {
        let mut others = Vec::new();
        for _ in 0..10 {
            let keeper = keeper.clone();
            others.push(async move { keeper.token().await });
        }
        join(others, || drop(held)).await
    });
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Err(Error::Store(_))))
    );
    // A load, the lock, a load, and the save that failed: once for all.
    assert_eq!(store.asked.load(SeqCst), 4);
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
    let keeper = over_reqwest(&server, MemoryStore::new());
    runtime().block_on(assert_send(async {
        assert!(keeper.session().await.unwrap().is_none());
        keeper.check().await.unwrap();
        let token = keeper.log_in(movable_session(&server)).await.unwrap();
        let token = keeper.refused(&token).await.unwrap();
        let organization = Organization::GLOBEX_ID.parse().unwrap();
        let switched = keeper.switch(organization).await.unwrap();
        assert_ne!(
            switched.secret().expose_secret(),
            token.secret().expose_secret()
        );
        keeper.flush().await.unwrap();
        assert!(keeper.log_out().await.session().is_some());
        assert!(matches!(
            keeper.token().await,
            Err(Error::SessionEnded(reason)) if matches!(*reason, SessionEnded::NotLoggedIn)
        ));
    }));
}

#[test]
fn a_call_can_run_on_another_thread_and_is_never_made_in_the_clear() {
    let server = server(|_| ());
    let keeper = over_reqwest(&server, holding(session(&server)));
    let insecure = Request::get("http://example.com/").body(()).unwrap();
    let called = assert_send(keeper.call(insecure, |_| async { Ok::<_, ()>(Response::new(())) }));
    assert!(matches!(
        runtime().block_on(called),
        Err(CallError::Insecure)
    ));
}

#[test]
fn k6_an_attempt_that_hangs_is_dropped_at_its_limit() {
    let server = server(|config| config.replay_window = Duration::from_secs(30));
    let keeper = over_reqwest(&server, holding(spent(&session(&server))));
    server.inject(Fault::Hang.on(Endpoint::Refresh));
    runtime().block_on(keeper.token()).unwrap();
    assert_eq!(refreshes(&server).len(), 2);
}

/// Gives way once.
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

struct Bell(Sender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Nobody listens any more after the last poll.
        let _ = self.0.send(());
    }
}

/// Polls a future as often as it is woken, but at most so often, and drops it.
fn poll_and_drop<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let (sender, woken): (_, Receiver<()>) = channel();
    let waker = Waker::from(Arc::new(Bell(sender)));
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
        let store = holding(spent(&session(&server)));
        let http = workos_login_reqwest::client().unwrap();
        let send = move |exchange| {
            let http = http.clone();
            async move {
                yield_now().await;
                let answer = http.send(exchange).await;
                yield_now().await;
                answer
            }
        };
        let keeper = SessionManager::new(machine(&server), store.clone(), send, tokio::time::sleep);
        let finished = poll_and_drop(keeper.token(), times);
        // The same process goes on, and so does another one.
        runtime.block_on(keeper.token()).unwrap();
        let other = over_reqwest(&server, store.clone());
        let token = runtime.block_on(other.token()).unwrap();
        let stored = store.load().unwrap().unwrap();
        assert_eq!(
            stored.session().access_token().expose_secret(),
            token.secret().expose_secret()
        );
        assert!(store.lock(Duration::ZERO).unwrap().is_some());
        if finished.is_some() {
            assert!(times > 3, "it was dropped before, between and after");
            break;
        }
    }
}

#[test]
fn a_future_dropped_while_its_answer_is_stored_keeps_the_lock_until_it_is() {
    let server = server(|_| ());
    let old = spent(&session(&server));
    let (store, saves, go_on) = Gated::holding(old.clone());
    let runtime = runtime();
    let _context = runtime.enter();
    let keeper = over_reqwest(&server, store.clone());
    let task = runtime.spawn({
        let keeper = keeper.clone();
        async move { keeper.token().await.map(drop) }
    });
    // The intent, and then the new session.
    saves.recv().unwrap();
    go_on.send(()).unwrap();
    saves.recv().unwrap();
    task.abort();
    assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    assert!(store.lock(Duration::ZERO).unwrap().is_none());
    go_on.send(()).unwrap();
    assert!(store.lock(Duration::from_secs(30)).unwrap().is_some());
    let stored = store.load().unwrap().unwrap();
    let stored = stored.session().access_token().expose_secret();
    assert_ne!(stored, old.access_token().expose_secret());
    let token = runtime.block_on(keeper.token()).unwrap();
    assert_eq!(stored, token.secret().expose_secret());
    assert_eq!(refreshes(&server).len(), 1);
}

/// A store whose saves wait until they may.
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

impl Store for Gated {
    type Error = std::convert::Infallible;
    type Guard = MemoryGuard;

    fn load(&self) -> Result<Option<StoredSession>, Self::Error> {
        self.inner.load()
    }

    fn save(&self, record: &StoredSession) -> Result<(), Self::Error> {
        self.saving.send(()).unwrap();
        self.may.lock().unwrap().recv().unwrap();
        self.inner.save(record)
    }

    fn clear(&self) -> Result<(), Self::Error> {
        self.inner.clear()
    }

    fn lock(&self, lease: Duration) -> Result<Option<MemoryGuard>, Self::Error> {
        self.inner.lock(lease)
    }

    fn check(&self) -> Result<(), Self::Error> {
        self.inner.check()
    }
}

#[test]
fn a_future_dropped_while_it_waits_for_the_lock_gives_it_back() {
    let server = server(|_| ());
    let store = holding(spent(&session(&server)));
    let runtime = runtime();
    let _context = runtime.enter();
    let held = store.lock(Duration::ZERO).unwrap().unwrap();
    let keeper = over_reqwest(&server, store.clone());
    assert!(poll_and_drop_at_once(keeper.token()));
    drop(held);
    runtime.block_on(keeper.token()).unwrap();
    assert!(store.lock(Duration::ZERO).unwrap().is_some());
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
