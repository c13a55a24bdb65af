//! One connection: hyper speaks HTTP on it until a fault takes it over.

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

use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::log::{Log, RecordedRequest};
use crate::response::MockResponse;
use crate::route;
use crate::spoil::{Delivery, deliver, spoil};
use crate::world::World;

/// What the connections and the handle of the server have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) log: Arc<Log>,
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a connection until either side has had enough.
pub(crate) async fn serve(stream: TcpStream, number: u64, shared: Arc<Shared>) {
    let (take_over, mut taken_over) = mpsc::channel(1);
    let service =
        service_fn(move |request| respond(request, number, shared.clone(), take_over.clone()));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_headers(100)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let taken = tokio::select! {
        // Whatever ends an HTTP connection, there is nobody left to tell.
        _ = &mut connection => return,
        taken = taken_over.recv() => taken,
    };
    if let Some((fault, answer)) = taken {
        let stream = connection.into_parts().io.into_inner();
        // An error here is the client going away, which is how most of these faults end.
        let _ = deliver(stream, fault, answer).await;
    }
}

async fn respond(
    request: Request<Incoming>,
    number: u64,
    shared: Arc<Shared>,
    take_over: mpsc::Sender<(Fault, MockResponse)>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    let too_long = body.is_err();
    let recorded = RecordedRequest {
        connection: number,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body: body
            .map(|body| body.to_bytes().to_vec())
            .unwrap_or_default(),
    };
    let delivery = if too_long {
        Delivery::Http(
            MockResponse::message(413, "The body is too long."),
            Duration::ZERO,
        )
    } else {
        let mut world = shared.world();
        let fault = world.injections.strike(Endpoint::of(&recorded));
        let answer = if fault.acts() {
            route::answer(&mut world, &recorded)
        } else {
            MockResponse::new(200)
        };
        spoil(fault, answer)
    };
    // Recorded after it was acted upon: who waits for a request also finds what it did.
    shared.log.record(recorded);
    match delivery {
        Delivery::Http(answer, wait) => {
            tokio::time::sleep(wait).await;
            Ok(response(answer))
        }
        Delivery::Wire(fault, answer) => {
            // The receiver lives as long as this future, and nothing was sent to it before.
            let _ = take_over.try_send((fault, answer));
            pending().await
        }
    }
}

fn response(answer: MockResponse) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// How long a client may take over its headers, and leave a connection unused.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_HEAD_BYTES: usize = 64 << 10;
const MAX_BODY_BYTES: usize = 64 << 10;
