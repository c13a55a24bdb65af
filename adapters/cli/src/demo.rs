//! A complete login without an account: a mock server inside this process.
//!
//! With a browser, the user logs in on the mock server's login page. Without one, or if the command line names the user, this module
//! submits that page and follows the redirect to the listener, so the login takes the same path as a real one.

use std::error::Error;
use std::thread;

use workos_login_mock_server::{Config, Server, User};
use workos_login_native::{Browser, Canceller, NativeApp, Page, Storage};
use workos_login_ureq::ureq::Agent;

use crate::account::{Account, user_management};
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;

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
        Ok(Self {
            users: config.users.clone(),
            server: Server::start(config)
                .map_err(|error| failed("cannot start the mock server", &error))?,
            email,
        })
    }

    /// Returns an account of the mock server. Its session is not stored.
    pub(crate) fn account(&self) -> Result<Account, Failure> {
        let client = user_management(self.server.client_id(), Some(self.base_url()))?;
        let app = NativeApp::new(client, "workos-login");
        Ok(Account {
            app: app.storage(Storage::Memory).agent(agent()),
            needs_discovery: false,
        })
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
        let Some(email) = self.email.as_deref() else {
            return Ok(&self.users[0]);
        };
        let user = self.users.iter().find(|user| user.email == email);
        user.ok_or_else(|| {
            let emails: Vec<_> = self.users.iter().map(|user| &*user.email).collect();
            let message = format_args!(
                "the demonstration has no user {email}; use one of {}",
                emails.join(", ")
            );
            Failure::new(ErrorKind::Usage, message)
        })
    }

    /// Returns whether the demonstration visits the page in place of the user.
    pub(crate) fn visits(&self, page: &Page<'_>) -> bool {
        self.names_user() || matches!(page.browser(), Browser::Failed(_))
    }

    /// Visits a page as the user: logs in, or enters the user code.
    pub(crate) fn visit(
        &self,
        page: &Page<'_>,
        canceller: &Canceller,
        output: &Output,
    ) -> Result<(), Failure> {
        let email = &self.user()?.email;
        match page.browser() {
            Browser::Failed(error) => output.print_line(format_args!(
                "demo: cannot open a browser ({error}); {email} logs in"
            )),
            _ => output.print_line(format_args!("demo: {email} logs in")),
        }
        if let Some(user_code) = page.user_code() {
            output.print_line(format_args!("demo: {email} enters the code {user_code}"));
            let approved = self.server.approve_device(user_code, email);
            return approved.map_err(|error| {
                failed(
                    "the device page of the mock server rejected the user code",
                    &error,
                )
            });
        }
        let callback = self
            .server
            .log_in(page.printed_url(), email)
            .map_err(|error| {
                failed(
                    "the login page of the mock server rejected the login",
                    &error,
                )
            })?;
        let canceller = canceller.clone();
        // The listener responds only while the login waits for it.
        thread::spawn(move || {
            if agent().get(&callback).call().is_err() {
                canceller.cancel();
            }
        });
        Ok(())
    }
}

fn failed(problem: &str, cause: &dyn Error) -> Failure {
    Failure::new(ErrorKind::Failure, problem).caused_by(cause)
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
