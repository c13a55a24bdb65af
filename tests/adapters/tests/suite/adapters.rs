//! The three adapters behind one trait, each with the clients that the suite needs.

use std::error;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use workos_login::{Exchange, SendError};
use workos_login_hyper::http_body_util::Full;
use workos_login_hyper::hyper::body::Bytes;
use workos_login_hyper::hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use workos_login_hyper::hyper_util::client::legacy;
use workos_login_hyper::hyper_util::client::legacy::connect::HttpConnector;
use workos_login_hyper::hyper_util::rt::TokioExecutor;

/// A client of an adapter.
pub(crate) trait Adapter: Sized {
    type Error: error::Error + 'static;

    const NAME: &'static str;

    /// Whether there is a client that decompresses.
    const UNPACKS: bool;

    /// Whether the client that the adapter makes decompresses, once a crate in the program has switched that on.
    const UNPACKS_BY_ITSELF: bool;

    /// As the adapter makes it.
    fn new() -> Self;

    /// A caller's own, after the defaults of its HTTP client, with a pool.
    fn pooled() -> Self;

    /// A caller's own, in which an exchange ends after about 300 ms.
    fn hasty() -> Self;

    /// A caller's own, which decompresses if it can.
    fn unpacking() -> Self;

    /// A caller's own, which trusts this certificate and no other.
    fn trusting(certificate: &CertificateDer<'static>) -> Self;

    fn send<E: Exchange>(&self, exchange: E) -> Result<E::Output, SendError<E, Self::Error>>;
}

pub(crate) struct Ureq(ureq::Agent);

impl Ureq {
    pub(crate) fn over(agent: ureq::Agent) -> Self {
        Self(agent)
    }
}

impl Adapter for Ureq {
    type Error = ureq::Error;

    const NAME: &'static str = "ureq";
    const UNPACKS: bool = true;
    const UNPACKS_BY_ITSELF: bool = true;

    fn new() -> Self {
        Self(workos_login_ureq::agent())
    }

    fn pooled() -> Self {
        Self(ureq::Agent::new_with_defaults())
    }

    fn hasty() -> Self {
        Self::over(
            ureq::Agent::config_builder()
                .timeout_global(Some(HASTE))
                .build()
                .into(),
        )
    }

    fn unpacking() -> Self {
        Self::pooled()
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Self {
        let roots = [ureq::tls::Certificate::from_der(certificate).to_owned()];
        let tls = ureq::tls::TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(ureq::tls::RootCerts::new_with_certs(&roots))
            .build();
        Self::over(ureq::Agent::config_builder().tls_config(tls).build().into())
    }

    fn send<E: Exchange>(&self, exchange: E) -> Result<E::Output, SendError<E, ureq::Error>> {
        workos_login_ureq::send(&self.0, exchange)
    }
}

pub(crate) struct Reqwest {
    client: reqwest::Client,
    runtime: Runtime,
}

impl Reqwest {
    fn over(client: reqwest::Client) -> Self {
        Self {
            client,
            runtime: runtime(),
        }
    }

    fn built(builder: reqwest::ClientBuilder) -> Self {
        Self::over(builder.build().unwrap())
    }
}

impl Adapter for Reqwest {
    type Error = workos_login_reqwest::Error;

    const NAME: &'static str = "reqwest";
    const UNPACKS: bool = true;
    const UNPACKS_BY_ITSELF: bool = false;

    fn new() -> Self {
        Self::over(workos_login_reqwest::client().unwrap())
    }

    fn pooled() -> Self {
        Self::built(reqwest_builder())
    }

    fn hasty() -> Self {
        Self::built(reqwest_builder().timeout(HASTE))
    }

    fn unpacking() -> Self {
        Self::built(reqwest_builder().gzip(true))
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Self {
        Self::built(reqwest::Client::builder().tls_backend_preconfigured(tls(Some(certificate))))
    }

    fn send<E: Exchange>(&self, exchange: E) -> Result<E::Output, SendError<E, Self::Error>> {
        let result = self
            .runtime
            .block_on(workos_login_reqwest::send(&self.client, exchange));
        settle(&self.runtime);
        result
    }
}

/// reqwest's defaults, but for the cryptography provider, which it has none of here.
fn reqwest_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(tls(None))
}

pub(crate) struct Hyper {
    client: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Runtime,
}

impl Hyper {
    fn own(certificate: Option<&CertificateDer<'static>>, runtime: Runtime) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(certificate))
            .https_or_http()
            .enable_http1()
            .build();
        let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self { client, runtime }
    }
}

impl Adapter for Hyper {
    type Error = workos_login_hyper::Error;

    const NAME: &'static str = "hyper";
    const UNPACKS: bool = false;
    const UNPACKS_BY_ITSELF: bool = false;

    fn new() -> Self {
        Self {
            client: workos_login_hyper::client().unwrap(),
            runtime: runtime(),
        }
    }

    fn pooled() -> Self {
        Self::own(None, runtime())
    }

    /// hyper has no timeout of its own to set, so the clock is made to hurry.
    fn hasty() -> Self {
        Self::own(None, hurried_runtime())
    }

    fn unpacking() -> Self {
        Self::pooled()
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Self {
        Self::own(Some(certificate), runtime())
    }

    fn send<E: Exchange>(&self, exchange: E) -> Result<E::Output, SendError<E, Self::Error>> {
        let result = self
            .runtime
            .block_on(workos_login_hyper::send(&self.client, exchange));
        settle(&self.runtime);
        result
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

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A runtime whose clock runs a hundred times too fast: half a minute is over in 300 ms.
fn hurried_runtime() -> Runtime {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.spawn(async {
        loop {
            thread::sleep(Duration::from_millis(1));
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    });
    runtime
}

/// Lets what runs beside the exchange come to rest, the connection on its way back to the pool for one.
fn settle(runtime: &Runtime) {
    runtime.block_on(async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    });
}

const HASTE: Duration = Duration::from_millis(300);
