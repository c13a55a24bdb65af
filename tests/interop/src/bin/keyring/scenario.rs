//! A local service with reuse detection, and the program with its session.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use workos_login_mock_server::{Config, LoginPage, Organization, RecordedRequest, Server};

use crate::{Checked, ensure};

pub(crate) struct Scenario {
    pub(crate) server: Server,
    program: PathBuf,
    account: &'static str,
}

impl Scenario {
    /// Starts a service that ends a session when a spent token comes back, and signs somebody in.
    pub(crate) fn logged_in(
        program: &Path,
        account: &'static str,
        replay_window: Duration,
        lifetime: Duration,
    ) -> Checked<Self> {
        let config = Config::with(|config| {
            config.login_page = LoginPage::ApproveAs("alice@example.com".to_owned());
            config.reuse_ends_session = true;
            config.replay_window = replay_window;
            config.access_token_lifetime = lifetime;
        });
        let scenario = Self {
            server: Server::start(config)?,
            program: program.to_owned(),
            account,
        };
        scenario.log_in()?;
        scenario.server.clear_requests();
        Ok(scenario)
    }

    /// Sets the life of the access tokens that are still to come.
    pub(crate) fn set_lifetime(&self, lifetime: Duration) {
        self.server
            .configure(|config| config.access_token_lifetime = lifetime);
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .args(["--account", self.account])
            .env("WORKOS_CLIENT_ID", self.server.client_id())
            .env("WORKOS_BASE_URL", self.server.base_url())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn token(&self) -> Command {
        self.command(&["token"])
    }

    /// A command that always refreshes: it moves the session to the organization that it is in.
    pub(crate) fn refresh(&self) -> Command {
        self.command(&["switch", Organization::ACME_ID])
    }

    /// The refreshes since they were counted last.
    pub(crate) fn refreshes(&self) -> Vec<RecordedRequest> {
        let refreshes = self.server.requests_to("/user_management/authenticate");
        self.server.clear_requests();
        refreshes
    }

    /// Says that a program has printed one access token of this session, good at that moment. Returns it.
    pub(crate) fn check_token(&self, ended: &Output, at: SystemTime) -> Checked<String> {
        succeeded(ended)?;
        let printed = String::from_utf8(ended.stdout.clone())?;
        let token = printed
            .strip_suffix('\n')
            .filter(|token| !token.contains('\n'))
            .ok_or_else(|| format!("not one line: {printed:?}"))?;
        let claims = token.split('.').nth(1).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
        // The claims have whole seconds: a token that was made at the end of one begins to count at its beginning.
        let end = claims["exp"].as_u64().unwrap_or_default() + 1;
        let end = UNIX_EPOCH + Duration::from_secs(end);
        ensure(end > at, format!("the token was spent: {claims}"))?;
        let sessions = self.server.sessions();
        ensure(
            sessions.iter().any(|own| claims["sid"] == own.as_str()),
            format!("the token is of no live session: {claims}"),
        )?;
        Ok(token.to_owned())
    }

    fn log_in(&self) -> Checked {
        let mut login = self.command(&["login", "--no-browser"]).spawn()?;
        let mut said = BufReader::new(login.stderr.take().ok_or("there is no error output")?);
        let mut line = String::new();
        while !line.starts_with("http") {
            line.clear();
            ensure(said.read_line(&mut line)? > 0, "the login shows no address")?;
        }
        // The service signs Alice in, and leads to the program.
        ureq::get(line.trim()).call()?;
        let mut rest = String::new();
        said.read_to_string(&mut rest)?;
        ensure(login.wait()?.success(), format!("the login failed: {rest}"))
    }
}

/// Says that a program ended well.
pub(crate) fn succeeded(ended: &Output) -> Checked {
    ensure(
        ended.status.success(),
        format!(
            "{}: {}",
            ended.status,
            String::from_utf8_lossy(&ended.stderr)
        ),
    )
}

/// Whether a program ended because the keyring is locked, and says what to do.
pub(crate) fn is_locked(ended: &Output) -> bool {
    let message = String::from_utf8_lossy(&ended.stderr);
    ended.status.code() == Some(10)
        && ended.stdout.is_empty()
        && message.contains("the keyring is locked: unlock it and try again")
}

/// Ends a program where it happens to be. Says whether it had ended before.
pub(crate) fn kill(mut program: Child) -> Checked<bool> {
    let ended = program.try_wait()?.is_some();
    program.kill()?;
    program.wait()?;
    Ok(ended)
}
