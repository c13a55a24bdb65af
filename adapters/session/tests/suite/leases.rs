//! A lock whose holder hangs, by a clock that is wound by hand: it is waited for one lease, and no longer.

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use workos_login::Authenticated;
use workos_login::session::{SessionEnded, StoredSession};
use workos_login_mock_server::Server;
use workos_login_session::{
    BlockingSessionManager, Error, Locked, LoggedOut, MemoryGuard, MemoryStore, Store, Token,
};

use crate::support::*;

/// What is waited for: [`SessionPolicy`](workos_login::session::SessionPolicy) has it so.
const LEASE: Duration = Duration::from_secs(60);

/// Something is broken that takes so long.
const LONG: Duration = Duration::from_secs(30);

/// A store whose lock is waited for by a clock of its own.
#[derive(Clone, Default)]
struct Wound {
    inner: MemoryStore,
    clock: Arc<(Mutex<Clock>, Condvar)>,
}

#[derive(Default)]
struct Clock {
    now: Duration,
    /// How often somebody has begun to wait.
    waits: u32,
}

impl Wound {
    fn holding(session: Authenticated) -> Self {
        Self {
            inner: holding(session),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.inner.load().unwrap().is_none()
    }

    /// Lets half a lease pass for somebody who waits, looks whether they wait still, and lets the rest of it pass.
    fn let_a_lease_pass(&self, is_over: impl Fn() -> bool) {
        let (clock, changed) = &*self.clock;
        for waits in 1..=2 {
            let (mut clock, late) = changed
                .wait_timeout_while(clock.lock().unwrap(), LONG, |clock| clock.waits < waits)
                .unwrap();
            assert!(!late.timed_out() && !is_over(), "nobody waits for the lock");
            clock.now += LEASE / 2;
            changed.notify_all();
        }
    }
}

impl Store for Wound {
    type Error = Infallible;
    type Guard = MemoryGuard;

    fn load(&self) -> Result<Option<StoredSession>, Infallible> {
        self.inner.load()
    }

    fn save(&self, record: &StoredSession) -> Result<(), Infallible> {
        self.inner.save(record)
    }

    fn clear(&self) -> Result<(), Infallible> {
        self.inner.clear()
    }

    fn lock(&self, lease: Duration) -> Result<Option<MemoryGuard>, Infallible> {
        let (clock, changed) = &*self.clock;
        let mut clock = clock.lock().unwrap();
        let end = clock.now + lease;
        loop {
            let guard = self.inner.lock(Duration::ZERO)?;
            if guard.is_some() || clock.now >= end {
                return Ok(guard);
            }
            clock.waits += 1;
            changed.notify_all();
            clock = changed.wait(clock).unwrap();
        }
    }

    fn check(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A process whose refresh hangs, with the lock in its hands.
struct Hanging {
    keeper: BlockingSessionManager<Wound>,
    sends: Receiver<()>,
    go_on: Sender<()>,
}

impl Hanging {
    fn new(server: &Server, store: &Wound) -> Self {
        let (sending, sends) = channel();
        let (go_on, waits) = channel();
        let waits = Mutex::new(waits);
        let keeper =
            BlockingSessionManager::new(machine(server), store.clone(), move |exchange, limit| {
                let answer = over_ureq(exchange, limit);
                sending.send(()).unwrap();
                // A test that fails lets nobody go on.
                let _ = waits.lock().unwrap().recv_timeout(LONG);
                answer
            });
        Self {
            keeper,
            sends,
            go_on,
        }
    }
}

/// Another process wants a token, and gets none before the lease is over.
fn k10(ask: impl FnOnce(&Server, &Wound) -> Result<Token, Error> + Send) {
    let server = server(|_| ());
    let store = Wound::holding(spent(&session(&server)));
    let hanging = Hanging::new(&server, &store);
    thread::scope(|scope| {
        let first = scope.spawn(|| hanging.keeper.token());
        hanging.sends.recv().unwrap();
        let second = scope.spawn(|| ask(&server, &store));
        store.let_a_lease_pass(|| second.is_finished());
        let Err(Error::TryAgain { cause, .. }) = second.join().unwrap() else {
            panic!("the lock is held");
        };
        assert!(cause.unwrap().is::<Locked>());
        hanging.go_on.send(()).unwrap();
        first.join().unwrap().unwrap();
    });
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k10_a_thread_waits_one_lease_for_a_process_that_hangs() {
    k10(|server, store| keeper(server, store.clone()).token());
}

#[test]
fn k10_a_task_waits_one_lease_for_a_process_that_hangs() {
    k10(|server, store| runtime().block_on(over_reqwest(server, store.clone()).token()));
}

/// Another process logs out, and wins when the lease is over.
fn k13(log_out: impl FnOnce(&Server, &Wound) -> LoggedOut + Send) {
    let server = server(|_| ());
    let store = Wound::holding(spent(&session(&server)));
    let hanging = Hanging::new(&server, &store);
    thread::scope(|scope| {
        let first = scope.spawn(|| hanging.keeper.token());
        hanging.sends.recv().unwrap();
        let second = scope.spawn(|| log_out(&server, &store));
        store.let_a_lease_pass(|| second.is_finished());
        let logged_out = second.join().unwrap();
        assert!(logged_out.session().is_some());
        assert!(logged_out.store_error().is_none());
        assert!(store.is_empty());

        hanging.go_on.send(()).unwrap();
        let Err(Error::SessionEnded(reason)) = first.join().unwrap() else {
            panic!("what came back after the logout was handed out");
        };
        assert!(matches!(*reason, SessionEnded::LoggedOut));
    });
    assert!(
        store.is_empty(),
        "what came back after the logout was stored"
    );
}

#[test]
fn k13_a_thread_that_logs_out_waits_one_lease_and_wins() {
    k13(|server, store| keeper(server, store.clone()).log_out());
}

#[test]
fn k13_a_task_that_logs_out_waits_one_lease_and_wins() {
    k13(|server, store| runtime().block_on(over_reqwest(server, store.clone()).log_out()));
}
