//! https is only spoken to who can show the right certificate.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use workos_login::Error;

use crate::adapters::Adapter;
use crate::raw_server::{Wire, read_request};
use crate::support::{exchanging_at, lost, refused, transport_error};

/// A server that says 503 over TLS, with a certificate of its own making.
struct Secure {
    wire: Wire,
    certificate: CertificateDer<'static>,
    requests: Arc<AtomicUsize>,
}

impl Secure {
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
        let wire = Wire::accepting(move |stream| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            if read_request(&mut stream).is_some() {
                counting.fetch_add(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).unwrap();
            }
        });
        Self {
            wire,
            certificate,
            requests,
        }
    }

    fn base_url(&self) -> String {
        format!("https://{}", self.wire.address())
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn a_certificate_that_nobody_vouches_for_is_refused<A: Adapter>() {
    let server = Secure::start("127.0.0.1");
    let text = transport_error(A::new().send(exchanging_at(&server.base_url())));
    assert!(text.starts_with("cannot connect to the service"), "{text}");
    assert!(text.ends_with("the root certificates"), "{text}");
    assert_eq!(server.requests(), 0);
}

fn a_certificate_for_another_name_is_refused<A: Adapter>() {
    let server = Secure::start("other.example.org");
    let adapter = A::trusting(&server.certificate);
    let _state = lost(adapter.send(exchanging_at(&server.base_url())));
    assert_eq!(server.requests(), 0);
}

fn a_certificate_that_is_trusted_is_accepted<A: Adapter>() {
    let server = Secure::start("127.0.0.1");
    let adapter = A::trusting(&server.certificate);
    let (_, error) = refused(adapter.send(exchanging_at(&server.base_url())));
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(server.requests(), 1);
}

/// Every test of this program runs in one process, so that any of them could have installed one.
fn no_cryptography_provider_is_installed_for_the_process<A: Adapter>() {
    let server = Secure::start("127.0.0.1");
    let _state = lost(A::new().send(exchanging_at(&server.base_url())));
    assert!(CryptoProvider::get_default().is_none());
}

on_every_adapter!(
    a_certificate_for_another_name_is_refused,
    a_certificate_that_is_trusted_is_accepted,
    a_certificate_that_nobody_vouches_for_is_refused,
    no_cryptography_provider_is_installed_for_the_process,
);
