//! A proxy in front of the mock server that finds requests in flight at the same time.
//!
//! A request is in flight until the first byte of its response is passed on, or until its sender closes the connection because it was
//! killed or has timed out. The operating system closes the connections of a killed process, but its last request may be removed
//! here after the first one of the next process arrives: this is an overlap only if the connection is not closed within [`CLOSING`].

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The time in which the connections of a killed process close.
const CLOSING: Duration = Duration::from_secs(1);

pub(crate) struct Proxy {
    base_url: String,
    log: Arc<Log>,
}

impl Proxy {
    /// Starts a proxy for this server, which runs as long as this process.
    pub(crate) fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let log = Arc::<Log>::default();
        let recorder = log.clone();
        thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                // The client sees a connection that fails.
                let _ = client.and_then(|client| relay(client, server, number, &recorder));
            }
        });
        Ok(Self { base_url, log })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns how many requests were in flight when the next one began.
    pub(crate) fn overlaps(&self) -> u64 {
        self.log.entries().overlaps
    }
}

/// Relays both directions of a connection, each on a thread of its own.
fn relay(client: TcpStream, server: SocketAddr, number: usize, log: &Arc<Log>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let (mut from_server, mut to_client) = (server, client);
    let requests = log.clone();
    thread::spawn(move || {
        // Ends with an error if the client was killed, and then, too, the request is no longer in flight.
        let _ = copy(&mut from_client, &mut to_server, || requests.begin(number));
        requests.close(number);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let responses = log.clone();
    thread::spawn(move || {
        let _ = copy(&mut from_server, &mut to_client, || {
            responses.respond(number)
        });
        let _ = to_client.shutdown(Shutdown::Both);
    });
    Ok(())
}

/// Copies until the end, and calls `arrived` before bytes are passed on.
fn copy(from: &mut TcpStream, to: &mut TcpStream, arrived: impl Fn()) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        arrived();
        to.write_all(&buffer[..length])?;
    }
}

#[derive(Default)]
struct Log(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    /// The connections with a request in flight, and when another request began.
    in_flight: HashMap<usize, Option<Instant>>,
    overlaps: u64,
}

impl Log {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, number: usize) {
        let in_flight = &mut self.entries().in_flight;
        // The rest of a request.
        if in_flight.contains_key(&number) {
            return;
        }
        let now = Instant::now();
        for overlapped in in_flight.values_mut() {
            overlapped.get_or_insert(now);
        }
        in_flight.insert(number, None);
    }

    fn respond(&self, number: usize) {
        self.end(number, Duration::ZERO);
    }

    fn close(&self, number: usize) {
        self.end(number, CLOSING);
    }

    fn end(&self, number: usize, tolerance: Duration) {
        let mut entries = self.entries();
        if let Some(Some(overlapped)) = entries.in_flight.remove(&number)
            && overlapped.elapsed() >= tolerance
        {
            entries.overlaps += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_requests_in_flight_at_the_same_time() {
        let log = Log::default();
        for number in 0..2 {
            log.begin(number);
            log.begin(number);
            log.respond(number);
        }
        // Killed, and closed late.
        log.begin(2);
        log.begin(3);
        log.close(2);
        log.respond(3);
        assert_eq!(log.entries().overlaps, 0);

        log.begin(4);
        log.begin(5);
        log.respond(4);
        log.respond(5);
        assert_eq!(log.entries().overlaps, 1);
    }

    #[test]
    fn relays_requests_and_responses() {
        let server = workos_login_mock_server::Server::start(Default::default()).unwrap();
        let proxy = Proxy::start(server.address()).unwrap();
        let url = format!("{}/sso/jwks/{}", proxy.base_url(), server.client_id());
        let mut response = ureq::get(url).call().unwrap();
        assert!(
            response
                .body_mut()
                .read_to_string()
                .unwrap()
                .contains("keys")
        );
        assert_eq!(proxy.overlaps(), 0);
    }
}
