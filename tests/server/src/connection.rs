//! One connection.
//!
//! hyper reads the requests and writes the responses. A fault that is not valid HTTP needs the TCP
//! stream itself. The service function then sends the fault and the response through a channel and
//! never completes; [`serve`] takes the stream out of hyper's connection and writes to it. Nothing
//! else is in hyper's write buffer at that point, because a client that pipelines requests is
//! answered one request at a time.

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::delivery::{Delivery, write_faulty};
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::handlers;
use crate::request::RecordedRequest;
use crate::request_log::RequestLog;
use crate::response::MockResponse;
use crate::state::State;

/// The data that the connections and the handle of the server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) log: Arc<RequestLog>,
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a connection until one side closes it.
pub(crate) async fn serve(stream: TcpStream, number: u64, shared: Arc<Shared>) {
    // Capacity one: a connection is taken over at most once.
    let (take_over, mut taken_over) = mpsc::channel(1);
    let service =
        service_fn(move |request| respond(request, number, shared.clone(), take_over.clone()));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(100)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let taken = tokio::select! {
        // An error of the connection concerns the client, which sees it too.
        _ = &mut connection => return,
        taken = taken_over.recv() => taken,
    };
    if let Some((fault, response)) = taken {
        // hyper has not written anything for this request, because its service has not completed.
        let stream = connection.into_parts().io.into_inner();
        // Most of these faults end with the client closing the connection, which is an error here.
        let _ = write_faulty(stream, fault, response).await;
    }
}

async fn respond(
    request: Request<Incoming>,
    number: u64,
    shared: Arc<Shared>,
    take_over: mpsc::Sender<(Fault, MockResponse)>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (recorded, complete) = receive(request, number).await;
    let delivery = if complete {
        // The lock covers the fault and the handler: concurrent requests are processed one after another.
        let mut state = shared.state();
        let fault = state.injections.take(Endpoint::of(&recorded));
        let response = if fault.acts() {
            handlers::handle(&mut state, &recorded)
        } else {
            MockResponse::new(200)
        };
        Delivery::of(fault, response)
    } else {
        let response = MockResponse::message(413, "The body is too long.");
        Delivery::Http(response, Duration::ZERO)
    };
    // Recorded after it is processed: a test that waits for a request also sees its effects.
    shared.log.record(recorded);
    match delivery {
        Delivery::Http(response, delay) => {
            // The lock is released here. A delayed response blocks no other request.
            tokio::time::sleep(delay).await;
            Ok(to_http(response))
        }
        Delivery::Raw(fault, response) => {
            // Cannot fail: the receiver outlives this future, and the channel is empty.
            let _ = take_over.try_send((fault, response));
            pending().await
        }
    }
}

/// Returns the request and whether its body is complete.
async fn receive(request: Request<Incoming>, connection: u64) -> (RecordedRequest, bool) {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    let complete = body.is_ok();
    let headers = parts.headers.iter().map(|(name, value)| {
        // A header value can contain any byte. A test compares text.
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    });
    let request = RecordedRequest {
        connection,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: headers.collect(),
        body: body
            .map(|body| body.to_bytes().to_vec())
            .unwrap_or_default(),
    };
    (request, complete)
}

fn to_http(response: MockResponse) -> Response<Full<Bytes>> {
    let mut http = Response::new(Full::new(Bytes::from(response.body)));
    *http.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        // A header that is not valid HTTP is left out. `Fault` has variants for invalid HTTP.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            http.headers_mut().append(name, value);
        }
    }
    http
}

/// The timeout for the headers of a request, and for an unused connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_HEAD_BYTES: usize = 64 << 10;
const MAX_BODY_BYTES: usize = 64 << 10;
