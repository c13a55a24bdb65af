//! The HTTP server of a listener.
//!
//! One thread serves all connections without blocking on any of them. After each event every connection is advanced as far
//! as it can go, so no event needs to be mapped to a connection. This is cheap because the number of connections is bounded.
//!
//! The server does not know what a callback means: [`Server::serve`] passes each request for the redirect URI to the caller
//! and sends the page that the caller returns. Without one, the connection is held until [`Server::show`].

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token, Waker};

use crate::bind::bind;
use crate::bind_error::BindError;
use crate::canceller::Canceller;
use crate::connection::Connection;
use crate::endpoint::Endpoint;
use crate::page::Page;

/// The bound sockets of an endpoint and their open connections.
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    pub(crate) canceller: Canceller,
    poll: Poll,
    sockets: Vec<TcpListener>,
    connections: Vec<Connection>,
    events: Events,
    /// `true` if the operating system may have more connections to accept.
    accept_pending: bool,
}

impl Server {
    /// Binds the sockets of `endpoint`, and replaces port 0 with the assigned port.
    pub(crate) fn bind(endpoint: Endpoint) -> Result<Self, BindError> {
        let (mut sockets, port) = bind(&endpoint)?;
        let address = SocketAddr::new(endpoint.ips[0], port);
        let (poll, waker) =
            register(&mut sockets).map_err(|source| BindError::Io { address, source })?;
        Ok(Self {
            endpoint: endpoint
                .with_port(port)
                .map_err(BindError::InvalidRedirectUri)?,
            canceller: Canceller::new(waker),
            poll,
            sockets,
            connections: Vec::new(),
            events: Events::with_capacity(MAX_CONNECTIONS),
            accept_pending: false,
        })
    }

    /// Advances all connections without blocking, and accepts new ones.
    ///
    /// Calls `on_callback` with the request target of each callback, and responds with the page that it returns. If it returns
    /// none, the connection is held.
    pub(crate) fn serve<S>(
        &mut self,
        mut state: S,
        mut on_callback: impl FnMut(S, &str) -> (Option<Page>, S),
    ) -> S {
        let now = Instant::now();
        let endpoint = &self.endpoint;
        let mut advance = |mut state: S, connection: &mut Connection| {
            while let Some(target) = connection.advance(now, endpoint) {
                let page;
                (page, state) = on_callback(state, &target);
                match page {
                    Some(page) => connection.respond(&page, now, endpoint),
                    None => connection.hold(now),
                }
            }
            state
        };
        for connection in &mut self.connections {
            state = advance(state, connection);
        }
        self.connections
            .retain(|connection| !connection.is_closed());
        // The bound keeps a flood of new connections from starving the existing ones.
        self.accept_pending = true;
        for _ in 0..MAX_CONNECTIONS {
            let Some(stream) = accept(&self.sockets, self.poll.registry()) else {
                self.accept_pending = false;
                break;
            };
            evict(&mut self.connections);
            // Advanced before the next accept: a connection that has sent its request is not evicted as idle.
            let mut connection = Connection::new(stream, now);
            state = advance(state, &mut connection);
            self.connections.push(connection);
        }
        state
    }

    /// Responds with `page` on the connections that are held.
    pub(crate) fn show(&mut self, page: &Page) {
        let now = Instant::now();
        for connection in &mut self.connections {
            if connection.is_held() {
                connection.respond(page, now, &self.endpoint);
            }
        }
    }

    /// Stops listening.
    pub(crate) fn stop_listening(&mut self) {
        // Accepts once more before the sockets close: a browser that sent the callback twice shows the second response.
        self.serve_open();
        self.sockets.clear();
    }

    /// Advances the connections after the wait.
    pub(crate) fn serve_open(&mut self) {
        self.serve((), |(), _| (Some(Page::Ended), ()));
    }

    pub(crate) fn is_responding_to_callback(&self) -> bool {
        self.connections
            .iter()
            .any(Connection::is_responding_to_callback)
    }

    /// Stops listening, and sends the responses to callbacks for at most `linger`.
    pub(crate) fn close(&mut self, linger: Duration) {
        let deadline = Instant::now() + linger;
        self.stop_listening();
        while self.is_responding_to_callback() {
            let remaining = deadline.saturating_duration_since(Instant::now());
            if remaining.is_zero() || self.poll(remaining).is_err() {
                return;
            }
            self.serve_open();
        }
    }

