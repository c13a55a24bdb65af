//! Opens the sockets of an endpoint.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::TcpListener;

use crate::bind_error::BindError;
use crate::endpoint::Endpoint;

/// Opens the sockets of an endpoint, all on one port.
pub(crate) fn bind(endpoint: &Endpoint) -> Result<(Vec<TcpListener>, u16), BindError> {
    let mut attempts = 1..=FREE_PORT_ATTEMPTS;
    loop {
        attempts.next();
        match bind_once(&endpoint.hosts, endpoint.port) {
            // The port that was free on one family was not on the other.
            Err(BindError::Taken(_)) if endpoint.port == 0 && !attempts.is_empty() => {}
            outcome => return outcome,
        }
    }
}

fn bind_once(hosts: &[IpAddr], mut port: u16) -> Result<(Vec<TcpListener>, u16), BindError> {
    let mut sockets = Vec::new();
    let mut missing = None;
    for &host in hosts {
        let address = SocketAddr::new(host, port);
        match TcpListener::bind(address)
            .and_then(|socket| Ok((socket.local_addr()?.port(), socket)))
        {
            Ok((bound, socket)) => {
                port = bound;
                sockets.push(socket);
            }
            Err(source) => match source.kind() {
                io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => {
                    return Err(BindError::io(address, source));
                }
                // A machine without this family: no browser will come over it.
                _ => missing = Some(BindError::io(address, source)),
            },
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok((sockets, port)),
    }
}

const FREE_PORT_ATTEMPTS: u32 = 16;
