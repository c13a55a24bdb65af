//! A replica: an axum server whose sessions are in Redis.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdin, stdout};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use tokio::net::TcpListener;
use workos_login::Client;
use workos_login_axum::{LoggedIn, SealingKeys, WebAuth};
use workos_login_mock_server::Config;
use workos_login_redis::RedisSessions;
use workos_login_session::Clock as _;

use crate::Checked;
use crate::clock::Ahead;

pub(crate) const LOGGED_OUT: &str = "logged out";

/// The process of a replica.
pub(crate) struct Replica {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Replica {
    /// Starts a replica whose clock is ahead of the system's.
    pub(crate) fn start(base_url: &str, redis_url: &str, offset: Duration) -> Checked<Self> {
        let mut process = Command::new(env::current_exe()?)
            .args([base_url, redis_url, &offset.as_secs().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let mut output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self {
            process,
            input,
            output,
            address,
        })
    }

    pub(crate) fn set_clock(&mut self, offset: Duration) -> Checked {
        writeln!(self.input, "{}", offset.as_secs())?;
        self.input.flush()?;
        // Until the clock is set.
        self.output.read_line(&mut String::new())?;
        Ok(())
    }

    pub(crate) fn kill(&mut self) -> Checked {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Serves until the standard input, which sets the clock, is closed.
pub(crate) fn serve(base_url: &str, redis_url: &str, offset: &str) -> Checked {
    let clock = Ahead::default();
    clock.set(offset.parse()?);
    let id = Config::CLIENT_ID.parse()?;
    let client = Client::confidential(id, Config::API_KEY.parse()?).base_url(base_url.parse()?)?;
    let keys = SealingKeys::new(1, &[1; 32]);
    let auth = WebAuth::builder(client, workos_login_hyper::client()?)
        .redirect_uri("http://127.0.0.1:9/callback".parse()?)
        .sessions(RedisSessions::connect(redis_url, keys)?)
        .clock(Arc::new(clock.clone()))
        .build()?;
    let app = Router::new()
        .route("/", get(home))
        .with_state(clock.clone())
        .merge(auth.routes())
        .layer(auth.layer());

    let runtime = tokio::runtime::Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    println!("{}", listener.local_addr()?);
    stdout().flush()?;
    runtime.spawn(async { axum::serve(listener, app).await });
    for line in stdin().lines() {
        clock.set(line?.parse()?);
        println!();
    }
    Ok(())
}

/// Responds with the remaining lifetime of the access token in seconds.
async fn home(State(clock): State<Ahead>, user: Option<LoggedIn>) -> String {
    let Some(user) = user else {
        return LOGGED_OUT.to_owned();
    };
    let remaining = user.session().expires_in(clock.now()).unwrap_or_default();
    remaining.as_secs().to_string()
}
