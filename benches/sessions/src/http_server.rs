//! Trivial applications on the loopback interface, each with one open connection.

use std::io;
use std::sync::Arc;

use axum::Router;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use workos_login_axum::WebAuth;

use crate::contenders::{application, application_with_user};
use crate::floor::{Floor, FloorService};

/// The applications: without a layer, with the layer of the library without and with a cookie, and with the floor.
pub(crate) struct Connections(pub(crate) [Connection; 4]);

impl Connections {
    pub(crate) async fn open(auth: &WebAuth, floor: Arc<Floor>, cookie: &str) -> io::Result<Self> {
        let layered = application_with_user().layer(auth.layer());
        let floor = application().layer(tower::layer::layer_fn(move |inner| FloorService {
            floor: floor.clone(),
            inner,
        }));
        Ok(Self([
            Connection::open(application(), "").await?,
            Connection::open(layered.clone(), "").await?,
            Connection::open(layered, cookie).await?,
            Connection::open(floor, cookie).await?,
        ]))
    }
}

pub(crate) struct Connection {
    stream: Mutex<TcpStream>,
    request: Vec<u8>,
    response_bytes: usize,
}

impl Connection {
    async fn open(app: Router, cookie: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let cookie = match cookie {
            "" => String::new(),
            cookie => format!("cookie: {cookie}\r\n"),
        };
        let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{cookie}\r\n").into_bytes();
        stream.write_all(&request).await?;
        // All responses of an application have the same length.
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\nhello") && !response.ends_with(b"\r\n\r\nlogin") {
            response.push(stream.read_u8().await?);
        }
        let is_user = response.ends_with(b"hello");
        assert!(response.starts_with(b"HTTP/1.1 200") && (cookie.is_empty() || is_user));
        Ok(Self {
            stream: Mutex::new(stream),
            request,
            response_bytes: response.len(),
        })
    }

    pub(crate) async fn send(&self, count: usize) {
        let mut stream = self.stream.lock().await;
        let mut response = vec![0; self.response_bytes];
        for _ in 0..count {
            let sent = stream.write_all(&self.request).await;
            sent.expect("the server is in this process");
            let received = stream.read_exact(&mut response).await;
            received.expect("the server is in this process");
        }
        assert!(response.starts_with(b"HTTP/1.1 200"));
    }
}
