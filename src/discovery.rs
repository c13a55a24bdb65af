//! Discovery: from an issuer to its server (OpenID Connect Discovery section 4, RFC 8414 section 3).
//!
//! [`Server::discover`] leads in; each response leads to the [`Server`], or to the request for the next document.
//!
//! A server publishes its metadata as a document of OpenID Connect, of OAuth 2.0, or both. If the issuer has a path, the well-known path is
//! put behind it by one specification and before it by the other, and servers mix them up. So there are two documents, or four with a path,
//! which are requested one after the other until one exists. Its `issuer` must be the requested one, because the client trusts everything
//! else in it (RFC 8414 section 3.3).
//!
//! Only OAuth 2.0 defines the revocation endpoint. A document of OpenID Connect without one is therefore completed by a document of OAuth
//! 2.0, if there is one: without it, a login there could not be ended.

use std::time::SystemTime;

use http::{Request, Response, Uri};
use url::{Position, Url};

use crate::endpoint::{InvalidEndpoint, Reason, check_endpoint, uri};
use crate::error::{Error, MalformedKind, ResponseKind};
use crate::error_codes::classify_other;
use crate::exchange::{Exchange, Refused, sealed};
use crate::server::Server;
use crate::stored::Invalid;
use crate::wire::metadata::Metadata;
use crate::wire::request::get;
use crate::wire::response::SuccessResponse;

impl Server {
    /// Begins the discovery of a server by its issuer identifier.
    ///
    /// ```
    /// # use workos_login::{Discovering, Discovery, Exchange, InvalidEndpoint, SendError, Server};
    /// # fn send<E: Exchange>(exchange: E) -> Result<E::Output, SendError<E, std::io::Error>> {
    /// #     Err(SendError::transport(exchange, std::io::Error::other("no network")))
    /// # }
    /// fn discover(issuer: &str) -> Result<Server, Box<dyn std::error::Error>> {
    ///     let mut discovering = Server::discover(issuer)?;
    ///     loop {
    ///         match send(discovering)? {
    ///             Discovery::Found(server) => return Ok(server),
    ///             Discovery::Next(next) => discovering = next,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] unless the issuer is `https` (or `http` with a loopback host) without user, query and fragment.
    pub fn discover(issuer: &str) -> Result<Discovering, InvalidEndpoint> {
        let url = Url::parse(issuer).map_err(|_| InvalidEndpoint(Reason::NotAUrl))?;
        check_endpoint(&url)?;
        // RFC 8414 section 2: an issuer has no query and no fragment.
        if url.query().is_some() {
            return Err(InvalidEndpoint(Reason::Query));
        }
        let origin = &url[..Position::BeforePath];
        // A slash at the end is removed before the well-known path is added (OpenID Connect Discovery section 4.1, RFC 8414 section
        // 3.1). It remains a part of the issuer that is compared.
        let path = url.path().trim_end_matches('/');
        let document = uri(&format!("{origin}{path}{OPENID_CONNECT}"))?;
        // From the last to the first, because `pop` takes from the end.
        let next = if path.is_empty() {
            vec![format!("{origin}{OAUTH}")]
        } else {
            vec![
                format!("{origin}{path}{OAUTH}"),
                format!("{origin}{OAUTH}{path}"),
                format!("{origin}{OPENID_CONNECT}{path}"),
            ]
        };
        let next: Result<_, _> = next.iter().map(|document| uri(document)).collect();
        Ok(Discovering {
            issuer: issuer.into(),
            document,
            next: next?,
            found: None,
        })
    }
}

/// A request for the metadata of a server. Send it with an HTTP client, through [`Exchange`].
#[derive(Debug)]
#[must_use = "nothing is discovered until it is sent"]
pub struct Discovering {
    issuer: Box<str>,
    document: Uri,
    /// The documents after this one, the last one first.
    next: Vec<Uri>,
    /// The server of a document of OpenID Connect that has no revocation endpoint.
    found: Option<Box<Server>>,
}

