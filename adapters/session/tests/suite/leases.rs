//! A lock whose holder hangs, by a manual clock: callers wait for it for one lease (K10, K13), or for 1 s with a usable token (K2).

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use workos_login::http::{Request, Response};
use workos_login::{Authenticated, BlockingHttpClient, ExchangeLimits};
use workos_login_mock_server::Server;
use workos_login_session::{
    BlockingSessionManager, BlockingStore, Expected, LockTimeout, LoggedOut, ManualClock,
    MemoryStore, OnThreads, SessionEnded, SessionError, SessionManager, SessionWarning,
    StoredSession, Token,
};

use crate::support::*;

/// The default of [`SessionPolicy`](workos_login_session::SessionPolicy).
const LEASE: Duration = Duration::from_secs(60);

/// The limit of a test that fails.
const LONG: Duration = Duration::from_secs(30);

/// A store whose lock times out by a manual clock.
struct World {
    store: MemoryStore,
    clock: ManualClock,
}

impl World {
    fn holding(session: Authenticated) -> Self {
        let clock = ManualClock::new(SystemTime::now());
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let record = StoredSession::new(session);
        BlockingStore::save(&store, &record, Expected::Nothing).unwrap();
        Self { store, clock }
    }

    fn blocking(&self, server: &Server) -> BlockingSessionManager {
        let clock = Arc::new(self.clock.clone());
        let http = workos_login_ureq::agent();
        BlockingSessionManager::with_clock(machine(server), self.store.clone(), http, clock)
    }

    fn on_tasks(&self, server: &Server) -> SessionManager {
        let clock = Arc::new(self.clock.clone());
        let http = workos_login_reqwest::client().unwrap();
        let store = Arc::new(OnThreads::new(self.store.clone()));
        SessionManager::with_clock(machine(server), store, http, clock)
    }

    /// Advances the clock by half of the time, checks that the operation still waits, and advances it by the rest.
    fn advance(&self, time: Duration, is_over: impl Fn() -> bool) {
        let begun = std::time::Instant::now();
        while self.clock.sleepers() == 0 {
            assert!(begun.elapsed() < LONG, "nothing waits for the lock");
            thread::yield_now();
        }
        self.clock.advance(time / 2);
        assert!(
            !is_over() && self.clock.sleepers() > 0,
            "it waited for less"
        );
        self.clock.advance(time / 2);
    }
}

/// An HTTP client that hangs after the server has acted.
struct Hanging {
    sending: Sender<()>,
    released: Mutex<Receiver<()>>,
}

