//! Delivery of a response under a fault.
//!
//! [`Delivery::of`] decides how a response reaches the client. A fault that is still valid HTTP
//! changes the response, and hyper sends it. Every other fault needs the TCP stream: `connection.rs`
//! takes it from hyper and calls [`write_faulty`].

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::fault::Fault;
use crate::gzip;
use crate::response::MockResponse;

#[derive(Debug)]
pub(crate) enum Delivery {
    /// A response that hyper sends after a delay.
    Http(MockResponse, Duration),
    /// A response for [`write_faulty`].
    Raw(Fault, MockResponse),
}

impl Delivery {
    /// Applies a fault. `response` is ignored if the fault does not act.
    pub(crate) fn of(fault: Fault, mut response: MockResponse) -> Self {
        let response = match fault {
            Fault::None => response,
            Fault::Delay(delay) => return Self::Http(response, delay),
            Fault::Response(other) | Fault::ResponseReplaced(other) => other,
            Fault::InvalidJson => {
                MockResponse::json(200, "{\"access_token\": \"eyJ..\", \"user\": {\"id\" oops")
            }
            // The length changes with the body. hyper sets `Content-Length` when it sends the response.
            Fault::GzipBomb(size) => {
                response.body = gzip::bomb(&response.body, size);
                response.header("content-encoding", "gzip")
            }
            Fault::InvalidGzip => response.header("content-encoding", "gzip"),
            Fault::Html502 => html(502, "<h1>502 Bad Gateway</h1><hr><center>proxy</center>"),
            Fault::HtmlPage => html(
                200,
                "<h1>Wi-Fi</h1><p>Accept the terms of use to continue.</p>",
            ),
            Fault::LargeBody(size) => {
                // White space after a JSON document is valid JSON, so only the size is wrong.
                response.body.resize(response.body.len() + size, b' ');
                response
            }
            Fault::Redirect { status, location } => {
                MockResponse::new(status).header("location", &location)
            }
            Fault::TruncatedJson => {
                response.body.truncate(response.body.len() / 2);
                response
            }
            raw => return Self::Raw(raw, response),
        };
        Self::Http(response, Duration::ZERO)
    }
}

fn html(status: u16, body: &str) -> MockResponse {
    MockResponse::new(status)
        .header("content-type", "text/html")
        .body(format!(
            "<html><head><title>{status}</title></head><body>{body}</body></html>"
        ))
}

/// Writes the response to the stream as the fault demands.
///
/// Returns at the latest when the client closes the connection: writing fails then, or reading
/// reaches the end.
pub(crate) async fn write_faulty(
    mut stream: TcpStream,
    fault: Fault,
    response: MockResponse,
) -> io::Result<()> {
    // The length of the complete body, also if the fault sends only a part of it.
    let length = response.body.len().to_string();
    let head = head(&response, ("content-length", &length));
    let whole = [&*head, &*response.body].concat();
    match fault {
        Fault::Hang => return closed(&mut stream).await,
        Fault::StaleConnection => return stale(stream, &whole).await,
        Fault::ResetAfter => return reset(stream, &whole).await,
        Fault::ResetBefore => return reset(stream, b"").await,
        Fault::ResetDuring => return reset(stream, &whole[..whole.len() / 2]).await,
        Fault::BadChunk => bad_chunk(&mut stream, &response).await?,
        Fault::Drip(delay) => drip(&mut stream, &whole, delay).await?,
        Fault::EndlessBody => endless_body(&mut stream).await?,
        Fault::EndlessHeaders => endless_headers(&mut stream).await?,
        Fault::IncompleteBody => {
            let end = head.len() + response.body.len() / 2;
            stream.write_all(&whole[..end]).await?;
        }
        Fault::InvalidHttp => stream.write_all(INVALID_HTTP).await?,
        Fault::SlowBody(delay) => {
            stream.write_all(&head).await?;
            drip(&mut stream, &response.body, delay).await?;
        }
        Fault::SlowHeaders(delay) => {
            drip(&mut stream, &head, delay).await?;
            stream.write_all(&response.body).await?;
        }
        // A lost request or response writes nothing. `Delivery::of` handles all other faults.
        _ => {}
    }
    stream.shutdown().await
}

/// Writes the bytes and resets the connection. Closing a socket with a linger time of zero sends RST.
async fn reset(mut stream: TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.set_zero_linger()
}

/// Writes the response and resets the connection at the first byte of the next request.
async fn stale(mut stream: TcpStream, response: &[u8]) -> io::Result<()> {
    stream.write_all(response).await?;
    match stream.read(&mut [0]).await? {
        0 => Ok(()),
        _ => stream.set_zero_linger(),
    }
}

async fn bad_chunk(stream: &mut TcpStream, response: &MockResponse) -> io::Result<()> {
    let half = &response.body[..response.body.len() / 2];
    stream.write_all(&chunked_head(response)).await?;
    stream.write_all(&chunk(half)).await?;
    stream.write_all(b"no length\r\n").await
}

async fn endless_body(stream: &mut TcpStream) -> io::Result<()> {
    let head = chunked_head(&MockResponse::json(200, ""));
    stream.write_all(&head).await?;
    stream.write_all(&chunk(b"{\"filler\":\"")).await?;
    // Large writes: the client should reach its limit before its timeout.
    let filler = chunk(&[b'a'; 16 << 10]);
    loop {
        stream.write_all(&filler).await?;
    }
}

async fn endless_headers(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
    let filler = format!("x-filler: {}\r\n", "a".repeat(1000));
    loop {
        stream.write_all(filler.as_bytes()).await?;
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], delay: Duration) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        sleep(delay).await;
    }
    Ok(())
}

/// Returns when the client has closed its side.
async fn closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

fn chunked_head(response: &MockResponse) -> Vec<u8> {
    head(response, ("transfer-encoding", "chunked"))
}

fn head(response: &MockResponse, (name, value): (&str, &str)) -> Vec<u8> {
    // The reason phrase is empty (RFC 9112 section 4 permits it), but its space is required.
    let mut head = format!("HTTP/1.1 {} \r\n{name}: {value}\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// The beginning of a TLS record, followed by text.
const INVALID_HTTP: &[u8] = b"\x16\x03\x01\xff\xfe this is no HTTP\r\n\r\n\0\0";