/// A step of a discovery.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a document exists, or the next one is requested"
)]
#[cfg_attr(
    target_pointer_width = "64",
    expect(
        clippy::large_enum_variant,
        reason = "there is one value, which is matched at once"
    )
)]
pub enum Discovery {
    /// The server.
    Found(Server),
    /// The document does not exist, or another one can complete it; request the next one.
    Next(Discovering),
}

impl Discovering {
    fn read(&self, reply: &SuccessResponse<'_>) -> Result<Server, Error> {
        let metadata: Metadata = reply.json()?;
        let missing = |name| reply.malformed(MalformedKind::Missing(name));
        let issuer = metadata.issuer.as_deref();
        let issuer = issuer.ok_or_else(|| missing("issuer"))?;
        // Identical, code point by code point (OpenID Connect Discovery section 4.3, RFC 8414 section 3.3). Otherwise a server could
        // claim to be another one, and the later checks of `iss` would confirm it.
        if issuer != &*self.issuer {
            let kind = MalformedKind::OtherIssuer {
                expected: self.issuer.clone(),
                received: issuer.into(),
            };
            return Err(reply.malformed(kind).into());
        }
        let server = metadata.into_form().into_server();
        server.map_err(|Invalid(name)| missing(name).into())
    }

    /// Takes the server of a document.
    fn found(mut self, server: Server) -> Discovery {
        self.next.retain(is_oauth);
        match self.next.pop() {
            Some(document) if server.revocation.is_none() && !is_oauth(&self.document) => {
                Discovery::Next(Self {
                    document,
                    found: Some(Box::new(server)),
                    ..self
                })
            }
            _ => Discovery::Found(server),
        }
    }

    /// Completes a server with what the next document says.
    ///
    /// The login does not depend on that document, so one that is missing, invalid or unavailable does not fail the discovery.
    fn complete(mut self, mut server: Box<Server>, other: Result<Server, Error>) -> Discovery {
        if let Ok(other) = other {
            server.revocation = other.revocation;
            server.device_authorization =
                server.device_authorization.or(other.device_authorization);
            // Defined by RFC 9207 for both documents. A login that requires `iss` is the safer one.
            server.advertises_iss |= other.advertises_iss;
        } else if let Some(document) = self.next.pop() {
            return Discovery::Next(Self {
                document,
                found: Some(server),
                ..self
            });
        }
        Discovery::Found(*server)
    }
}

impl Exchange for Discovering {
    type Output = Discovery;

    fn request(&self) -> Request<Vec<u8>> {
        get(&self.document, "application/json")
    }

    /// Takes the response. If the document does not exist, the next one follows. A document of OpenID Connect without a revocation endpoint
    /// is followed by one of OAuth 2.0.
    ///
    /// # Errors
    ///
    /// * [`Error::Malformed`]: the document is invalid or of another issuer.
    /// * [`Error::Unavailable`]: the same document can be requested again.
    /// * Any error: the last document does not exist, either.
    ///
    /// After a document that describes the server, nothing is an error.
    fn response(
        mut self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Discovery, Refused<Self>> {
        let reply = classify_other(&response, ResponseKind::Discovery, now);
        if let Some(found) = self.found.take() {
            let other = reply.and_then(|reply| self.read(&reply));
            return Ok(self.complete(found, other));
        }
        let error = match reply {
            Ok(reply) => match self.read(&reply) {
                Ok(server) => return Ok(self.found(server)),
                // An invalid document does not lead to the next one: an attacker who can damage one could select another.
                Err(error) => return Err(Refused::new(self, error)),
            },
            Err(error) => error,
        };
        // Many servers respond to an unknown path with a redirect or an HTML page.
        // A transient error does not say that the document is missing.
        if error.retry_in(now).is_none()
            && let Some(document) = self.next.pop()
        {
            return Ok(Discovery::Next(Self { document, ..self }));
        }
        Err(Refused::new(self, error))
    }
}

impl sealed::Sealed for Discovering {}

fn is_oauth(document: &Uri) -> bool {
    document.path().contains(OAUTH)
}

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID_CONNECT: &str = "/.well-known/openid-configuration";
