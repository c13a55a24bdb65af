//! Measures the session manager, and prints the lines of the table.

use std::convert::Infallible;
use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use http::{Request, Response};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use workos_login::{Authenticated, BoxFuture, Client, ExchangeLimits, HttpClient};
use workos_login_benches::table::{Goal, Line, Spread, time};
use workos_login_benches::{client, stored_session, token_response};
use workos_login_session::{
    Expected, Machine, MemoryStore, SessionManager, SessionPolicy, Store, StoredSession,
};

/// The time of one measurement in one round.
const SLICE: Duration = Duration::from_millis(40);
const ROUNDS: usize = 31;
const TASKS: usize = 10_000;

fn main() {
    print_fresh();
    print_creation();
    print_waiting();
}

/// Prints the calls a second for a token that is not due for refresh.
fn print_fresh() {
    let manager = manager(&client(), &store(&session()), Network::default());
    let rounds = (0..ROUNDS).map(|_| (calls_a_second(&manager, 1), calls_a_second(&manager, 8)));
    let (one, eight): (Vec<f64>, Vec<f64>) = rounds.unzip();
    let ratio = Spread::of_ratio(&eight, &one);
    let millions = |calls: &[f64]| Spread::of(calls.iter().map(|calls| calls / 1e6)).median;
    print(
        "**fresh `access_token()`**, one thread",
        [String::new(), format!("{:.1} million/s", millions(&one))],
        Some(Goal::at_least(millions(&one), 15.0, " million/s")),
    );
    print(
        "… eight threads",
        [String::new(), format!("{:.1} million/s", millions(&eight))],
        None,
    );
    print(
        "… eight threads / one thread",
        [String::new(), ratio.to_string()],
        Some(Goal::at_least(ratio.median, 1.6, "×")),
    );
}

/// Returns the calls a second, of the processor time of all threads times the cores that they can use at the same time.
fn calls_a_second(manager: &SessionManager, threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let count = || {
        barrier.wait();
        let (before, start, mut calls) = (processor_time(), Instant::now(), 0);
        while start.elapsed() < SLICE {
            for _ in 0..1000 {
                black_box(manager.access_token().now_or_never());
            }
            calls += 1000;
        }
        (f64::from(calls), processor_time() - before)
    };
    let (calls, seconds) = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        let counts = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        counts.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1))
    });
    calls / seconds * threads.min(cores) as f64
}

/// Returns the seconds that this thread has run, which other processes on a busy machine do not lengthen.
fn processor_time() -> f64 {
    // The system brings the number up to date when it switches threads.
    thread::yield_now();
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux system");
    let nanos = statistics
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse::<f64>().ok());
    nanos.expect("a number of nanoseconds") / 1e9
}

/// Prints the cost of a manager for one web request, without and with its first access token.
fn print_creation() {
    let (client, store) = (client(), store(&session()));
    let create = || manager(&client, &store, Network::default());
    let alone = each(|| drop(black_box(create())));
    let loading = each(|| {
        black_box(create().access_token().now_or_never());
    });
    print("**create a manager**", [String::new(), time(alone)], None);
    print(
        "… and load its session from memory",
        [String::new(), time(loading)],
        None,
    );
}

/// Returns the median of the nanoseconds for each call.
fn each(mut call: impl FnMut()) -> f64 {
    const CALLS: u32 = 1000;
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed().as_nanos() as f64 / f64::from(CALLS)
    });
    Spread::of(rounds).median
}

/// Prints the time from the response of one refresh until the last of many tasks has its token, beside a channel.
fn print_waiting() {
    let runtime = Runtime::new().expect("a runtime");
    let rounds = (0..ROUNDS).map(|_| (runtime.block_on(watched()), runtime.block_on(refreshed())));
    let (watched, refreshed): (Vec<f64>, Vec<f64>) = rounds.unzip();
    print(
        "**one refresh for 10,000 tasks**, floor `tokio::sync::watch`",
        [
            time(Spread::of(watched.iter().copied()).median),
            Spread::of_ratio(&refreshed, &watched).to_string(),
        ],
        None,
    );
}

