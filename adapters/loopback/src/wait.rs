//! The wait: everyone who connects is served, and the right callback ends it.
//!
//! One thread serves all connections and never waits for a single one of them. Whenever something stirs, each is asked what
//! it has: there are never more than a few, and so no book is kept of which one stirred.

use std::io;
use std::time::{Duration, Instant, SystemTime};

use mio::net::TcpStream;
use mio::{Events, Interest};
use workos_login::{AwaitingCallback, Callback, Client, ClientKind, Error, Exchanging, Refused};

use crate::connection::{Connection, LINGER};
use crate::listener::{CONNECTION, Listener};
use crate::page::Page;
use crate::wait_error::WaitError;

/// Waits until the login is decided, the time is over or someone cancels, and closes the listener.
pub(crate) fn wait<A: ClientKind>(
    listener: Listener,
    client: &Client<A>,
    mut pending: AwaitingCallback,
    timeout: Duration,
    mut tick: impl FnMut(Duration),
) -> Result<Exchanging, WaitError> {
    if pending.redirect_uri() != listener.redirect_uri() {
        return Err(WaitError::OtherAddress {
            pending: pending.into(),
            served: listener.redirect_uri().clone(),
        });
    }
    let begun = Instant::now();
    let mut next_tick = begun;
    let mut desk = Desk::new(listener);
    loop {
        pending = match desk.serve(Stage::Awaiting(pending), |stage, target| {
            stage.take(client, target)
        }) {
            Stage::Awaiting(pending) => pending,
            Stage::Decided(outcome) => {
                desk.close(LINGER);
                return outcome.map_err(WaitError::Refused);
            }
        };
        let now = Instant::now();
        let left = timeout.saturating_sub(now - begun);
        if desk.is_cancelled() {
            return Err(WaitError::Cancelled(pending.into()));
        }
        if left.is_zero() {
            return Err(WaitError::TimedOut(pending.into()));
        }
        if now >= next_tick {
            tick(left);
            next_tick = now + TICK;
        }
        if let Err(source) = desk.sleep(left.min(next_tick - now)) {
            return Err(WaitError::Io {
                pending: pending.into(),
                source,
            });
        }
    }
}

/// The login, before and after the callback that decides it.
enum Stage {
    Awaiting(AwaitingCallback),
    Decided(Result<Exchanging, Refused<AwaitingCallback>>),
}

impl Stage {
    /// Takes what was asked for at the redirect address, and says what the browser is shown.
    fn take<A: ClientKind>(self, client: &Client<A>, target: &str) -> (Page, Self) {
        let Self::Awaiting(pending) = self else {
            return (Page::AlreadyDone, self);
        };
        let Ok(callback) = Callback::parse(target) else {
            return (Page::NotACallback, Self::Awaiting(pending));
        };
        let refused = match pending.accept(client, callback, SystemTime::now()) {
            Ok(exchanging) => return (Page::Accepted, Self::Decided(Ok(exchanging))),
            Err(refused) => refused,
        };
        let page = match refused.error() {
            Error::CallbackMismatch(_) => {
                return (
                    Page::CallbackMismatch,
                    Self::Awaiting(refused.into_parts().0),
                );
            }
            Error::Denied(denied) if denied.code() == "access_denied" => Page::Denied,
            Error::Expired(_) => Page::Expired,
            _ => Page::Failed,
        };
        (page, Self::Decided(Err(refused)))
    }
}

/// Where connections are served.
struct Desk {
    listener: Listener,
    connections: Vec<Connection>,
    events: Events,
    /// Whether there may be connections that wait to be taken.
    more: bool,
}

impl Desk {
    fn new(listener: Listener) -> Self {
        Self {
            listener,
            connections: Vec::new(),
            events: Events::with_capacity(MAX_CONNECTIONS),
            more: false,
        }
    }

