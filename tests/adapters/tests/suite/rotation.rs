//! A rotation of the signing keys while requests run: each verifier fetches the keys once for it, and verifies every token.
//!
//! Threads refresh sessions at the mock server and verify the new access tokens, as the requests to a resource server bring them. The
//! clock of server and verifier is a manual one.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use tokio::runtime::{Builder, Runtime};
use workos_login::keys::{InvalidToken, VerifyError};
use workos_login::limits::KEYS_COOLDOWN;
use workos_login::secrecy::ExposeSecret;
use workos_login::{BlockingHttpClient, BoxFuture, ExchangeLimits, HttpClient};
use workos_login_mock_server::{Config, Injection, Server};
use workos_login_verify::{BlockingTokenVerifier, TokenVerifier};

use crate::adapters::{Adapter, Ureq};
use crate::support::{exchanging, public};

const THREADS: usize = 8;

/// A manual clock. Clones share it.
#[derive(Clone)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_780_000_000)))
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

/// A client of a verifier, with the manual clock. It counts the requests.
struct Clocked<C> {
    client: C,
    clock: Clock,
    fetches: Arc<AtomicUsize>,
}

impl<C: HttpClient> HttpClient for Clocked<C> {
    type Error = C::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, C::Error>> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.client.execute(request, limits)
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

impl<C: BlockingHttpClient> BlockingHttpClient for Clocked<C> {
    type Error = C::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, C::Error> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.client.execute(request, limits)
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

/// The mock server, whose clock is a manual one.
struct Service {
    server: Server,
    clock: Clock,
    /// The fetches of the verifier.
    fetches: Arc<AtomicUsize>,
}

impl Service {
    fn start() -> Self {
        let clock = Clock::new();
        let source = clock.clone();
        let config = Config::with(|config| config.set_clock(move || source.now()));
        let server = Server::start(config).unwrap();
        // So that others have a token to verify while a fetch is in flight.
        server.inject("jwks:delay=50ms*always".parse::<Injection>().unwrap());
        Self {
            server,
            clock,
            fetches: Arc::default(),
        }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn clocked<C>(&self, client: C) -> Clocked<C> {
        Clocked {
            client,
            clock: self.clock.clone(),
            fetches: self.fetches.clone(),
        }
    }

    /// Refreshes a session and verifies each access token, as long as the header of the token is received.
    fn request(
        &self,
        verify: impl Fn(&str) -> Result<(), VerifyError>,
        verified: &mpsc::Sender<String>,
    ) {
        let http = Ureq::new();
        let client = public(self.server.base_url());
        let outcome = http.send(exchanging(&self.server)).unwrap();
        let mut session = outcome.authenticated().unwrap();
        loop {
            session = http.send(session.refresh(&client).unwrap()).unwrap();
            let token = session.access_token().expose_secret();
            verify(token).unwrap();
            let header = token.split('.').next().unwrap().to_owned();
            if verified.send(header).is_err() {
                return;
            }
        }
    }
}

/// Returns a token whose key ID is made up; the number makes it unique.
fn made_up(number: u64) -> String {
    let header = format!(r#"{{"alg":"RS256","typ":"JWT","kid":"made-up-{number}"}}"#);
    format!("{}.e30.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header))
}

/// Rotates the keys as the service does: the new one is published a cooldown before it signs.
fn rotates_while_requests_run(
    service: &Service,
    verify: impl Fn(&str) -> Result<(), VerifyError> + Sync,
    with_made_up_key_ids: bool,
) {
    let reject_made_up = |number| {
        let error = verify(&made_up(number)).unwrap_err();
        assert_eq!(error, VerifyError::Invalid(InvalidToken::UnknownKeyId));
    };
    thread::scope(|scope| {
        // Dropped at the end, also by a panic, which ends the threads.
        let (sender, verified) = mpsc::channel();
        let wait_for = |count: usize| -> Vec<String> { verified.iter().take(count).collect() };
        for _ in 0..THREADS {
            let (verify, sender) = (&verify, sender.clone());
            scope.spawn(move || service.request(verify, &sender));
        }
        drop(sender);
        let old = wait_for(5 * THREADS);
        assert_eq!(service.fetches(), 1);
        service.clock.advance(KEYS_COOLDOWN);
        let mut expected = 1;
        if with_made_up_key_ids {
            // The last moment before the new key is published. Its cooldown ends when the new key signs.
            reject_made_up(0);
            expected += 1;
        }
        service.server.publish_next_key();
        for second in 1..=KEYS_COOLDOWN.as_secs() {
            if with_made_up_key_ids {
                reject_made_up(second);
            }
            service.clock.advance(Duration::from_secs(1));
        }
        wait_for(5 * THREADS);
        assert_eq!(service.fetches(), expected);
        service.server.rotate_keys();
        // Some of these were signed before the rotation.
        wait_for(5 * THREADS);
        let new = wait_for(5 * THREADS);
        assert!(new.iter().any(|header| *header != old[0]));
        assert_eq!(service.fetches(), expected + 1);
    });
}

fn verifies_on_threads<A: Adapter + Send + Sync>() {
    for with_made_up_key_ids in [false, true] {
        let service = Service::start();
        let keys = public(service.server.base_url()).key_set();
        let verifier = BlockingTokenVerifier::new(keys, service.clocked(A::new()));
        let verify = |token: &str| verifier.verify_access_token(token).map(drop);
        rotates_while_requests_run(&service, verify, with_made_up_key_ids);
    }
}

on_every_adapter!(verifies_on_threads);

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn verifies_in_tasks<C: HttpClient + Send + Sync + 'static>(client: impl Fn() -> C) {
    for with_made_up_key_ids in [false, true] {
        let service = Service::start();
        let keys = public(service.server.base_url()).key_set();
        let runtime = runtime();
        let verifier = TokenVerifier::new(keys, service.clocked(client()));
        // A task of each thread: all of them share the runtime and the verifier.
        let verify = |token: &str| {
            let verified = runtime.block_on(verifier.verify_access_token(token));
            verified.map(drop)
        };
        rotates_while_requests_run(&service, verify, with_made_up_key_ids);
    }
}

#[test]
fn verifies_in_tasks_with_hyper() {
    verifies_in_tasks(|| workos_login_hyper::client().unwrap());
}

#[test]
fn verifies_in_tasks_with_reqwest() {
    verifies_in_tasks(|| workos_login_reqwest::client().unwrap());
}
