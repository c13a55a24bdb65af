//! An application of a mock server, and the browser of its user.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;
use workos_login_mock_server::{Config, Server};
use workos_login_native::workos_login::Client;
use workos_login_native::workos_login::secrecy::ExposeSecret;
use workos_login_native::workos_login::url::Url;
use workos_login_native::workos_login_file::{EncryptedFiles, FileKeys};
use workos_login_native::workos_login_ureq::ureq::Agent;
use workos_login_native::{Login, LoginEvent, NativeApp, NativeSession, Storage};

pub(crate) const ALICE: &str = "alice@example.com";
pub(crate) const BOB: &str = "bob@example.com";

/// A server with the shortest polling interval.
pub(crate) fn server() -> Arc<Server> {
    let config = Config::with(|config| config.polling_interval = Some(1));
    Server::start(config).unwrap().into()
}

pub(crate) fn client(server: &Server) -> Client {
    Client::public(server.client_id().parse().unwrap())
        .base_url(Url::parse(server.base_url()).unwrap())
        .unwrap()
}

/// An application whose session is in memory.
pub(crate) fn app(server: &Server) -> NativeApp {
    NativeApp::new(client(server), "Acme CLI").storage(Storage::Memory)
}

/// A new directory, which only this user can access.
pub(crate) fn private_directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(
        directory.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    directory
}

/// Encrypted files with the same key each time.
pub(crate) fn encrypted_files(directory: &TempDir) -> EncryptedFiles {
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    EncryptedFiles::new(
        directory.path(),
        FileKeys::from_reader(key.as_bytes()).unwrap(),
    )
}

/// Makes the user log in with a browser that follows the redirect to the listener.
pub(crate) fn with_browser<'a>(
    login: Login<'a>,
    server: &Arc<Server>,
    email: &'static str,
) -> Login<'a> {
    let server = server.clone();
    login.open_with(move |url| {
        let callback = server.log_in(url.as_str(), email).unwrap();
        // The listener responds only after this call has returned.
        thread::spawn(move || visit(&callback));
        Ok(())
    })
}

/// Makes the browser fail.
pub(crate) fn without_browser(login: Login<'_>) -> Login<'_> {
    login.open_with(|_| Err(io::Error::other("no display")))
}

pub(crate) fn log_in(app: &NativeApp, server: &Arc<Server>, email: &'static str) -> NativeSession {
    app.login_with(|login| with_browser(login, server, email))
        .unwrap()
}

/// Returns the e-mail address of the user of a session.
pub(crate) fn email(session: &NativeSession) -> String {
    let session = session.authenticated().unwrap().unwrap();
    session.user().unwrap().email().unwrap().to_owned()
}

pub(crate) fn token(session: &NativeSession) -> String {
    let token = session.access_token().unwrap();
    token.secret().expose_secret().to_owned()
}

/// Requests a URL as a browser does, and returns the page.
pub(crate) fn visit(url: &str) -> String {
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .build()
        .into();
    let mut response = agent.get(url).call().unwrap();
    response.body_mut().read_to_string().unwrap()
}

/// The names of the events of a login, without repetitions. The wait for a callback is not among them: one that is already there ends it
/// before it is reported.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<&'static str>>>);

impl Events {
    pub(crate) fn record(&self, event: &LoginEvent<'_>) {
        let name = match event {
            LoginEvent::WaitingForCallback { .. } => return,
            LoginEvent::Challenge(_) => "challenge",
            LoginEvent::ExchangingCode => "exchanging",
            LoginEvent::MalformedCallback(_) => "malformed",
            LoginEvent::Page(page) if page.user_code().is_some() => "user code",
            LoginEvent::Page(_) => "page",
            LoginEvent::RequestingUserCode => "requesting",
            LoginEvent::Retrying { .. } => "retrying",
            LoginEvent::WaitingForApproval { .. } => "waiting",
            _ => "other",
        };
        let mut events = self.0.lock().unwrap();
        if events.last() != Some(&name) {
            events.push(name);
        }
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}