    /// Does everything that can be done without waiting. `take` is shown each callback, and finds its page.
    fn serve<S>(&mut self, mut state: S, mut take: impl FnMut(S, &str) -> (Page, S)) -> S {
        let now = Instant::now();
        let listener = &self.listener;
        let mut advance = |mut state: S, connection: &mut Connection| {
            while let Some(target) = connection.advance(now, listener) {
                let page;
                (page, state) = take(state, &target);
                connection.answer(page, now, listener);
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
            let Some(stream) = accept(listener) else {
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
    fn close(&mut self, linger: Duration) {
        let until = Instant::now() + linger;
        loop {
            self.serve((), |(), _| (Page::AlreadyDone, ()));
            // A browser that asked twice has its second connection in here by now, and shows that one's answer.
            self.listener.sockets.clear();
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
    fn sleep(&mut self, at_most: Duration) -> io::Result<()> {
        let now = Instant::now();
        let deadlines = self.connections.iter().map(Connection::deadline);
        let timeout = deadlines
            .map(|deadline| deadline.saturating_duration_since(now))
            .fold(
                if self.more { Duration::ZERO } else { at_most },
                Duration::min,
            );
        match self.listener.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.listener.canceller.is_cancelled()
    }
}

/// Takes one of the connections that wait to be taken.
fn accept(listener: &Listener) -> Option<TcpStream> {
    // An error ends only this turn: nobody is there, or the system is short of something and may have it later.
    let (mut stream, _) = listener
        .sockets
        .iter()
        .find_map(|socket| socket.accept().ok())?;
    let interest = Interest::READABLE | Interest::WRITABLE;
    let registry = listener.poll.registry();
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

const TICK: Duration = Duration::from_secs(1);

const MAX_CONNECTIONS: usize = 32;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net;
    use std::thread;

    use super::*;

    #[test]
    fn a_closed_desk_listens_no_more() {
        let mut desk = Desk::new(Listener::bind().unwrap());
        let address = desk.listener.sockets[0].local_addr().unwrap();
        desk.close(Duration::ZERO);
        assert!(desk.listener.sockets.is_empty());
        assert!(net::TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_desk_serves_only_so_many_at_once() {
        let mut desk = Desk::new(Listener::bind().unwrap());
        let address = desk.listener.sockets[0].local_addr().unwrap();
        let browsers: Vec<_> = (0..2 * MAX_CONNECTIONS)
            .map(|_| net::TcpStream::connect(address).unwrap())
            .collect();
        while desk.connections.is_empty() || desk.more {
            desk.serve((), |(), _| (Page::AlreadyDone, ()));
        }
        assert!(desk.connections.len() <= MAX_CONNECTIONS);
        drop(browsers);
    }

    #[test]
    fn a_desk_closes_when_the_browser_has_its_page() {
        let patience = Duration::from_secs(60);
        let mut desk = Desk::new(Listener::bind().unwrap());
        let mut browser =
            net::TcpStream::connect(desk.listener.sockets[0].local_addr().unwrap()).unwrap();
        let port = desk.listener.address.port;
        write!(
            browser,
            "GET /callback?code=a HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"
        )
        .unwrap();

        let mut connection = loop {
            if let Some(stream) = accept(&desk.listener) {
                break Connection::new(stream, Instant::now());
            }
        };
        while connection.advance(Instant::now(), &desk.listener).is_none() {}
        let later = Instant::now() + patience;
        connection.answer(Page::Accepted, later, &desk.listener);
        desk.connections.push(connection);

        let browser = thread::spawn(move || {
            let mut page = String::new();
            browser.read_to_string(&mut page).unwrap();
            // The desk still reads: this would be answered with a reset otherwise.
            browser.write_all(b"more").unwrap();
            (page, Instant::now())
        });
        desk.close(patience);
        let closed = Instant::now();
        let (page, had_its_page) = browser.join().unwrap();
        assert!(page.ends_with("</html>\n"), "{page}");
        assert!(had_its_page <= closed);
    }
}