impl BlockingHttpClient for Hanging {
    type Error = workos_login_ureq::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, Self::Error> {
        let response = workos_login_ureq::agent().execute(request, limits);
        self.sending.send(()).unwrap();
        // A test that fails does not release it.
        let _ = self.released.lock().unwrap().recv_timeout(LONG);
        response
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A server, and a process that hangs while it holds the lock.
struct Process {
    server: Server,
    world: World,
    hanging: BlockingSessionManager,
    sends: Mutex<Receiver<()>>,
    release: Sender<()>,
}

impl Process {
    fn new(session: impl FnOnce(&Server) -> Authenticated) -> Self {
        let server = server(|_| ());
        let world = World::holding(session(&server));
        let (sending, sends) = channel();
        let (release, released) = channel();
        let released = Mutex::new(released);
        let hanging = BlockingSessionManager::with_clock(
            machine(&server),
            world.store.clone(),
            Hanging { sending, released },
            Arc::new(world.clock.clone()),
        );
        Self {
            server,
            world,
            hanging,
            sends: Mutex::new(sends),
            release,
        }
    }

    /// Runs an operation of another process, which waits for the lock for exactly this time. Returns what both returned.
    fn run<T: Send>(
        &self,
        wait: Duration,
        operation: impl FnOnce(&Self) -> T + Send,
    ) -> (T, Result<Token, SessionError>) {
        thread::scope(|scope| {
            let first = scope.spawn(|| self.hanging.access_token());
            self.sends.lock().unwrap().recv().unwrap();
            let second = scope.spawn(|| operation(self));
            self.world.advance(wait, || second.is_finished());
            let output = second.join().unwrap();
            self.release.send(()).unwrap();
            (output, first.join().unwrap())
        })
    }

    fn on_threads(&self) -> BlockingSessionManager {
        self.world.blocking(&self.server)
    }

    fn on_tasks(&self) -> SessionManager {
        self.world.on_tasks(&self.server)
    }
}

#[track_caller]
fn assert_waits_for_one_lease(
    access_token: impl FnOnce(&Process) -> Result<Token, SessionError> + Send,
) {
    let process = Process::new(|server| expired(&session(server)));
    let (second, first) = process.run(LEASE, access_token);
    let Err(SessionError::Unavailable { cause, .. }) = second else {
        panic!("the lock is held");
    };
    assert!(cause.unwrap().is::<LockTimeout>());
    first.unwrap();
    assert_eq!(refreshes(&process.server).len(), 1);
}

#[test]
fn k10_a_thread_waits_for_the_lock_for_one_lease() {
    assert_waits_for_one_lease(|process| process.on_threads().access_token());
}

#[test]
fn k10_a_task_waits_for_the_lock_for_one_lease() {
    assert_waits_for_one_lease(|process| runtime().block_on(process.on_tasks().access_token()));
}

#[track_caller]
fn assert_waits_for_one_second(
    access_token: impl FnOnce(&Process) -> Result<Token, SessionError> + Send,
) {
    let process = Process::new(|server| due(&session(server)));
    let old = stored_token(&process.world.store);
    let (second, first) = process.run(Duration::from_secs(1), access_token);
    let second = second.unwrap();
    assert_eq!(Some(text(&second)), old);
    let Some(SessionWarning::NotRefreshed(Some(cause))) = second.warning() else {
        panic!("{second:?}");
    };
    assert!(cause.is::<LockTimeout>());
    assert_ne!(Some(text(&first.unwrap())), old);
    assert_eq!(refreshes(&process.server).len(), 1);
}

#[test]
fn k2_a_thread_with_a_usable_token_waits_for_the_lock_for_one_second() {
    assert_waits_for_one_second(|process| process.on_threads().access_token());
}

#[test]
fn k2_a_task_with_a_usable_token_waits_for_the_lock_for_one_second() {
    assert_waits_for_one_second(|process| runtime().block_on(process.on_tasks().access_token()));
}

#[test]
fn k2_a_thread_of_the_same_process_with_a_usable_token_waits_for_one_second() {
    let process = Process::new(|server| due(&session(server)));
    let old = stored_token(&process.world.store);
    let (second, first) = process.run(Duration::from_secs(1), |process| {
        process.hanging.access_token()
    });
    assert_eq!(Some(text(&second.unwrap())), old);
    assert_ne!(Some(text(&first.unwrap())), old);
    assert_eq!(refreshes(&process.server).len(), 1);
}

#[track_caller]
fn assert_logout_takes_precedence(log_out: impl FnOnce(&Process) -> LoggedOut + Send) {
    let process = Process::new(|server| expired(&session(server)));
    let store = process.world.store.clone();
    let (logged_out, first) = process.run(LEASE, |process| {
        let logged_out = log_out(process);
        assert_eq!(stored_token(&store), None);
        logged_out
    });
    assert!(logged_out.session().is_some());
    assert!(logged_out.error().is_none());
    assert!(matches!(*ended(first), SessionEnded::LoggedOut));
    assert_eq!(
        stored_token(&store),
        None,
        "the response was stored after the logout"
    );
}

#[test]
fn k13_a_thread_that_logs_out_waits_for_one_lease() {
    assert_logout_takes_precedence(|process| process.on_threads().log_out());
}

#[test]
fn k13_a_task_that_logs_out_waits_for_one_lease() {
    assert_logout_takes_precedence(|process| runtime().block_on(process.on_tasks().log_out()));
}

#[test]
fn k13_a_thread_of_the_same_process_that_logs_out_waits_for_one_lease() {
    assert_logout_takes_precedence(|process| process.hanging.log_out());
}
