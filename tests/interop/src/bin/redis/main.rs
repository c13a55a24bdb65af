//! Checks replicas of a web server that share sessions in a real Redis, while replicas and Redis are killed.
//!
//! `tests/interop/redis` starts it. The program starts itself as each replica, and sends the requests of the browsers. All processes share a
//! clock that is ahead of the system's: the check advances it until all sessions are due for refresh.

mod browser;
mod clock;
mod database;
mod replica;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use rand::RngExt as _;
use workos_login_mock_server::{Config, Endpoint, Fault, Server};

use crate::browser::{Addresses, Browser, Counts};
use crate::database::Database;
use crate::replica::Replica;

pub(crate) type Checked<T = ()> = Result<T, Box<dyn Error>>;

const SESSIONS: usize = 200;
const REPLICAS: usize = 4;
/// Of each browser at each expiry, over all replicas.
const REQUESTS: usize = 8;
const EXPIRIES: usize = 8;
/// The expiry at which Redis is killed and started again.
const REDIS_EXPIRY: usize = 4;
/// With a lifetime of five minutes: every session is due for refresh, and in every other expiry expired.
const STEPS: [Duration; 2] = [Duration::from_secs(200), Duration::from_secs(320)];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        [] => tokio::runtime::Runtime::new()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(check())),
        [base_url, redis_url, offset] => replica::serve(base_url, redis_url, offset),
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

async fn check() -> Checked {
    let server = Server::start(Config::with(|config| {
        config.reuse_ends_session = true;
        config.replay_window = Duration::from_secs(10);
        config.session_lifetime = Duration::from_secs(24 * 3600);
    }))?;
    let mut world = World::start(server)?;
    let mut browsers = Vec::new();
    for _ in 0..SESSIONS {
        browsers.push(Browser::log_in(&world.server, world.addresses.clone()).await?);
    }
    world.server.clear_requests();
    // Prolongs a refresh, so that it is killed more often.
    let delay = Fault::Delay(Duration::from_millis(300));
    world.server.inject(delay.on(Endpoint::Refresh).always());
    let mut counts = Counts::default();
    for expiry in 0..EXPIRIES {
        world.advance(STEPS[expiry % 2])?;
        let requests = (0..REQUESTS).flat_map(|number| {
            let browsers = browsers.iter().cloned();
            browsers.map(move |browser| tokio::spawn(browser.request(number)))
        });
        let requests: Vec<_> = requests.collect();
        // The first expiry shows the sessions without a failure.
        if expiry > 0 {
            let pause = rand::rng().random_range(50..600);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            world.restart_replica(expiry % REPLICAS)?;
        }
        if expiry == REDIS_EXPIRY {
            world.database.restart()?;
        }
        for request in requests {
            counts.add(&request.await?);
        }
        rotations(&world.server, expiry)?;
    }
    let sessions = world.server.sessions().len();
    if sessions != SESSIONS || counts.signed_out > 0 {
        return Err(format!("{sessions} sessions are left; {counts:?}").into());
    }
    println!(
        "redis: {REPLICAS} replicas, {SESSIONS} sessions, {REQUESTS} parallel requests for each of {EXPIRIES} expiries; {} replicas and Redis \
         once killed; {} responses with a new access token, {} before that with one that was due, {} requests repeated after 503 or a killed \
         replica; 0 users signed out",
        EXPIRIES - 1,
        counts.answered,
        counts.due,
        counts.retried
    );
    Ok(())
}

/// The service, Redis and the replicas.
struct World {
    server: Server,
    database: Database,
    replicas: Vec<Replica>,
    addresses: Addresses,
    offset: Duration,
}

impl World {
    fn start(server: Server) -> Checked<Self> {
        let database = Database::start()?;
        let start = |_| Replica::start(server.base_url(), &database.url(), Duration::ZERO);
        let replicas = (0..REPLICAS).map(start).collect::<Result<Vec<_>, _>>()?;
        let world = Self {
            server,
            database,
            replicas,
            addresses: Addresses::default(),
            offset: Duration::ZERO,
        };
        world.balance();
        Ok(world)
    }

    fn balance(&self) {
        let addresses = self.replicas.iter().map(|replica| replica.address);
        self.addresses.set(addresses.collect());
    }

    fn advance(&mut self, by: Duration) -> Checked {
        self.offset += by;
        self.server.advance(by);
        for replica in &mut self.replicas {
            replica.set_clock(self.offset)?;
        }
        Ok(())
    }

    fn restart_replica(&mut self, number: usize) -> Checked {
        self.replicas[number].kill()?;
        let (base_url, redis_url) = (self.server.base_url(), self.database.url());
        self.replicas[number] = Replica::start(base_url, &redis_url, self.offset)?;
        self.balance();
        Ok(())
    }
}

/// Checks by the log of the server that each session was refreshed once.
fn rotations(server: &Server, expiry: usize) -> Checked {
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
    match sent.len() == SESSIONS && (expiry > 0 || replays == 0) {
        true => Ok(()),
        false => Err(format!("{} rotations and {replays} replays", sent.len()).into()),
    }
}
