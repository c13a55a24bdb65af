//! What becomes of an answer under a fault: still good HTTP, or bytes of our own.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::fault::Fault;
use crate::gzip;
use crate::response::MockResponse;

/// How an answer gets to the client.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// By ordinary HTTP, after a wait.
    Http(MockResponse, Duration),
    /// By [`deliver`], which takes the connection over.
    Wire(Fault, MockResponse),
}

/// Decides what happens to the answer. For a fault that does not act there is none yet.
pub(crate) fn spoil(fault: Fault, mut answer: MockResponse) -> Delivery {
    let answer = match fault {
        Fault::None => answer,
        Fault::Delay(wait) => return Delivery::Http(answer, wait),
        Fault::Response(other) => other,
        Fault::InvalidJson => {
            MockResponse::json(200, "{\"access_token\": \"eyJ..\", \"user\": {\"id\" oops")
        }
        Fault::GzipBomb(size) => {
            answer.body = gzip::bomb(&answer.body, size);
            answer.header("content-encoding", "gzip")
        }
        Fault::InvalidGzip => answer.header("content-encoding", "gzip"),
        Fault::Html502 => html(502, "<h1>502 Bad Gateway</h1><hr><center>proxy</center>"),
        Fault::HtmlPage => html(
            200,
            "<h1>Welcome to the station's Wi-Fi</h1><p>Accept the terms to go on.</p>",
        ),
        Fault::LargeBody(size) => {
            answer.body.resize(answer.body.len() + size, b' ');
            answer
        }
        Fault::Redirect { status, location } => {
            MockResponse::new(status).header("location", &location)
        }
        Fault::TruncatedJson => {
            answer.body.truncate(answer.body.len() / 2);
            answer
        }
        wire => return Delivery::Wire(wire, answer),
    };
    Delivery::Http(answer, Duration::ZERO)
}

fn html(status: u16, body: &str) -> MockResponse {
    MockResponse::new(status)
        .header("content-type", "text/html")
        .body(format!(
            "<html><head><title>{status}</title></head><body>{body}</body></html>"
        ))
}

/// Writes the answer, or what is left of it, straight to the connection.
///
/// Ends at the latest when the client goes away: then writing fails, or reading comes to an end.
pub(crate) async fn deliver(
    mut stream: TcpStream,
    fault: Fault,
    answer: MockResponse,
) -> io::Result<()> {
    let length = ("content-length", &*answer.body.len().to_string());
    let (head, body) = (head(&answer, length), &*answer.body);
    match fault {
        Fault::BadChunk => {
            let half = &body[..body.len() / 2];
            stream.write_all(&chunked_head(&answer)).await?;
            stream.write_all(&chunk(half)).await?;
            stream.write_all(b"no length\r\n").await?;
        }
        Fault::IncompleteBody => {
            stream.write_all(&head).await?;
            stream.write_all(&body[..body.len() / 2]).await?;
        }
        Fault::Drip(pause) => drip(&mut stream, &[&*head, body].concat(), pause).await?,
        Fault::EndlessBody => {
            stream
                .write_all(&chunked_head(&MockResponse::json(200, "")))
                .await?;
            stream.write_all(&chunk(b"{\"filler\":\"")).await?;
            let filler = chunk(&[b'a'; 16 << 10]);
            loop {
                stream.write_all(&filler).await?;
            }
        }
        Fault::EndlessHeaders => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            let filler = format!("x-filler: {}\r\n", "a".repeat(1000));
            loop {
                stream.write_all(filler.as_bytes()).await?;
            }
        }
        Fault::InvalidHttp => {
            stream
                .write_all(b"\x16\x03\x01\xff\xfe this is no HTTP\r\n\r\n\0\0")
                .await?
        }
        Fault::Hang => return gone(&mut stream).await,
        Fault::ResetAfter => {
            stream.write_all(&[&*head, body].concat()).await?;
            return stream.set_zero_linger();
        }
        Fault::ResetBefore => return stream.set_zero_linger(),
        Fault::ResetDuring => {
            let whole = [&*head, body].concat();
            stream.write_all(&whole[..whole.len() / 2]).await?;
            return stream.set_zero_linger();
        }
        Fault::SlowHeaders(pause) => {
            drip(&mut stream, &head, pause).await?;
            stream.write_all(body).await?;
        }
        Fault::StaleConnection => {
            stream.write_all(&[&*head, body].concat()).await?;
            if stream.read(&mut [0]).await? > 0 {
                stream.set_zero_linger()?;
            }
            return Ok(());
        }
        // Nothing is said. The others never come here: they are still good HTTP.
        _ => {}
    }
    stream.shutdown().await
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        sleep(pause).await;
    }
    Ok(())
}

/// Waits until the client closes its side.
async fn gone(stream: &mut TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

fn chunked_head(answer: &MockResponse) -> Vec<u8> {
    head(answer, ("transfer-encoding", "chunked"))
}

fn head(answer: &MockResponse, framing: (&str, &str)) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} \r\n{}: {}\r\n",
        answer.status, framing.0, framing.1
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}
