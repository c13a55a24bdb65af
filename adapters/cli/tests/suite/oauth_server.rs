//! An OAuth authorization server with metadata, scripted responses and a log of requests.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

pub(crate) const CLIENT_ID: &str = "native";

/// The server. Its thread runs until the end of the tests.
pub(crate) struct OAuthServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    responses: VecDeque<(u16, Value)>,
    /// Without it, the server publishes none.
    metadata: Option<Value>,
    /// The nonce of the last authorization request, for ID tokens.
    nonce: Option<String>,
    requests: Vec<Request>,
}

/// A request to the server.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) form: HashMap<String, String>,
}

impl OAuthServer {
    /// Starts a server without responses.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let served = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A test notices a closed connection itself.
                let _ = serve(stream.unwrap(), &served);
            }
        });
        Self { address, state }
    }

    /// Returns the issuer, which is also the base URL of the endpoints.
    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes the program use this server by environment variables.
    pub(crate) fn configure(&self, command: &mut Command) {
        let issuer = self.issuer();
        command
            .env("WORKOS_CLIENT_ID", CLIENT_ID)
            .env(
                "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
                format!("{issuer}/authorize"),
            )
            .env("WORKOS_LOGIN_TOKEN_ENDPOINT", format!("{issuer}/token"))
            .env("WORKOS_LOGIN_ISSUER", issuer);
    }

    /// Publishes metadata with these members, beside the required ones.
    pub(crate) fn publish(&self, members: &Value) {
        let issuer = self.issuer();
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            // Without it, the document of OAuth 2.0 is requested, too.
            "revocation_endpoint": format!("{issuer}/revoke"),
        });
        let all = metadata.as_object_mut().unwrap();
        all.extend(members.as_object().unwrap().clone());
        self.state.lock().unwrap().metadata = Some(metadata);
    }

    /// Returns the paths of the requests since the last call.
    pub(crate) fn take_paths(&self) -> Vec<String> {
        let requests = std::mem::take(&mut self.state.lock().unwrap().requests);
        requests.into_iter().map(|request| request.path).collect()
    }

    /// Adds the response to the next request that has none, whatever it is.
    pub(crate) fn respond(&self, status: u16, body: Value) {
        let mut state = self.state.lock().unwrap();
        state.responses.push_back((status, body));
    }

    /// Returns the requests, oldest first.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Makes a token response with these claims in the ID token, beside the required ones.
    pub(crate) fn tokens(&self, claims: &Value) -> Value {
        let mut all = json!({"iss": self.issuer(), "aud": CLIENT_ID, "sub": "sub_1", "iat": 0, "exp": 4_102_444_800_u64});
        all.as_object_mut()
            .unwrap()
            .extend(claims.as_object().unwrap().clone());
        json!({"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600, "id_token": all})
    }
}

/// Makes an ID token of its claims, signed with the key of this server.
fn id_token(claims: &Value, nonce: Option<&str>) -> Value {
    let mut claims = claims.clone();
    claims["nonce"] = json!(nonce);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": "EdDSA", "kid": "key_1"});
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = signing_key(1).sign(signed.as_bytes());
    json!(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn signing_key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// Makes a key set with the key of this server, whose seed is 1, or with another one.
pub(crate) fn jwks(seed: u8) -> Value {
    let x = URL_SAFE_NO_PAD.encode(signing_key(seed).public_key());
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "key_1", "x": x}]})
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = String::new();
    while reader.read_line(&mut headers)? > 2 {}
    let headers = headers.to_ascii_lowercase();
    let length = headers
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    let (status, body) = if let Some(query) = path.strip_prefix("/authorize?") {
        let mut query = url::form_urlencoded::parse(query.as_bytes());
        let nonce = query.find(|(name, _)| name == "nonce");
        state.lock().unwrap().nonce = nonce.map(|(_, nonce)| nonce.into_owned());
        (200, json!({}))
    } else {
        let mut state = state.lock().unwrap();
        let response = match path.starts_with("/.well-known/") {
            true => Some(
                state
                    .metadata
                    .clone()
                    .map_or((404, json!({})), |it| (200, it)),
            ),
            false => state.responses.pop_front(),
        };
        state.requests.push(Request {
            path,
            headers,
            form,
        });
        let (status, mut body) = response.unwrap_or((500, json!({"error": "server_error"})));
        if body["id_token"].is_object() {
            body["id_token"] = id_token(&body["id_token"], state.nonce.as_deref());
        }
        (status, body)
    };
    let body = body.to_string();
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
