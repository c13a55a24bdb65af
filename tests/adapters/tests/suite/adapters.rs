//! The three adapters behind one trait, each with the clients that the suite needs.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use workos_login::{BlockingHttpClient, ExchangeLimits, HttpClient};
use workos_login_hyper::hyper_rustls::HttpsConnectorBuilder;
use workos_login_hyper::hyper_util::client::legacy;
use workos_login_hyper::hyper_util::rt::TokioExecutor;

/// A client of an adapter.
pub(crate) trait Adapter: BlockingHttpClient {
    const NAME: &'static str;

    /// `true` if a custom client can decompress.
    const DECOMPRESSES: bool;

    /// `true` if the client of the adapter decompresses when another crate enables that feature.
    const DECOMPRESSES_BY_DEFAULT: bool;

    /// `true` if the client of the adapter reads the environment for a proxy.
    const USES_PROXIES: bool;

    /// Returns the client that the adapter makes.
    fn new() -> Self;

    /// Returns a custom client with the defaults of its HTTP crate, which include a pool.
    fn pooled() -> Self;

    /// Returns a custom client that decompresses if it can.
    fn decompressing() -> Self;

    /// Returns a custom client that trusts this certificate and no other.
    fn trusting(certificate: &CertificateDer<'static>) -> Self;
}

pub(crate) type Ureq = workos_login_ureq::Agent;
pub(crate) type Reqwest = OnRuntime<workos_login_reqwest::Client>;
pub(crate) type Hyper = OnRuntime<workos_login_hyper::Client>;

impl Adapter for Ureq {
    const NAME: &'static str = "ureq";
    const DECOMPRESSES: bool = true;
    const DECOMPRESSES_BY_DEFAULT: bool = true;
    const USES_PROXIES: bool = true;

    fn new() -> Self {
        workos_login_ureq::agent()
    }

    fn pooled() -> Self {
        ureq::Agent::new_with_defaults().into()
    }

    fn decompressing() -> Self {
        Self::pooled()
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Self {
        let roots = [ureq::tls::Certificate::from_der(certificate).to_owned()];
        let tls = ureq::tls::TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(ureq::tls::RootCerts::new_with_certs(&roots))
            .build();
        let config = ureq::Agent::config_builder().tls_config(tls).build();
        config.new_agent().into()
    }
}

impl Adapter for Reqwest {
    const NAME: &'static str = "reqwest";
    const DECOMPRESSES: bool = true;
    const DECOMPRESSES_BY_DEFAULT: bool = false;
    const USES_PROXIES: bool = true;

    fn new() -> Self {
        Self::over(workos_login_reqwest::client().unwrap())
    }

    fn pooled() -> Self {
        Self::built(reqwest_builder(None))
    }

    fn decompressing() -> Self {
        let builder = reqwest_builder(None).gzip(true);
        Self::built(builder.redirect(reqwest::redirect::Policy::none()))
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Self {
        Self::built(reqwest_builder(Some(certificate)))
    }
}

impl Reqwest {
    fn built(builder: reqwest::ClientBuilder) -> Self {
        Self::over(builder.build().unwrap().into())
    }
}

/// Returns reqwest's defaults with a cryptography provider; this build of reqwest has none.
fn reqwest_builder(certificate: Option<&CertificateDer<'static>>) -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(tls(certificate))
}

impl Adapter for Hyper {
    const NAME: &'static str = "hyper";
    const DECOMPRESSES: bool = false;
    const DECOMPRESSES_BY_DEFAULT: bool = false;
    const USES_PROXIES: bool = false;

    fn new() -> Self {
        Self::over(workos_login_hyper::client().unwrap())
    }

    fn pooled() -> Self {
        Self::with_tls(tls(None))
    }

    fn decompressing() -> Self {
        Self::pooled()
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Self {
        Self::with_tls(tls(Some(certificate)))
    }
}

impl Hyper {
    fn with_tls(tls: ClientConfig) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self::over(client.into())
    }
}

/// An asynchronous client that blocks on a runtime of its own.
pub(crate) struct OnRuntime<C> {
    client: C,
    runtime: Runtime,
}

impl<C> OnRuntime<C> {
    fn over(client: C) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { client, runtime }
    }
}

impl<C: HttpClient> BlockingHttpClient for OnRuntime<C> {
    type Error = C::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, C::Error> {
        self.runtime.block_on(async {
            let result = self.client.execute(request, limits).await;
            // The connection returns to the pool in a task of its own.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            result
        })
    }

    fn now(&self) -> SystemTime {
        self.client.now()
    }
}

fn tls(certificate: Option<&CertificateDer<'static>>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificate.cloned());
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Limits that end an exchange soon.
pub(crate) fn short_limits() -> ExchangeLimits {
    ExchangeLimits::default().timeout(Duration::from_millis(300))
}
