//! A complete login without an account: a mock server inside this process.
//!
//! With a browser, the user logs in on the mock server's login page. Without one, or if the command line names the user, this module
//! submits that page and follows the redirect to the listener, so the login takes the same path as a real one.

use std::thread;

use workos_login_mock_server::{Config, Server, User};
use workos_login_native::{Canceller, NativeApp, Page, Storage};
use workos_login_ureq::ureq::Agent;

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;
use crate::service::user_management;

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

    /// Returns an application of the mock server. Its session is not stored.
    pub(crate) fn app(&self) -> Result<NativeApp, Failure> {
        let client = user_management(self.server.client_id(), Some(self.base_url()))?;
        let app = NativeApp::new(client, "workos-login");
        Ok(app.storage(Storage::Memory).agent(agent()))
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

    /// Visits a page as the user: logs in, or enters the user code.
    pub(crate) fn visit(
        &self,
        page: &Page<'_>,
        canceller: &Canceller,
        output: &Output,
    ) -> Result<(), Failure> {
        let email = &self.user()?.email;
        let Some(user_code) = page.user_code() else {
            return self.log_in(page.printed_url(), email, canceller.clone());
        };
        output.print_line(format_args!("demo: {email} enters the code {user_code}"));
        self.server
            .approve_device(user_code, email)
            .map_err(|error| {
                let problem = "the device page of the mock server rejected the user code";
                Failure::new(ErrorKind::Failure, problem).caused_by(&error)
            })
    }

    /// Logs `email` in at the authorization URL, and follows the redirect to the listener.
    ///
    /// The listener responds only while the login waits for it, so the redirect is followed on a thread of its own. If that
    /// fails, the login is cancelled.
    fn log_in(&self, url: &str, email: &str, canceller: Canceller) -> Result<(), Failure> {
        let callback = self.server.log_in(url, email).map_err(|error| {
            let problem = "the login page of the mock server rejected the login";
            Failure::new(ErrorKind::Failure, problem).caused_by(&error)
        })?;
        thread::spawn(move || {
            if agent().get(&callback).call().is_err() {
                canceller.cancel();
            }
        });
        Ok(())
    }
}

/// Makes an agent for the loopback interface, which uses no proxy.
fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_redirects(0)
        .proxy(None)
        .build()
        .new_agent()
}
