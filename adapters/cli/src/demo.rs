//! A complete login without an account: a mock server inside this process.
//!
//! With a browser, the user logs in on the mock server's login page. Without one, or if the command line names the user, this module
//! submits that page and follows the redirect to the listener, so the login takes the same path as a real one.

use std::thread;

use workos_login::Client;
use workos_login::url::Url;
use workos_login_loopback::Canceller;
use workos_login_mock_server::{Config, Server, User};
use workos_login_ureq::ureq::Agent;

use crate::client;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// The mock server, which stops on drop, and the user to log in without a browser.
pub(crate) struct Demo {
    server: Server,
    users: Vec<User>,
    email: Option<String>,
}

impl Demo {
    /// Starts the mock server on a free port. `email` is that of the user to log in.
    pub(crate) fn start(email: Option<String>) -> Result<Self, Failure> {
        // The shortest polling interval: a demonstration should take no longer than necessary.
        let config = Config::with(|config| config.polling_interval = Some(1));
        let users = config.users.clone();
        let server = Server::start(config).map_err(|error| {
            Failure::new(ErrorKind::Failure, "cannot start the mock server").caused_by(&error)
        })?;
        Ok(Self {
            server,
            users,
            email,
        })
    }

    /// Returns a client of the mock server.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        client::user_management(self.server.client_id(), Some(self.base_url()))
    }

    /// Returns the base URL of the mock server.
    pub(crate) fn base_url(&self) -> &str {
        self.server.base_url()
    }

    /// Returns whether the command line names the user, so that no browser is opened.
    pub(crate) fn names_user(&self) -> bool {
        self.email.is_some()
    }

    /// Returns the user to log in without a browser: the named one, or else the first.
    pub(crate) fn user(&self) -> Result<&User, Failure> {
        let email = self.email.as_deref();
        let user = match email {
            Some(email) => self.users.iter().find(|user| user.email == email),
            None => self.users.first(),
        };
        user.ok_or_else(|| {
            let emails: Vec<_> = self.users.iter().map(|user| &*user.email).collect();
            Failure::new(
                ErrorKind::Usage,
                format_args!(
                    "the demonstration has no user {}; use one of {}",
                    email.unwrap_or_default(),
                    emails.join(", ")
                ),
            )
        })
    }

    /// Logs `email` in at the authorization URL, and follows the redirect to the listener.
    ///
    /// The listener responds only while the caller waits for it, so the redirect is followed on a thread of its own. If that
    /// fails, the wait is cancelled.
    pub(crate) fn log_in(
        &self,
        url: &Url,
        email: &str,
        listener: Canceller,
    ) -> Result<(), Failure> {
        let callback = self.server.log_in(url.as_str(), email).map_err(|error| {
            Failure::new(
                ErrorKind::Failure,
                "the login page of the mock server rejected the login",
            )
            .caused_by(&error)
        })?;
        thread::spawn(move || {
            if agent().get(&callback).call().is_err() {
                listener.cancel();
            }
        });
        Ok(())
    }

    /// Approves the device login with this user code as `email`.
    pub(crate) fn approve_device(&self, user_code: &str, email: &str) -> Result<(), Failure> {
        self.server
            .approve_device(user_code, email)
            .map_err(|error| {
                Failure::new(
                    ErrorKind::Failure,
                    "the device page of the mock server rejected the user code",
                )
                .caused_by(&error)
            })
    }
}

/// Makes an agent for the loopback interface, which uses no proxy.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_redirects(0)
        .proxy(None)
        .build()
        .new_agent()
}
