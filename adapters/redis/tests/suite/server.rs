//! A Redis server of a test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use serde_json::{Value, json};
use workos_login::secrecy::SecretString;
use workos_login::{Client, Public};
use workos_login_redis::redis::{self, FromRedisValue};
use workos_login_redis::{RedisSessions, RedisStore};
use workos_login_session::{SealingKeys, StoredSession};

pub(crate) struct Server {
    directory: PathBuf,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap().keep();
        Self::start_in(directory)
    }

    pub(crate) fn start_in(directory: PathBuf) -> Self {
        fs::create_dir_all(&directory).unwrap();
        let mut server = Self {
            directory,
            process: None,
        };
        server.restart();
        server
    }

    /// Starts the process again, with the data of the last one.
    pub(crate) fn restart(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--enable-debug-command", "yes"])
            .arg("--unixsocket")
            .arg(socket(&self.directory))
            .arg("--dir")
            .arg(&self.directory)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server must be on the PATH; install Debian's package redis-server");
        self.process = Some(process);
        let begun = Instant::now();
        while self.try_run::<String>(&["PING"]).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it responds");
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        url(&self.directory)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        socket(&self.directory)
    }

    pub(crate) fn run<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_run(command).unwrap()
    }

    fn try_run<T: FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let mut connection = redis::Client::open(self.url())?.get_connection()?;
        let mut built = redis::cmd(command[0]);
        built.arg(&command[1..]);
        built.query(&mut connection)
    }

    pub(crate) fn sessions(&self) -> RedisSessions {
        RedisSessions::connect(&self.url(), keys()).unwrap()
    }

    pub(crate) fn store(&self, name: &str) -> RedisStore {
        self.sessions().store(client(), &id(name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("socket")
}

pub(crate) fn url(directory: &Path) -> String {
    format!("unix:{}", socket(directory).display())
}

pub(crate) fn keys() -> SealingKeys {
    SealingKeys::new(7_654_321, &[1; 32])
}

pub(crate) fn client() -> Client<Public> {
    Client::public("client_1".parse().unwrap())
}

/// Returns the key of the session with this name.
pub(crate) fn id(name: &str) -> SecretString {
    format!("key-of-{name}").into()
}

/// Returns a record of a session that began now, with a lifetime of five minutes.
pub(crate) fn record(token: &str) -> StoredSession {
    serde_json::from_value(json!({"version": 1, "session": session(token)})).unwrap()
}

pub(crate) fn session(token: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    json!({
        "version": 2,
        "client_id": "client_1",
        "issuer": "https://api.workos.com",
        "access_token": format!("access-{token}"),
        "refresh_token": format!("refresh-{token}"),
        "received_at": u64::try_from(now.as_millis()).unwrap(),
        "lifetime": 300_000,
        "user": {"id": "user_1", "email": "user@example.com"},
    })
}
