//! A request is sent only to a server with a trusted certificate for its name.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use workos_login::Error;

use crate::adapters::Adapter;
use crate::raw_server::{RawServer, read_request};
use crate::support::{exchanging_at, lost, refused, transport_error};

/// A TLS server with a self-signed certificate, which responds with 503.
struct TlsServer {
    inner: RawServer,
    certificate: CertificateDer<'static>,
    requests: Arc<AtomicUsize>,
}

impl TlsServer {
    fn start(name: &str) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([name.to_owned()]).unwrap();
        let certificate = cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        let config = Arc::new(config);
        let requests = Arc::new(AtomicUsize::new(0));
        let counting = requests.clone();
        let inner = RawServer::accepting(move |stream| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            if read_request(&mut stream).is_some() {
                counting.fetch_add(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).unwrap();
            }
        });
        Self {
            inner,
            certificate,
            requests,
        }
    }

    fn base_url(&self) -> String {
        format!("https://{}", self.inner.address())
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn rejects_an_untrusted_certificate<A: Adapter>() {
    let server = TlsServer::start("127.0.0.1");
    let text = transport_error(A::new().send(exchanging_at(&server.base_url())));
    assert!(text.starts_with("cannot connect to the service"), "{text}");
    assert!(text.ends_with("the root certificates"), "{text}");
    assert_eq!(server.requests(), 0);
}

fn rejects_a_certificate_for_another_name<A: Adapter>() {
    let server = TlsServer::start("other.example.org");
    let adapter = A::trusting(&server.certificate);
    let _state = lost(adapter.send(exchanging_at(&server.base_url())));
    assert_eq!(server.requests(), 0);
}

fn accepts_a_trusted_certificate<A: Adapter>() {
    let server = TlsServer::start("127.0.0.1");
    let adapter = A::trusting(&server.certificate);
    let (_, error) = refused(adapter.send(exchanging_at(&server.base_url())));
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(server.requests(), 1);
}

/// All tests run in one process, so this covers every test that ran before.
fn installs_no_cryptography_provider_for_the_process<A: Adapter>() {
    let server = TlsServer::start("127.0.0.1");
    let _state = lost(A::new().send(exchanging_at(&server.base_url())));
    assert!(CryptoProvider::get_default().is_none());
}

on_every_adapter!(
    rejects_a_certificate_for_another_name,
    accepts_a_trusted_certificate,
    rejects_an_untrusted_certificate,
    installs_no_cryptography_provider_for_the_process,
);
