//! A session in memory at a mock server, for the tests of the commands.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::{
    Authenticated, BlockingHttpClient, BoxFuture, Callback, Client, ConnectionSelector,
    OrganizationId, Screen,
};
use workos_login_keyring::Keyring;
use workos_login_mock_server::{Config, Server};
use workos_login_session::{
    BlockingSessionManager, BlockingStore, Clock, Machine, ManualClock, MemoryStore, SessionPolicy,
};
use workos_login_ureq::agent;

use crate::client;
use crate::output::Output;
use crate::session::Session;

/// A mock server, a client of it, and a store in memory.
pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) output: Output,
    store: MemoryStore,
    clock: ManualClock,
}

impl Fixture {
    /// Makes a fixture without a session.
    pub(crate) fn logged_out() -> Self {
        let server =
            Server::start(Config::with(|config| config.reuse_ends_session = true)).unwrap();
        Self {
            client: client::user_management(server.client_id(), Some(server.base_url())).unwrap(),
            output: Output::new(false),
            server,
            store: MemoryStore::new(),
            clock: ManualClock::new(SystemTime::now()),
        }
    }

    /// Makes a fixture with a session of this user.
    pub(crate) fn logged_in(email: &str) -> Self {
        let fixture = Self::logged_out();
        fixture.log_in(email, None);
        fixture
    }

    /// Logs this user in and stores the session.
    pub(crate) fn log_in(&self, email: &str, organization: Option<&OrganizationId>) {
        let session = self.new_session(email, organization);
        self.session().store(session).unwrap();
        self.server.clear_requests();
    }

    /// Advances the clock until the access token has expired.
    pub(crate) fn expire_access_token(&self) {
        self.advance(Duration::from_secs(301));
    }

    /// Advances the clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Opens the session as a new process does.
    pub(crate) fn session(&self) -> Session {
        self.session_in(self.store.clone())
    }

    /// Opens the session in another store.
    pub(crate) fn session_in(&self, store: impl BlockingStore + 'static) -> Session {
        let clock = Arc::new(SkippingClock(self.clock.clone()));
        let machine = Machine::new(self.client.clone(), SessionPolicy::default());
        let manager = BlockingSessionManager::with_clock(machine, store, agent(), clock);
        Session::new(manager, "work".parse().unwrap(), Keyring::Custom)
    }

    /// Returns the time of the clock.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Logs this user in without storing the session.
    pub(crate) fn new_session(
        &self,
        email: &str,
        organization: Option<&OrganizationId>,
    ) -> Authenticated {
        let redirect_uri = "http://127.0.0.1:9/callback".parse().unwrap();
        let mut start = self
            .client
            .login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri);
        if let Some(organization) = organization {
            start = start.organization(organization);
        }
        let (url, pending) = start.begin(SystemTime::now(), &mut rand::rng());
        let callback = self.server.log_in(url.as_str(), email).unwrap();
        let callback = Callback::parse(&callback).unwrap();
        let exchanging = pending
            .accept(&self.client, callback, SystemTime::now())
            .unwrap();
        agent().send(exchanging).unwrap().authenticated().unwrap()
    }
}

/// A manual clock that is advanced by each wait, so that no test waits for a retry.
struct SkippingClock(ManualClock);

impl Clock for SkippingClock {
    fn now(&self) -> SystemTime {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.0.advance(duration);
        Box::pin(async {})
    }
}
