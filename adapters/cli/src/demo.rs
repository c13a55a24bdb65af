//! A whole login without an account anywhere: the service runs inside this process.

use std::thread;

use workos_login::Client;
use workos_login::url::Url;
use workos_login_loopback::Canceller;
use workos_login_mock_server::{Config, Server, User};
use workos_login_ureq::ureq::Agent;

use crate::client;
use crate::error_kind::Exit;
use crate::failure::Failure;

/// The local service, which ends when this is dropped, and the person who may be played.
pub(crate) struct Demo {
    server: Server,
    users: Vec<User>,
    play: Option<String>,
}

impl Demo {
    /// Starts the local service, on a port that is free. `play` is the e-mail address of somebody to be played.
    pub(crate) fn start(play: Option<String>) -> Result<Self, Failure> {
        let config = Config::with(|config| {
            // Nobody should have to wait long for a demonstration.
            config.polling_interval = Some(1);
        });
        let users = config.users.clone();
        match Server::start(config) {
            Ok(server) => Ok(Self {
                server,
                users,
                play,
            }),
            Err(error) => Err(Failure::new(
                Exit::Failure,
                "the local service of the demonstration cannot be started",
            )
            .because(&error)),
        }
    }

    /// Returns the client that the local service knows.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        client::workos(self.server.client_id(), Some(self.base_url()))
    }

    /// Returns where the local service listens.
    pub(crate) fn base_url(&self) -> &str {
        self.server.base_url()
    }

    /// Whether somebody is to be played whatever browser there is.
    pub(crate) fn is_played(&self) -> bool {
        self.play.is_some()
    }

    /// Returns the person to be played; the first one when nobody is named.
    pub(crate) fn person(&self) -> Result<&User, Failure> {
        let email = self.play.as_deref();
        let person = match email {
            Some(email) => self.users.iter().find(|user| user.email == email),
            None => self.users.first(),
        };
        person.ok_or_else(|| {
            let known: Vec<_> = self.users.iter().map(|user| &*user.email).collect();
            Failure::new(
                Exit::Usage,
                format_args!(
                    "the demonstration knows nobody called {}; there are {}",
                    email.unwrap_or_default(),
                    known.join(", ")
                ),
            )
        })
    }

    /// Opens the login page as `email` would in a browser, chooses, and goes where the answer leads: to the listener.
    ///
    /// The listener answers only while it is waited for, so that the last step is on its way when this returns. Should it
    /// fail, the wait is cancelled.
    pub(crate) fn play(&self, url: &Url, email: &str, listener: Canceller) -> Result<(), Failure> {
        let callback = self.server.log_in(url.as_str(), email).map_err(|error| {
            Failure::new(
                Exit::Failure,
                "the login page of the demonstration did not let the person in",
            )
            .because(&error)
        })?;
        thread::spawn(move || {
            if agent().get(&callback).call().is_err() {
                listener.cancel();
            }
        });
        Ok(())
    }

    /// Opens the page for a device as `email` would in a browser, enters the code and approves.
    pub(crate) fn approve(&self, user_code: &str, email: &str) -> Result<(), Failure> {
        self.server
            .approve_device(user_code, email)
            .map_err(|error| {
                Failure::new(
                    Exit::Failure,
                    "the device page of the demonstration did not take the code",
                )
                .because(&error)
            })
    }
}

/// An agent that goes to this machine and not through the proxy that other addresses may need.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_redirects(0)
        .proxy(None)
        .build()
        .new_agent()
}
