//! One connection: a request in, an answer out, and the time that it may take.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use workos_login::secrecy::zeroize::Zeroizing;

use crate::address::Address;
use crate::listener::Listener;
use crate::page::Page;
use crate::request::{self, MAX_REQUEST_BYTES, Reading};

/// A connection that someone opened: the browser, or anything else on this machine.
pub(crate) struct Connection {
    stream: TcpStream,
    phase: Phase,
    /// When the phase has to be over.
    deadline: Instant,
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
        }
    }

    /// Does everything that can be done without waiting, and returns the target of a callback, which is then to be
    /// [answered](Self::answer).
    pub(crate) fn advance(&mut self, now: Instant, listener: &Listener) -> Option<Target> {
        loop {
            match self.step(&listener.address) {
                Ok(Step::Again) => {}
                Ok(Step::Answer(page)) => self.answer(page, now, listener),
                Ok(Step::Callback(target)) => return Some(target),
                Ok(Step::Over) => self.phase = Phase::Over,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if now < self.deadline {
                        return None;
                    }
                    match self.phase {
                        Phase::Reading { filled: 1.., .. } => {
                            self.answer(Page::TooSlow, now, listener);
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
    pub(crate) fn answer(&mut self, page: Page, now: Instant, listener: &Listener) {
        self.phase = Phase::Answering {
            answer: page.answer(listener.app_name.as_deref()),
            sent: 0,
        };
        self.deadline = now + LINGER;
    }

    /// Does one read or write.
    fn step(&mut self, address: &Address) -> io::Result<Step> {
        match &mut self.phase {
            Phase::Reading { buffer, filled } => {
                let read = self.stream.read(&mut buffer[*filled..])?;
                *filled += read;
                Ok(match request::read(&buffer[..*filled], address) {
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

    pub(crate) fn is_answering(&self) -> bool {
        matches!(self.phase, Phase::Answering { .. } | Phase::Draining { .. })
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
