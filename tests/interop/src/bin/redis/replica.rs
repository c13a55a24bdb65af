//! A replica: it has a session manager for each session.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdin};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use workos_login::{Client, Public};
use workos_login_redis::RedisSessions;
use workos_login_session::{Machine, SealingKeys, SessionError, SessionManager, SessionPolicy};

use crate::clock::Ahead;
use crate::{Checked, REQUESTS, SESSIONS, key};

/// The time between two requests of a browser after an error or a warning.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) answered: usize,
    pub(crate) warned: usize,
    pub(crate) retried: usize,
    pub(crate) signed_out: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.warned += other.warned;
        self.retried += other.retried;
        self.signed_out += other.signed_out;
    }
}

/// The process of a replica.
pub(crate) struct Replica {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Replica {
    pub(crate) fn start(base_url: &str, redis_url: &str) -> Checked<Self> {
        let mut process = Command::new(env::current_exe()?)
            .args([base_url, redis_url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self { process, output })
    }

    /// Sends requests for each session, at a time that is ahead of the system's.
    pub(crate) fn request(&mut self, offset: Duration) -> Checked {
        let input = self.process.stdin.as_mut().ok_or("no input")?;
        writeln!(input, "{}", offset.as_secs())?;
        Ok(input.flush()?)
    }

    pub(crate) fn wait(&mut self) -> Checked<Counts> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let numbers: Vec<usize> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [answered, warned, retried, signed_out] = numbers[..] else {
            return Err("a replica has ended".into());
        };
        Ok(Counts {
            answered,
            warned,
            retried,
            signed_out,
        })
    }

    pub(crate) fn restart(&mut self, base_url: &str, redis_url: &str) -> Checked {
        self.process.kill()?;
        self.process.wait()?;
        *self = Self::start(base_url, redis_url)?;
        Ok(())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn keys() -> SealingKeys {
    SealingKeys::new(1, &[1; 32])
}

pub(crate) fn client(base_url: &str) -> Checked<Client<Public>> {
    let id = workos_login_mock_server::Config::CLIENT_ID.parse()?;
    Ok(Client::public(id).base_url(base_url.parse()?)?)
}

/// Serves until the standard input is closed.
pub(crate) fn serve(base_url: &str, redis_url: &str) -> Checked {
    let runtime = tokio::runtime::Runtime::new()?;
    let clock = Ahead::default();
    let client = client(base_url)?;
    let sessions = RedisSessions::connect(redis_url, keys())?;
    let http = workos_login_hyper::client()?;
    let mut managers = Vec::new();
    for number in 0..SESSIONS {
        managers.push(SessionManager::with_clock(
            Machine::new(client.clone(), SessionPolicy::default()),
            Arc::new(sessions.store(client.clone(), &key(number))),
            http.clone(),
            Arc::new(clock.clone()),
        ));
    }
    for line in stdin().lines() {
        clock.set(line?.parse()?);
        let counts = runtime.block_on(requests(&managers));
        println!(
            "{} {} {} {}",
            counts.answered, counts.warned, counts.retried, counts.signed_out
        );
    }
    Ok(())
}

async fn requests(managers: &[SessionManager]) -> Counts {
    let mut tasks = Vec::new();
    for _ in 0..REQUESTS {
        for manager in managers {
            tasks.push(tokio::spawn(request(manager.clone())));
        }
    }
    let mut counts = Counts::default();
    for task in tasks {
        counts.add(&task.await.unwrap_or_default());
    }
    counts
}

/// Requests an access token until there is one without a warning.
async fn request(manager: SessionManager) -> Counts {
    let mut counts = Counts::default();
    loop {
        match manager.access_token().await {
            Ok(token) if token.warning().is_none() => {
                counts.answered = 1;
                return counts;
            }
            Ok(_) => counts.warned = 1,
            Err(SessionError::Store(_) | SessionError::Unavailable { .. }) => counts.retried += 1,
            Err(error) => {
                eprintln!("redis: {error}");
                counts.signed_out = 1;
                return counts;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
