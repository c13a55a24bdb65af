//! A session in memory at a mock server, for the tests of the commands.

use std::time::SystemTime;

use workos_login::session::{Machine, SessionPolicy};
use workos_login::{
    Authenticated, BlockingHttpClient, Callback, Client, ConnectionSelector, OrganizationId, Screen,
};
use workos_login_keyring::Place;
use workos_login_mock_server::{Config, Server};
use workos_login_session::{MemoryStore, Store};

use crate::client;
use crate::output::Output;
use crate::session::Session;

/// A mock server, a client of it, and a store in memory.
pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) output: Output,
    store: MemoryStore,
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

    /// Makes the stored access token an expired one.
    pub(crate) fn expire_access_token(&self) {
        let record = self.store.load().unwrap().unwrap();
        let mut stored = serde_json::to_value(record).unwrap();
        stored["session"]["received_at"] = 0.into();
        let record = serde_json::from_value(stored).unwrap();
        self.store.save(&record).unwrap();
    }

    /// Opens the session as a new process does.
    pub(crate) fn session(&self) -> Session<MemoryStore> {
        let machine = Machine::new(&self.client, SessionPolicy::default());
        let name = "work".parse().unwrap();
        Session::new(machine, self.store.clone(), name, Place::Custom)
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
        workos_login_ureq::agent()
            .send(exchanging)
            .unwrap()
            .authenticated()
            .unwrap()
    }
}
