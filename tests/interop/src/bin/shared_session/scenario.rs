//! A mock server with reuse detection, and the command-line program with a session.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use workos_login_mock_server::{Config, LoginPage, Organization, RecordedRequest, Server};

use crate::in_flight::Proxy;
use crate::{Checked, ensure};

/// The organizations of the user.
pub(crate) const ORGANIZATIONS: [&str; 2] = [Organization::ACME_ID, Organization::GLOBEX_ID];

pub(crate) struct Scenario {
    pub(crate) server: Server,
    proxy: Proxy,
    program: PathBuf,
    account: &'static str,
}

impl Scenario {
    /// Starts a mock server with reuse detection, and logs in.
    pub(crate) fn logged_in(
        program: &Path,
        account: &'static str,
        replay_window: Duration,
        lifetime: Duration,
    ) -> Checked<Self> {
        let config = Config::with(|config| {
            config.login_page = LoginPage::ApproveAs("bob@example.com".to_owned());
            config.reuse_ends_session = true;
            config.replay_window = replay_window;
            config.access_token_lifetime = lifetime;
        });
        let server = Server::start(config)?;
        let scenario = Self {
            proxy: Proxy::start(server.address())?,
            server,
            program: program.to_owned(),
            account,
        };
        scenario.log_in()?;
        scenario.server.clear_requests();
        Ok(scenario)
    }

    /// Sets the lifetime of new access tokens.
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
            .env("WORKOS_BASE_URL", self.proxy.base_url())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn token(&self) -> Command {
        self.command(&["token"])
    }

    /// Returns a command that always refreshes, also if the organization is the current one.
    pub(crate) fn switch(&self, organization: &str) -> Command {
        self.command(&["switch", organization])
    }

    /// Returns the refreshes since the last call.
    pub(crate) fn refreshes(&self) -> Vec<RecordedRequest> {
        let refreshes = self.server.requests_to("/user_management/authenticate");
        self.server.clear_requests();
        refreshes
    }

    /// Checks that no two refreshes were in flight at the same time.
    pub(crate) fn check_in_flight(&self) -> Checked {
        let overlaps = self.proxy.overlaps();
        ensure(
            overlaps == 0,
            format!("{overlaps} refreshes were in flight when the next one began"),
        )
    }

    /// Checks that a program has printed one access token of this session that was valid at `at`, and returns it.
    pub(crate) fn check_token(&self, ended: &Output, at: SystemTime) -> Checked<Printed> {
        succeeded(ended)?;
        let printed = String::from_utf8(ended.stdout.clone())?;
        let token = printed
            .strip_suffix('\n')
            .filter(|token| !token.contains('\n'))
            .ok_or_else(|| format!("expected one line: {printed:?}"))?;
        let claims = token.split('.').nth(1).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
        // The claims have whole seconds: the token may be valid for up to one second more.
        let expiry = claims["exp"].as_u64().unwrap_or_default() + 1;
        let expiry = UNIX_EPOCH + Duration::from_secs(expiry);
        ensure(expiry > at, format!("the token has expired: {claims}"))?;
        let sessions = self.server.sessions();
        ensure(
            sessions.iter().any(|own| claims["sid"] == own.as_str()),
            format!("the session of the token has ended: {claims}"),
        )?;
        Ok(Printed {
            token: token.to_owned(),
            organization: claims["org_id"].as_str().unwrap_or_default().to_owned(),
        })
    }

    fn log_in(&self) -> Checked {
        let mut login = self
            .command(&["login", "--no-browser", "--organization", ORGANIZATIONS[0]])
            .spawn()?;
        let mut errors = BufReader::new(login.stderr.take().ok_or("no standard error output")?);
        let mut line = String::new();
        while !line.starts_with("http") {
            line.clear();
            ensure(errors.read_line(&mut line)? > 0, "the login printed no URL")?;
        }
        // The mock server logs the user in and redirects to the program.
        ureq::get(line.trim()).call()?;
        let mut rest = String::new();
        errors.read_to_string(&mut rest)?;
        ensure(login.wait()?.success(), format!("the login failed: {rest}"))
    }
}

/// An access token that a program has printed.
pub(crate) struct Printed {
    pub(crate) token: String,
    pub(crate) organization: String,
}

/// The refreshes that the mock server has received.
#[derive(Default)]
pub(crate) struct Refreshes {
    tokens: BTreeSet<String>,
    pub(crate) count: usize,
}

impl Refreshes {
    /// Adds those since the last call.
    pub(crate) fn add(&mut self, scenario: &Scenario) {
        // A request without a token was cut off when its sender was killed.
        let refreshes = scenario.refreshes();
        let tokens = refreshes
            .iter()
            .filter_map(|refresh| refresh.parameter("refresh_token"));
        for token in tokens {
            self.count += 1;
            self.tokens.insert(token);
        }
    }

    /// Returns how many refresh tokens were sent.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// Returns how many refreshes repeated a refresh token.
    pub(crate) fn retried(&self) -> usize {
        self.count - self.tokens.len()
    }
}

/// Checks that a program succeeded.
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

/// Returns whether a program failed because the keyring is locked, with the remedy in its message.
pub(crate) fn is_locked(ended: &Output) -> bool {
    let message = String::from_utf8_lossy(&ended.stderr);
    ended.status.code() == Some(10)
        && ended.stdout.is_empty()
        && message.contains("the keyring is locked; unlock it and try again")
}

/// Kills a program, and returns its output if it had exited before.
pub(crate) fn kill(mut program: Child) -> Checked<Option<Output>> {
    let has_exited = program.try_wait()?.is_some();
    program.kill()?;
    let output = program.wait_with_output()?;
    Ok(has_exited.then_some(output))
}
