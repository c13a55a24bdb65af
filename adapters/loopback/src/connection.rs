//! One connection: a request in, an answer out, and the time that it may take.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use workos_login::secrecy::zeroize::Zeroizing;

use crate::endpoint::Endpoint;
use crate::page::Page;
use crate::request::{self, MAX_REQUEST_BYTES, Reading};

/// A connection that someone opened: the browser, or anything else on this machine.
pub(crate) struct Connection {
    stream: TcpStream,
    phase: Phase,
    /// When the phase has to be over.
    deadline: Instant,
    /// Whether it came with a callback, real or not.
    callback: bool,
}

enum Phase {
    Reading {
        buffer: Zeroizing<Vec<u8>>,
        filled: usize,
    },
    Answering {
        answer: Vec<u8>,
        sent: usize,
    },
    /// What still comes is read and thrown away. Closed with bytes unread, the connection would be reset, and the
    /// browser could lose the page that it was just sent.
    Draining {
        drained: usize,
    },
    Over,
}

/// What is after the `GET` of a callback. It holds the code and the state.
pub(crate) type Target = Zeroizing<String>;

enum Step {
    Again,
    Answer(Page),
    Callback(Target),
    Over,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, now: Instant) -> Self {
        Self {
            stream,
            phase: Phase::Reading {
                buffer: Zeroizing::new(vec![0; MAX_REQUEST_BYTES]),
                filled: 0,
            },
            deadline: now + REQUEST_TIME,
            callback: false,
        }
    }

    /// Does everything that can be done without waiting, and returns the target of a callback, which is then to be
    /// [answered](Self::answer).
    pub(crate) fn advance(&mut self, now: Instant, endpoint: &Endpoint) -> Option<Target> {
        loop {
            match self.step(endpoint) {
                Ok(Step::Again) => {}
                Ok(Step::Answer(page)) => self.answer(page, now, endpoint),
                Ok(Step::Callback(target)) => {
                    self.callback = true;
                    return Some(target);
                }
                Ok(Step::Over) => self.phase = Phase::Over,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if now < self.deadline {
                        return None;
                    }
                    match self.phase {
                        Phase::Reading { filled: 1.., .. } => {
                            self.answer(Page::TooSlow, now, endpoint);
                        }
                        // A silent connection is closed without a word: a browser that opened it in advance would take
                        // the words for the answer to its next request.
                        _ => self.phase = Phase::Over,
                    }
                }
                Err(_) => self.phase = Phase::Over,
            }
            if self.is_over() {
                return None;
            }
        }
    }

    /// Answers the request.
    pub(crate) fn answer(&mut self, page: Page, now: Instant, endpoint: &Endpoint) {
        self.phase = Phase::Answering {
            answer: page.answer(endpoint.app_name.as_deref()),
            sent: 0,
        };
        self.deadline = now + LINGER;
    }

    /// Does one read or write.
    fn step(&mut self, endpoint: &Endpoint) -> io::Result<Step> {
        match &mut self.phase {
            Phase::Reading { buffer, filled } => {
                let read = self.stream.read(&mut buffer[*filled..])?;
                *filled += read;
                Ok(match request::read(&buffer[..*filled], endpoint) {
                    Reading::Answer(page) => Step::Answer(page),
                    Reading::Callback(target) => Step::Callback(Zeroizing::new(target.to_owned())),
                    Reading::Partial if read > 0 => Step::Again,
                    Reading::Partial if *filled > 0 => Step::Answer(Page::BadRequest),
                    Reading::Partial => Step::Over,
                })
            }
            Phase::Answering { answer, sent } => {
                *sent += self.stream.write(&answer[*sent..])?;
                if *sent == answer.len() {
                    self.stream.shutdown(Shutdown::Write)?;
                    self.phase = Phase::Draining { drained: 0 };
                }
                Ok(Step::Again)
            }
            Phase::Draining { drained } => {
                let read = self.stream.read(&mut [0; 4096])?;
                *drained += read;
                Ok(if read == 0 || *drained > MAX_DRAINED_BYTES {
                    Step::Over
                } else {
                    Step::Again
                })
            }
            Phase::Over => Ok(Step::Over),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// Whether a callback is here whose answer has not arrived yet.
    pub(crate) fn is_answering_callback(&self) -> bool {
        self.callback && !self.is_over()
    }

    /// How much would be lost by closing it now: nothing while it is silent, an answer at worst.
    pub(crate) fn worth(&self) -> u8 {
        match self.phase {
            Phase::Over => 0,
            Phase::Reading { filled: 0, .. } => 1,
            Phase::Draining { .. } => 2,
            Phase::Reading { .. } => 3,
            Phase::Answering { .. } => 4,
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }
}

/// How long a connection may take to send its request, and how long it may be silent.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How long the browser may take to read the answer and to close.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

const MAX_DRAINED_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::net::{self, Ipv4Addr};

    use super::*;

    /// Someone who connects, and the connection that is made for it at `now`.
    fn connection(now: Instant) -> (net::TcpStream, Connection, Endpoint) {
        let listener = net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let there = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (here, _) = listener.accept().unwrap();
        here.set_nonblocking(true).unwrap();
        let endpoint = Endpoint::of(&"http://127.0.0.1/callback".parse().unwrap()).unwrap();
        (
            there,
            Connection::new(TcpStream::from_std(here), now),
            endpoint,
        )
    }

    fn read_to_end(mut stream: net::TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_request_that_does_not_end_in_time_is_told_so() {
        let begun = Instant::now();
        let (mut there, mut here, endpoint) = connection(begun);
        there.write_all(b"GET /callback?code=").unwrap();
        while !matches!(here.phase, Phase::Reading { filled: 19, .. }) {
            assert!(here.advance(begun, &endpoint).is_none());
        }
        let almost = begun + REQUEST_TIME - Duration::from_millis(1);
        assert!(here.advance(almost, &endpoint).is_none());
        assert!(matches!(here.phase, Phase::Reading { .. }));
        assert!(here.advance(begun + REQUEST_TIME, &endpoint).is_none());
        assert!(read_to_end(there).starts_with("HTTP/1.1 408 "));
    }

    #[test]
    fn a_silent_connection_is_closed_in_time_and_without_a_word() {
        let begun = Instant::now();
        let (there, mut here, endpoint) = connection(begun);
        assert!(here.advance(begun, &endpoint).is_none());
        assert!(!here.is_over());
        assert!(here.advance(begun + REQUEST_TIME, &endpoint).is_none());
        assert!(here.is_over());
        drop(here);
        assert_eq!(read_to_end(there), "");
    }

    #[test]
    fn an_answer_that_is_not_taken_is_waited_for_only_so_long() {
        let begun = Instant::now();
        let (there, mut here, endpoint) = connection(begun);
        here.answer(Page::NotFound, begun, &endpoint);
        assert!(here.advance(begun, &endpoint).is_none());
        assert!(matches!(here.phase, Phase::Draining { .. }));
        assert!(here.advance(begun + LINGER, &endpoint).is_none());
        assert!(here.is_over());
        drop(there);
    }

    #[test]
    fn what_comes_after_the_request_is_thrown_away_up_to_a_limit() {
        let begun = Instant::now();
        let (mut there, mut here, endpoint) = connection(begun);
        here.answer(Page::NotFound, begun, &endpoint);
        let mut sent = 0;
        there.set_nonblocking(true).unwrap();
        while !here.is_over() {
            sent += there.write(&[0; 4096]).unwrap_or(0);
            assert!(here.advance(begun, &endpoint).is_none());
        }
        assert!(sent > MAX_DRAINED_BYTES);
    }

    #[test]
    fn the_least_is_lost_by_closing_what_is_silent() {
        let begun = Instant::now();
        let (_there, mut here, endpoint) = connection(begun);
        let silent = here.worth();
        here.answer(Page::NotFound, begun, &endpoint);
        let answering = here.worth();
        here.advance(begun, &endpoint);
        let answered = here.worth();
        assert!(silent < answered && answered < answering);
    }
}
