//! One connection: one request, one response.
//!
//! A connection reads a request, sends a response, and discards what else arrives until the browser closes it. The response to
//! the callback that ends the wait is held until the code exchange is over. Each state has a deadline, and the buffers are
//! bounded. [`Connection::advance`] never blocks. It returns a callback to its caller, because only the caller knows the
//! pending login, and handles every other request itself.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use workos_login::secrecy::zeroize::Zeroizing;

use crate::endpoint::Endpoint;
use crate::page::Page;
use crate::request::{self, MAX_REQUEST_BYTES, Parsed};

pub(crate) struct Connection {
    stream: TcpStream,
    state: State,
    /// The deadline of the state.
    deadline: Instant,
    /// `true` if the request is for the redirect URI.
    is_callback: bool,
}

enum State {
    Reading {
        buffer: Zeroizing<Vec<u8>>,
        filled: usize,
    },
    /// The browser waits for the page of the code exchange.
    Held,
    Responding {
        response: Vec<u8>,
        sent: usize,
    },
    /// Discards further input. Closing a socket with unread input resets the connection, and the browser may then lose the
    /// response.
    Draining {
        drained: usize,
    },
    Closed,
}

/// The request target of a callback. It contains the authorization code and the state.
pub(crate) type Target = Zeroizing<String>;