    /// Blocks until an event, the deadline of a connection, or `timeout`.
    pub(crate) fn poll(&mut self, timeout: Duration) -> io::Result<()> {
        let now = Instant::now();
        let timeout = if self.accept_pending {
            // Events are edge-triggered: a socket that still has connections to accept causes no new event.
            Duration::ZERO
        } else {
            self.connections
                .iter()
                .map(|connection| connection.deadline().saturating_duration_since(now))
                .fold(timeout, Duration::min)
        };
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.canceller.is_cancelled()
    }
}

fn register(sockets: &mut [TcpListener]) -> io::Result<(Poll, Waker)> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    for socket in sockets {
        poll.registry()
            .register(socket, SOCKET, Interest::READABLE)?;
    }
    Ok((poll, waker))
}

fn accept(sockets: &[TcpListener], registry: &Registry) -> Option<TcpStream> {
    // Errors are not reported: they concern one connection, or a resource that may be available later.
    let (mut stream, _) = sockets.iter().find_map(|socket| socket.accept().ok())?;
    let interest = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut stream, SOCKET, interest).ok()?;
    Some(stream)
}

/// Closes the oldest of the connections that are cheapest to lose, if the maximum is reached.
fn evict(connections: &mut Vec<Connection>) {
    if connections.len() < MAX_CONNECTIONS {
        return;
    }
    let indexes = 0..connections.len();
    if let Some(index) = indexes.min_by_key(|&index| connections[index].eviction_cost()) {
        connections.remove(index);
    }
}

const WAKE: Token = Token(0);

/// The token of all listening sockets and connections, because each event advances every connection.
const SOCKET: Token = Token(1);

const MAX_CONNECTIONS: usize = 32;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net;
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn server() -> (Server, SocketAddr) {
        let redirect_uri = "http://127.0.0.1:0/callback".parse().unwrap();
        let server = Server::bind(Endpoint::new(&redirect_uri).unwrap()).unwrap();
        let address = server.sockets[0].local_addr().unwrap();
        (server, address)
    }

    #[test]
    fn cancelling_wakes_a_blocked_poll() {
        let (mut server, _) = server();
        server.canceller.cancel();
        server.poll(LONG).unwrap();
        assert!(!server.events.is_empty());
    }

    #[test]
    fn a_closed_server_does_not_listen() {
        let (mut server, address) = server();
        server.close(Duration::ZERO);
        assert!(server.sockets.is_empty());
        assert!(net::TcpStream::connect(address).is_err());
    }

    #[test]
    fn the_number_of_connections_is_bounded() {
        let (mut server, address) = server();
        let browsers: Vec<_> = (0..2 * MAX_CONNECTIONS)
            .map(|_| net::TcpStream::connect(address).unwrap())
            .collect();
        while server.connections.is_empty() || server.accept_pending {
            server.serve((), |(), _| (Some(Page::Ended), ()));
        }
        assert!(server.connections.len() <= MAX_CONNECTIONS);
        drop(browsers);
    }

    #[test]
    fn closes_after_the_browser_has_received_the_page() {
        let (mut server, address) = server();
        let mut browser = net::TcpStream::connect(address).unwrap();
        let request = format!("GET /callback?code=a HTTP/1.1\r\nHost: {address}\r\n\r\n");
        browser.write_all(request.as_bytes()).unwrap();

        let mut connection = loop {
            if let Some(stream) = accept(&server.sockets, server.poll.registry()) {
                break Connection::new(stream, Instant::now());
            }
        };
        while connection
            .advance(Instant::now(), &server.endpoint)
            .is_none()
        {}
        connection.respond(&Page::Return, Instant::now() + LONG, &server.endpoint);
        server.connections.push(connection);

        let browser = thread::spawn(move || {
            let mut page = String::new();
            browser.read_to_string(&mut page).unwrap();
            // The server still reads. Otherwise it would reset the connection.
            browser.write_all(b"more").unwrap();
            (page, Instant::now())
        });
        server.close(LONG);
        let closed = Instant::now();
        let (page, received) = browser.join().unwrap();
        assert!(page.ends_with("</html>\n"), "{page}");
        assert!(received <= closed);
    }
}