/// Sends a value to the tasks of a channel. Returns the nanoseconds until the last task has it.
async fn watched() -> f64 {
    let (sender, receiver) = watch::channel(Arc::new(()));
    let tasks = Tasks::spawn(|| {
        let mut receiver = receiver.clone();
        async move {
            receiver.changed().await.expect("the sender lives");
            drop(black_box(receiver.borrow().clone()));
        }
    });
    tasks
        .run(|| sender.send(Arc::new(())).expect("the receivers live"))
        .await
}

/// Refreshes a session that all tasks wait for. Returns the nanoseconds from the response until the last task has its token.
async fn refreshed() -> f64 {
    let network = Network::default();
    let manager = manager(&client(), &store(&expired_session()), network.clone());
    let tasks = Tasks::spawn(|| {
        let manager = manager.clone();
        async move {
            black_box(manager.access_token().await.expect("a new token"));
        }
    });
    tasks.run(|| network.0.notify_one()).await
}

/// Many tasks that wait for one event.
struct Tasks {
    started: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    last: Arc<Notify>,
}

impl Tasks {
    fn spawn<F: Future<Output = ()> + Send + 'static>(mut task: impl FnMut() -> F) -> Self {
        let all = Self {
            started: Arc::default(),
            ended: Arc::default(),
            last: Arc::default(),
        };
        for _ in 0..TASKS {
            let (started, ended, last) = (
                Arc::clone(&all.started),
                Arc::clone(&all.ended),
                Arc::clone(&all.last),
            );
            let task = task();
            tokio::spawn(async move {
                started.fetch_add(1, Ordering::Relaxed);
                task.await;
                if ended.fetch_add(1, Ordering::Relaxed) + 1 == TASKS {
                    last.notify_one();
                }
            });
        }
        all
    }

    async fn run(self, event: impl FnOnce()) -> f64 {
        while self.started.load(Ordering::Relaxed) < TASKS {
            tokio::task::yield_now().await;
        }
        // The last tasks have started, and reach their `await` within this time.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let start = Instant::now();
        event();
        self.last.notified().await;
        start.elapsed().as_nanos() as f64
    }
}

fn session() -> Authenticated {
    serde_json::from_str(&stored_session()).expect("a stored session")
}

fn expired_session() -> Authenticated {
    let mut stored: serde_json::Value =
        serde_json::from_str(&stored_session()).expect("a stored session");
    stored["lifetime"] = 1000.into();
    serde_json::from_value(stored).expect("a stored session")
}

fn store(session: &Authenticated) -> Arc<dyn Store> {
    let store = Arc::new(MemoryStore::new());
    let record = StoredSession::new(Arc::new(session.clone()));
    Store::save(&*store, &record, Expected::Anything)
        .now_or_never()
        .expect("the memory is always ready")
        .expect("the memory can be written");
    store
}

fn manager(client: &Client, store: &Arc<dyn Store>, network: Network) -> SessionManager {
    let machine = Machine::new(client.clone(), SessionPolicy::default());
    SessionManager::new(machine, Arc::clone(store), network)
}

/// An HTTP client whose response arrives when it is notified.
#[derive(Clone, Default)]
struct Network(Arc<Notify>);

impl HttpClient for Network {
    type Error = Infallible;

    fn execute(
        &self,
        _: Request<Vec<u8>>,
        _: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Infallible>> {
        Box::pin(async {
            self.0.notified().await;
            Ok(token_response())
        })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

fn print(work: &str, [floor, ours]: [String; 2], goal: Option<Goal>) {
    let line = Line {
        work: work.into(),
        cells: [floor, ours, String::new(), String::new()],
        goal,
    };
    println!("{line}");
}