enum Step {
    Callback(Target),
    Close,
    Continue,
    Respond(Page),
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, now: Instant) -> Self {
        Self {
            stream,
            state: State::Reading {
                buffer: Zeroizing::new(vec![0; MAX_REQUEST_BYTES]),
                filled: 0,
            },
            deadline: now + REQUEST_TIMEOUT,
            is_callback: false,
        }
    }

    /// Advances as far as possible without blocking. Returns the target of a callback, which the caller must
    /// [respond](Self::respond) to or [hold](Self::hold).
    pub(crate) fn advance(&mut self, now: Instant, endpoint: &Endpoint) -> Option<Target> {
        while !self.is_closed() {
            match self.step(endpoint) {
                Ok(Step::Callback(target)) => {
                    self.is_callback = true;
                    return Some(target);
                }
                Ok(Step::Continue) => {}
                Ok(Step::Respond(page)) => self.respond(&page, now, endpoint),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if now < self.deadline {
                        return None;
                    }
                    self.time_out(now, endpoint);
                }
                Ok(Step::Close) | Err(_) => self.state = State::Closed,
            }
        }
        None
    }

    /// Starts to send the response.
    pub(crate) fn respond(&mut self, page: &Page, now: Instant, endpoint: &Endpoint) {
        self.state = State::Responding {
            response: page.response(endpoint.app_name.as_deref()),
            sent: 0,
        };
        self.deadline = now + LINGER;
    }

    /// Waits for the page of the code exchange, and shows [`Page::Return`] if it is late.
    pub(crate) fn hold(&mut self, now: Instant) {
        self.state = State::Held;
        self.deadline = now + PAGE_TIMEOUT;
    }

    pub(crate) fn is_held(&self) -> bool {
        matches!(self.state, State::Held)
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Returns whether the browser may still be receiving the response to a callback.
    pub(crate) fn is_responding_to_callback(&self) -> bool {
        self.is_callback && !self.is_closed()
    }

    /// Ranks the state by what closing it loses: nothing if it is idle, a response at most.
    pub(crate) fn eviction_cost(&self) -> u8 {
        match self.state {
            State::Closed => 0,
            State::Reading { filled: 0, .. } => 1,
            State::Draining { .. } => 2,
            State::Reading { .. } => 3,
            State::Responding { .. } => 4,
            State::Held => 5,
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Performs one read or write.
    fn step(&mut self, endpoint: &Endpoint) -> io::Result<Step> {
        match &mut self.state {
            State::Reading { buffer, filled } => {
                let read = self.stream.read(&mut buffer[*filled..])?;
                *filled += read;
                Ok(match request::parse(&buffer[..*filled], endpoint) {
                    Parsed::Callback(target) => Step::Callback(Zeroizing::new(target.to_owned())),
                    Parsed::Other(page) => Step::Respond(page),
                    Parsed::Incomplete if read > 0 => Step::Continue,
                    Parsed::Incomplete if *filled > 0 => Step::Respond(Page::BadRequest),
                    Parsed::Incomplete => Step::Close,
                })
            }
            // Input stays in the socket until the response is sent.
            State::Held => Err(io::ErrorKind::WouldBlock.into()),
            State::Responding { response, sent } => {
                *sent += self.stream.write(&response[*sent..])?;
                if *sent == response.len() {
                    self.stream.shutdown(Shutdown::Write)?;
                    self.state = State::Draining { drained: 0 };
                }
                Ok(Step::Continue)
            }
            State::Draining { drained } => {
                let read = self.stream.read(&mut [0; 4096])?;
                *drained += read;
                Ok(if read == 0 || *drained > MAX_DRAINED_BYTES {
                    Step::Close
                } else {
                    Step::Continue
                })
            }
            State::Closed => Ok(Step::Close),
        }
    }

    fn time_out(&mut self, now: Instant, endpoint: &Endpoint) {
        match self.state {
            State::Reading { filled: 1.., .. } => {
                self.respond(&Page::RequestTimeout, now, endpoint)
            }
            State::Held => self.respond(&Page::Return, now, endpoint),
            // An idle connection gets no response: a browser that opened it in advance would take the response for that
            // of its next request.
            _ => self.state = State::Closed,
        }
    }
}

/// The timeout of receiving a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout of sending a response and of closing the connection.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// The time after which the page of the code exchange is late.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

const MAX_DRAINED_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::net::{self, Ipv4Addr};

    use super::*;

    /// A browser and its connection, both at the time of the connection.
    struct Pair {
        browser: net::TcpStream,
        connection: Connection,
        connected: Instant,
        endpoint: Endpoint,
    }

    impl Pair {
        fn new() -> Self {
            let listener = net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let browser = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (stream, _) = listener.accept().unwrap();
            stream.set_nonblocking(true).unwrap();
            let connected = Instant::now();
            Self {
                browser,
                connection: Connection::new(TcpStream::from_std(stream), connected),
                connected,
                endpoint: Endpoint::new(&"http://127.0.0.1/callback".parse().unwrap()).unwrap(),
            }
        }

        #[track_caller]
        fn advance(&mut self, elapsed: Duration) {
            let now = self.connected + elapsed;
            assert!(self.connection.advance(now, &self.endpoint).is_none());
        }

        fn respond(&mut self) {
            self.connection
                .respond(&Page::NotFound, self.connected, &self.endpoint);
        }

        /// Closes the connection and returns what the browser received.
        fn received(mut self) -> String {
            drop(self.connection);
            let mut text = String::new();
            self.browser.read_to_string(&mut text).unwrap();
            text
        }
    }

    #[test]
    fn an_incomplete_request_times_out_with_a_response() {
        let mut pair = Pair::new();
        pair.browser.write_all(b"GET /callback?code=").unwrap();
        while !matches!(pair.connection.state, State::Reading { filled: 19, .. }) {
            pair.advance(Duration::ZERO);
        }
        pair.advance(REQUEST_TIMEOUT - Duration::from_millis(1));
        assert!(matches!(pair.connection.state, State::Reading { .. }));
        pair.advance(REQUEST_TIMEOUT);
        assert!(pair.received().starts_with("HTTP/1.1 408 "));
    }

    #[test]
    fn an_idle_connection_times_out_without_a_response() {
        let mut pair = Pair::new();
        pair.advance(Duration::ZERO);
        assert!(!pair.connection.is_closed());
        pair.advance(REQUEST_TIMEOUT);
        assert!(pair.connection.is_closed());
        assert_eq!(pair.received(), "");
    }

    #[test]
    fn a_page_that_is_late_leads_back_to_the_application() {
        let mut pair = Pair::new();
        pair.connection.hold(pair.connected);
        pair.advance(PAGE_TIMEOUT - Duration::from_millis(1));
        assert!(pair.connection.is_held());
        pair.advance(PAGE_TIMEOUT);
        let received = pair.received();
        assert!(received.contains("<h1>Return to the application</h1>"));
    }

    #[test]
    fn a_connection_that_the_browser_keeps_open_times_out() {
        let mut pair = Pair::new();
        pair.respond();
        pair.advance(Duration::ZERO);
        assert!(matches!(pair.connection.state, State::Draining { .. }));
        pair.advance(LINGER);
        assert!(pair.connection.is_closed());
    }

    #[test]
    fn input_after_the_request_is_discarded_up_to_a_limit() {
        let mut pair = Pair::new();
        pair.respond();
        let mut sent = 0;
        pair.browser.set_nonblocking(true).unwrap();
        while !pair.connection.is_closed() {
            sent += pair.browser.write(&[0; 4096]).unwrap_or(0);
            pair.advance(Duration::ZERO);
        }
        assert!(sent > MAX_DRAINED_BYTES);
    }

    #[test]
    fn idle_connections_are_evicted_before_those_with_a_response() {
        let mut pair = Pair::new();
        let idle = pair.connection.eviction_cost();
        pair.respond();
        let responding = pair.connection.eviction_cost();
        pair.advance(Duration::ZERO);
        let draining = pair.connection.eviction_cost();
        assert!(idle < draining && draining < responding);
    }
}
