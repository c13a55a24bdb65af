//! Binds the sockets of an endpoint.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::TcpListener;

use crate::bind_error::BindError;
use crate::endpoint::Endpoint;

/// Binds one socket for each IP address of an endpoint, all to the same port, and returns that port.
pub(crate) fn bind(endpoint: &Endpoint) -> Result<(Vec<TcpListener>, u16), BindError> {
    let mut attempts = 1..=FREE_PORT_ATTEMPTS;
    loop {
        attempts.next();
        match bind_once(&endpoint.ips, endpoint.port) {
            // The port that was assigned for IPv4 is in use for IPv6.
            Err(BindError::AddressInUse(_)) if endpoint.port == 0 && !attempts.is_empty() => {}
            outcome => return outcome,
        }
    }
}

fn bind_once(ips: &[IpAddr], mut port: u16) -> Result<(Vec<TcpListener>, u16), BindError> {
    let mut sockets = Vec::new();
    let mut unsupported = None;
    for &ip in ips {
        let address = SocketAddr::new(ip, port);
        match TcpListener::bind(address)
            .and_then(|socket| Ok((socket.local_addr()?.port(), socket)))
        {
            Ok((bound, socket)) => {
                port = bound;
                sockets.push(socket);
            }
            Err(source) => match source.kind() {
                // Another program on one of the addresses could receive the callback (RFC 8252 section 8.3).
                io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => {
                    return Err(BindError::io(address, source));
                }
                // The machine does not support this IP version, so no browser connects over it.
                _ => unsupported = Some(BindError::io(address, source)),
            },
        }
    }
    match unsupported {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok((sockets, port)),
    }
}

const FREE_PORT_ATTEMPTS: u32 = 16;
