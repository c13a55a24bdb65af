//! The server: everyone who connects is served, by one thread.
//!
//! One thread serves all connections and never waits for a single one of them. Whenever something stirs, each is asked what
//! it has: there are never more than a few, and so no book is kept of which one stirred.

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

/// Where connections are served.
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    pub(crate) canceller: Canceller,
    poll: Poll,
    sockets: Vec<TcpListener>,
    connections: Vec<Connection>,
    events: Events,
    /// Whether there may be connections that wait to be taken.
    more: bool,
}

impl Server {
    /// Listens at the endpoint, whose port 0 becomes one that is free.
    pub(crate) fn bind(endpoint: Endpoint) -> Result<Self, BindError> {
        let (mut sockets, port) = bind(&endpoint)?;
        let address = SocketAddr::new(endpoint.hosts[0], port);
        let (poll, waker) =
            watch(&mut sockets).map_err(|source| BindError::Io { address, source })?;
        Ok(Self {
            endpoint: endpoint.at_port(port).map_err(BindError::Invalid)?,
            canceller: Canceller::new(waker),
            poll,
            sockets,
            connections: Vec::new(),
            events: Events::with_capacity(MAX_CONNECTIONS),
            more: false,
        })
    }

    /// Does everything that can be done without waiting. `take` is shown each callback, and finds its page.
    pub(crate) fn serve<S>(
        &mut self,
        mut state: S,
        mut take: impl FnMut(S, &str) -> (Page, S),
    ) -> S {
        let now = Instant::now();
        let endpoint = &self.endpoint;
        let mut advance = |mut state: S, connection: &mut Connection| {
            while let Some(target) = connection.advance(now, endpoint) {
                let page;
                (page, state) = take(state, &target);
                connection.answer(page, now, endpoint);
            }
            state
        };
        for connection in &mut self.connections {
            state = advance(state, connection);
        }
        self.connections.retain(|connection| !connection.is_over());
        // Bounded, so that a flood of connections does not keep the older ones from their turn.
        self.more = true;
        for _ in 0..MAX_CONNECTIONS {
            let Some(stream) = accept(&self.sockets, self.poll.registry()) else {
                self.more = false;
                break;
            };
            make_room(&mut self.connections);
            // It is read before the next one is taken: what has something to say is not the first that makes room.
            let mut connection = Connection::new(stream, now);
            state = advance(state, &mut connection);
            self.connections.push(connection);
        }
        state
    }

    /// Stops listening, and sees the answers to callbacks through, for as long as `linger`.
    pub(crate) fn close(&mut self, linger: Duration) {
        let until = Instant::now() + linger;
        loop {
            self.serve((), |(), _| (Page::AlreadyDone, ()));
            // A browser that asked twice has its second connection in here by now, and shows that one's answer.
            self.sockets.clear();
            let left = until.saturating_duration_since(Instant::now());
            let answering = self
                .connections
                .iter()
                .any(Connection::is_answering_callback);
            if !answering || left.is_zero() || self.is_cancelled() || self.sleep(left).is_err() {
                return;
            }
        }
    }

    /// Waits until something stirs or a connection has had its time.
    pub(crate) fn sleep(&mut self, at_most: Duration) -> io::Result<()> {
        let now = Instant::now();
        let deadlines = self.connections.iter().map(Connection::deadline);
        let timeout = deadlines
            .map(|deadline| deadline.saturating_duration_since(now))
            .fold(
                if self.more { Duration::ZERO } else { at_most },
                Duration::min,
            );
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.canceller.is_cancelled()
    }
}

/// Takes one of the connections that wait to be taken.
fn accept(sockets: &[TcpListener], registry: &Registry) -> Option<TcpStream> {
    // An error ends only this turn: nobody is there, or the system is short of something and may have it later.
    let (mut stream, _) = sockets.iter().find_map(|socket| socket.accept().ok())?;
    let interest = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut stream, CONNECTION, interest).ok()?;
    Some(stream)
}

/// Makes room for one more connection, by closing the oldest of those that have the least to lose.
fn make_room(connections: &mut Vec<Connection>) {
    if connections.len() < MAX_CONNECTIONS {
        return;
    }
    if let Some(index) = (0..connections.len()).min_by_key(|&index| connections[index].worth()) {
        connections.remove(index);
    }
}

fn watch(sockets: &mut [TcpListener]) -> io::Result<(Poll, Waker)> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    for socket in sockets {
        poll.registry()
            .register(socket, CONNECTION, Interest::READABLE)?;
    }
    Ok((poll, waker))
}

const WAKE: Token = Token(0);

/// All sockets share it: whichever stirs, each is asked, and there are few.
const CONNECTION: Token = Token(1);

const MAX_CONNECTIONS: usize = 32;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net;
    use std::thread;

    use super::*;

    fn bound() -> Server {
        let redirect_uri = "http://127.0.0.1:0/callback".parse().unwrap();
        Server::bind(Endpoint::of(&redirect_uri).unwrap()).unwrap()
    }

    #[test]
    fn a_wait_that_sleeps_is_woken() {
        let mut server = bound();
        server.canceller.cancel();
        server.sleep(Duration::from_secs(60)).unwrap();
        assert!(!server.events.is_empty());
    }

    #[test]
    fn a_closed_server_listens_no_more() {
        let mut server = bound();
        let address = server.sockets[0].local_addr().unwrap();
        server.close(Duration::ZERO);
        assert!(server.sockets.is_empty());
        assert!(net::TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_server_serves_only_so_many_at_once() {
        let mut server = bound();
        let address = server.sockets[0].local_addr().unwrap();
        let browsers: Vec<_> = (0..2 * MAX_CONNECTIONS)
            .map(|_| net::TcpStream::connect(address).unwrap())
            .collect();
        while server.connections.is_empty() || server.more {
            server.serve((), |(), _| (Page::AlreadyDone, ()));
        }
        assert!(server.connections.len() <= MAX_CONNECTIONS);
        drop(browsers);
    }

    #[test]
    fn a_server_closes_when_the_browser_has_its_page() {
        let patience = Duration::from_secs(60);
        let mut server = bound();
        let mut browser = net::TcpStream::connect(server.sockets[0].local_addr().unwrap()).unwrap();
        let port = server.endpoint.port;
        write!(
            browser,
            "GET /callback?code=a HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"
        )
        .unwrap();

        let mut connection = loop {
            if let Some(stream) = accept(&server.sockets, server.poll.registry()) {
                break Connection::new(stream, Instant::now());
            }
        };
        while connection
            .advance(Instant::now(), &server.endpoint)
            .is_none()
        {}
        let later = Instant::now() + patience;
        connection.answer(Page::Accepted, later, &server.endpoint);
        server.connections.push(connection);

        let browser = thread::spawn(move || {
            let mut page = String::new();
            browser.read_to_string(&mut page).unwrap();
            // The server still reads: this would be answered with a reset otherwise.
            browser.write_all(b"more").unwrap();
            (page, Instant::now())
        });
        server.close(patience);
        let closed = Instant::now();
        let (page, had_its_page) = browser.join().unwrap();
        assert!(page.ends_with("</html>\n"), "{page}");
        assert!(had_its_page <= closed);
    }
}
