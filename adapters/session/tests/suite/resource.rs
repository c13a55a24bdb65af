//! A resource server on a real socket, which answers one request after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// The challenge of a resource server that rejects a token.
pub(crate) const INVALID_TOKEN: &str = r#"Bearer realm="api", error="invalid_token""#;

/// A resource server. After its last answer it is gone.
pub(crate) struct Resource {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    /// All headers of that name.
    pub(crate) authorization: Vec<String>,
    pub(crate) body: String,
}

impl Resource {
    /// Starts a server that gives these answers: each a status, and what it challenges with.
    pub(crate) fn answering<const N: usize>(answers: [(u16, &'static str); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/things", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for (status, challenge) in answers {
                let (stream, _) = listener.accept().unwrap();
                log.lock().unwrap().push(read(&stream));
                write!(
                    &stream,
                    "HTTP/1.1 {status} \r\nwww-authenticate: {challenge}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
                .unwrap();
            }
        });
        Self { address, seen }
    }

    /// Returns what has arrived so far.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap()
    }
}

fn read(stream: &TcpStream) -> Seen {
    let mut stream = BufReader::new(stream);
    let mut lines = stream.by_ref().lines().map(Result::unwrap);
    let line = lines.next().unwrap();
    let headers: Vec<(String, String)> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let values = |name: &str| -> Vec<String> {
        let named = headers.iter().filter(|(own, _)| own == name);
        named.map(|(_, value)| value.clone()).collect()
    };
    let length = values("content-length").first().map(|text| text.parse());
    let mut body = vec![0; length.transpose().unwrap().unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    Seen {
        line,
        authorization: values("authorization"),
        body: String::from_utf8(body).unwrap(),
    }
}
