//! A complete login without an account: a mock server inside this process.
//!
//! With a browser, the user logs in on the mock server's login page. Without one, or if the command line names the user, this module
//! submits that page and follows the redirect to the listener, so the login takes the same path as a real one.

use std::error::Error;
use std::fmt;
use std::thread;

use workos_login::http::Request;
use workos_login::{BlockingHttpClient, ExchangeLimits};
use workos_login_mock_server::{Config, Server};
use workos_login_native::{Browser, Canceller, NativeApp, Page, Storage};
use workos_login_ureq::agent;

use crate::account::{Account, user_management};
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;

/// The mock server, which stops on drop, and the user to log in without a browser.
pub(crate) struct Demo {
    server: Server,
    email: String,
    /// `true` if the command line names the user, so that no browser is opened.
    pub(crate) names_user: bool,
}

impl Demo {
    /// Starts the mock server on a free port. `email` is that of the user to log in, the first one if it is `None`.
    pub(crate) fn start(email: Option<&str>) -> Result<Self, Failure> {
        // The shortest polling interval: a demonstration should take no longer than necessary.
        let config = Config::with(|config| config.polling_interval = Some(1));
        let emails: Vec<_> = config.users.iter().map(|user| user.email.clone()).collect();
        let mut users = emails.iter();
        let user = users.find(|own| email.is_none_or(|email| email == *own));
        let user = user.ok_or_else(|| {
            let message = format_args!(
                "the demonstration has no user {}; use one of {}",
                email.unwrap_or_default(),
                emails.join(", ")
            );
            Failure::new(ErrorKind::Usage, message)
        })?;
        let server = Server::start(config);
        Ok(Self {
            server: server.map_err(failed)?,
            email: user.clone(),
            names_user: email.is_some(),
        })
    }

    /// Returns an account of the mock server. Its session is not stored.
    pub(crate) fn account(&self) -> Result<Account, Failure> {
        let client = user_management(self.server.client_id(), Some(self.base_url()))?;
        let app = NativeApp::new(client, "workos-login");
        Ok(Account {
            app: app.storage(Storage::Memory),
            needs_discovery: false,
        })
    }

    /// Returns the base URL of the mock server.
    pub(crate) fn base_url(&self) -> &str {
        self.server.base_url()
    }

    /// Returns whether the demonstration visits the page in place of the user.
    pub(crate) fn visits(&self, page: &Page<'_>) -> bool {
        self.names_user || matches!(page.browser(), Browser::Failed(_))
    }

    /// Visits a page as the user: logs in, or enters the user code.
    pub(crate) fn visit(
        &self,
        page: &Page<'_>,
        canceller: &Canceller,
        output: &Output,
    ) -> Result<(), Failure> {
        let email = &*self.email;
        let print = |line: fmt::Arguments<'_>| output.terminal.print_line(line);
        match page.browser() {
            Browser::Failed(error) => print(format_args!(
                "demo: cannot open a browser ({error}); {email} logs in"
            )),
            _ => print(format_args!("demo: {email} logs in")),
        }
        if let Some(user_code) = page.user_code() {
            print(format_args!("demo: {email} enters the code {user_code}"));
            let approved = self.server.approve_device(user_code, email);
            return approved.map_err(failed);
        }
        let callback = self.server.log_in(page.printed_url(), email);
        let callback = callback.map_err(failed)?;
        let canceller = canceller.clone();
        // The listener responds only while the login waits for it.
        thread::spawn(move || {
            let request = Request::get(callback).body(Vec::new());
            let visit = |request| agent().execute(request, ExchangeLimits::default()).ok();
            if request.ok().and_then(visit).is_none() {
                canceller.cancel();
            }
        });
        Ok(())
    }
}

fn failed(error: impl Error) -> Failure {
    Failure::from_error(ErrorKind::Failure, &error)
}
