//! Checks replicas of a server that share sessions in a real Redis, while replicas and Redis are killed.
//!
//! `tests/interop/redis` starts it. The program starts itself as each replica. All processes share a clock that is ahead of the system's:
//! the check advances it until all sessions are due for refresh.

mod clock;
mod database;
mod replica;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

use rand::RngExt as _;
use workos_login::secrecy::SecretString;
use workos_login::{
    Authenticated, BlockingHttpClient, Callback, Client, ConnectionSelector, Public, Screen,
};
use workos_login_mock_server::{Config, Endpoint, Fault, Server};
use workos_login_redis::RedisSessions;
use workos_login_session::{Expected, Store as _, StoredSession};

use crate::database::Database;
use crate::replica::{Counts, Replica};

pub(crate) type Checked<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) const SESSIONS: u8 = 200;
const REPLICAS: usize = 4;
/// Of each replica for each session: 8 over all replicas.
pub(crate) const REQUESTS: usize = 2;
const EXPIRIES: u32 = 8;
/// The expiry at which Redis is killed and started again.
const REDIS_EXPIRY: u32 = 4;
/// With a lifetime of five minutes: every session is due for refresh, and in every other expiry expired.
const STEPS: [Duration; 2] = [Duration::from_secs(200), Duration::from_secs(320)];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        [] => check(),
        [base_url, redis_url] => replica::serve(base_url, redis_url),
        _ => Err("usage: redis".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("redis: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Checked {
    let server = Server::start(Config::with(|config| {
        config.reuse_ends_session = true;
        config.replay_window = Duration::from_secs(10);
        config.session_lifetime = Duration::from_secs(24 * 3600);
    }))?;
    let mut database = Database::start()?;
    log_in(&server, &database.url())?;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(Replica::start(server.base_url(), &database.url())?);
    }
    server.clear_requests();
    // Prolongs a refresh, so that it is killed more often.
    let delay = Fault::Delay(Duration::from_millis(300));
    server.inject(delay.on(Endpoint::Refresh).always());
    let (mut offset, mut counts, mut killed) = (Duration::ZERO, Counts::default(), 0);
    for expiry in 0..EXPIRIES {
        let step = STEPS[expiry as usize % 2];
        offset += step;
        server.advance(step);
        for replica in &mut replicas {
            replica.request(offset)?;
        }
        // The first expiry shows the sessions without a failure.
        if expiry > 0 {
            thread::sleep(Duration::from_millis(rand::rng().random_range(50..600)));
            let victim = &mut replicas[expiry as usize % REPLICAS];
            victim.restart(server.base_url(), &database.url())?;
            victim.request(offset)?;
            killed += 1;
        }
        if expiry == REDIS_EXPIRY {
            database.restart()?;
        }
        for replica in &mut replicas {
            counts.add(&replica.wait()?);
        }
        rotations(&server, expiry)?;
    }
    let sessions = server.sessions().len();
    if sessions != usize::from(SESSIONS) || counts.signed_out > 0 {
        return Err(format!("{sessions} sessions are left; {counts:?}").into());
    }
    println!(
        "redis: {REPLICAS} replicas, {SESSIONS} sessions, {} parallel requests for each of {EXPIRIES} expiries; {killed} replicas and Redis \
         once killed; {} requests of replicas that lived, {} of them first with a warning, {} retried after an error; 0 users signed out",
        REQUESTS * REPLICAS,
        counts.answered,
        counts.warned,
        counts.retried
    );
    Ok(())
}

/// Checks by the log of the server that each session was refreshed once.
fn rotations(server: &Server, expiry: u32) -> Checked {
    let mut sent = BTreeMap::<String, u32>::new();
    for request in server.requests_to("/user_management/authenticate") {
        // A request without a token was cut off when its sender was killed.
        if let Some(token) = request.parameter("refresh_token") {
            *sent.entry(token).or_default() += 1;
        }
    }
    server.clear_requests();
    let replays: u32 = sent.values().map(|count| count - 1).sum();
    println!(
        "redis: expiry {expiry}: {} rotations, {replays} replays",
        sent.len()
    );
    match sent.len() == usize::from(SESSIONS) && (expiry > 0 || replays == 0) {
        true => Ok(()),
        false => Err(format!("{} rotations and {replays} replays", sent.len()).into()),
    }
}

fn log_in(server: &Server, redis_url: &str) -> Checked {
    let sessions = RedisSessions::connect(redis_url, replica::keys())?;
    let client = replica::client(server.base_url())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for number in 0..SESSIONS {
        let record = StoredSession::new(session(server, &client)?);
        let store = sessions.store(client.clone(), &key(number));
        runtime.block_on(store.save(&record, Expected::Nothing))?;
    }
    Ok(())
}

fn session(server: &Server, client: &Client<Public>) -> Checked<Authenticated> {
    let now = SystemTime::now();
    let selector = ConnectionSelector::AuthKit(Screen::Default);
    let login = client.login(selector, "http://127.0.0.1:9/callback".parse()?);
    let (url, pending) = login.begin(now, &mut rand::rng());
    let callback = Callback::parse(&server.log_in(url.as_str(), "alice@example.com")?)?;
    let exchanging = pending
        .accept(client, callback, now)
        .map_err(|_| "refused")?;
    Ok(workos_login_ureq::agent()
        .send(exchanging)?
        .authenticated()?)
}

/// Returns the key of a session.
pub(crate) fn key(number: u8) -> SecretString {
    format!("key-of-session-{number}").into()
}
