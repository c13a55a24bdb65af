//! The service: what it knows of each login, and how it responds to a refresh.
//!
//! It is data, so that it can be copied and compared. Its responses go over the wire as those of the real service.

use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use workos_login_session::workos_login::http::Response;

/// Milliseconds of real time.
pub(crate) type Millis = u64;

/// How the service treats refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// Refresh token rotation.
    pub(crate) rotates: bool,
    /// The replay window, in which the request that used a refresh token is answered again, and no other one.
    pub(crate) window: Millis,
    /// Reuse detection: a used refresh token that is sent later ends the session.
    pub(crate) detects_reuse: bool,
    /// The lifetime of an access token in seconds.
    pub(crate) lifetime: u64,
    /// True if access tokens have a `sid`.
    pub(crate) sid: bool,
}

impl Rules {
    /// The refresh token never changes.
    pub(crate) const STATIC: Self = Self {
        rotates: false,
        window: 0,
        detects_reuse: false,
        lifetime: 300,
        sid: true,
    };
    pub(crate) const ROTATING: Self = Self {
        rotates: true,
        ..Self::STATIC
    };
    pub(crate) const REPLAYING: Self = Self {
        window: 30_000,
        ..Self::ROTATING
    };
    pub(crate) const DETECTING: Self = Self {
        detects_reuse: true,
        ..Self::REPLAYING
    };

    pub(crate) const fn without_sid(self) -> Self {
        Self { sid: false, ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Org {
    A,
    B,
}

impl Org {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::A => "org_a",
            Self::B => "org_b",
        }
    }

    pub(crate) fn of(id: &str) -> Self {
        match id {
            "org_a" => Self::A,
            "org_b" => Self::B,
            _ => panic!("{id} is no organization of the model"),
        }
    }
}

/// The tokens of one response. Numbers only grow, over all logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    pub(crate) login: u32,
    pub(crate) refresh: u32,
    pub(crate) access: u32,
    pub(crate) org: Org,
    rules: Rules,
}

impl Pair {
    fn body(&self) -> Value {
        let mut claims = json!({
            "login": self.login,
            "jti": self.access,
            "org_id": self.org.id(),
            "iat": 1_780_000_000_u64,
            "exp": 1_780_000_000 + self.rules.lifetime,
        });
        if self.rules.sid {
            claims["sid"] = format!("session_{}", self.login).into();
        }
        json!({
            "user": {
                "object": "user",
                "id": "user_01KRD61NFP1TMK7DSQQ9C3Z534",
                "email": "nadia.okafor@example.org",
                "email_verified": true,
            },
            "access_token": format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims.to_string())),
            "refresh_token": format!("refresh_{}", self.refresh),
        })
    }
}

/// Reads the numbers of the login and of the response from an access token.
pub(crate) fn login_and_access(token: &str) -> (u32, u32) {
    thread_local! {
        static KNOWN: RefCell<HashMap<Box<str>, (u32, u32)>> = RefCell::default();
    }
    let read = || {
        let payload = token.split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let number = |name| claims[name].as_u64().unwrap().try_into().unwrap();
        (number("login"), number("jti"))
    };
    KNOWN.with_borrow_mut(|known| match known.get(token) {
        Some(numbers) => *numbers,
        None => *known.entry(token.into()).or_insert_with(read),
    })
}

/// Reads the number of a refresh token.
pub(crate) fn refresh_number(token: &str) -> u32 {
    token.strip_prefix("refresh_").unwrap().parse().unwrap()
}

/// A response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reply {
    Success(Pair),
    /// A status, an error code, and the seconds of `Retry-After`.
    Failure(u16, &'static str, Option<u64>),
    /// The page of a captive portal.
    Portal,
    /// A success that was cut short.
    Garbled,
}

impl Reply {
    pub(crate) const INVALID_GRANT: Self = Self::Failure(400, "invalid_grant", None);
    pub(crate) const SSO_REQUIRED: Self = Self::Failure(403, "sso_required", None);
    pub(crate) const BUSY: Self = Self::Failure(429, "too_many_requests", Some(1));

    /// Returns whether the service has not acted. After 408, 5xx and a violation of the protocol, that is unknown.
    pub(crate) fn is_definite(self) -> bool {
        matches!(self, Self::Failure(status, ..) if status < 500 && status != 408)
    }

    /// The time before the next attempt, as the service demands or by default; `None` if there is none.
    pub(crate) fn demands(self) -> Option<Millis> {
        match self {
            Self::Failure(408 | 429 | 500.., _, seconds) => {
                Some((seconds.unwrap_or(1) * 1000).min(60_000))
            }
            _ => None,
        }
    }

    pub(crate) fn response(self) -> Response<Vec<u8>> {
        let (status, content, body) = match self {
            Self::Success(pair) => (200, "application/json", pair.body().to_string()),
            Self::Failure(status, code, _) => (
                status,
                "application/json",
                json!({"error": code}).to_string(),
            ),
            Self::Portal => (
                200,
                "text/html",
                "<p>Accept the terms of this network.</p>".into(),
            ),
            Self::Garbled => (200, "application/json", "{\"user\": {\"id\"".into()),
        };
        let mut response = Response::builder()
            .status(status)
            .header("content-type", content);
        if let Self::Failure(_, _, Some(seconds)) = self {
            response = response.header("retry-after", seconds);
        }
        response.body(body.into_bytes()).unwrap()
    }
}

/// A refresh request, as it came over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) refresh: u32,
    pub(crate) org: Org,
}

impl Asked {
    pub(crate) fn read(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["grant_type"], "refresh_token");
        Self {
            refresh: refresh_number(body["refresh_token"].as_str().unwrap()),
            org: Org::of(body["organization_id"].as_str().unwrap()),
        }
    }
}

/// The state of a refresh token at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The newest one of a session that has not ended.
    Current,
    /// Used by the very same request, within the replay window.
    Replayed,
    Used,
    /// Of a session that has ended.
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    pub(crate) rules: Rules,
    logins: Vec<Login>,
    last: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Login {
    current: Pair,
    /// The last request that was acted on, and when.
    last: Option<(Asked, Millis)>,
    used: Vec<u32>,
    ended: bool,
}

impl Login {
    fn has(&self, token: u32) -> bool {
        self.current.refresh == token || self.used.contains(&token)
    }
}

impl Service {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            logins: Vec::new(),
            last: 0,
        }
    }

    /// A user logs in.
    pub(crate) fn log_in(&mut self) -> Pair {
        self.last += 1;
        let current = Pair {
            login: self.last,
            refresh: self.last,
            access: self.last,
            org: Org::A,
            rules: self.rules,
        };
        self.logins.push(Login {
            current,
            last: None,
            used: Vec::new(),
            ended: false,
        });
        current
    }

    /// How many responses were new ones.
    pub(crate) fn issued(&self) -> u32 {
        self.last
    }

    pub(crate) fn standing(&self, asked: Asked, now: Millis) -> Standing {
        let login = self.logins.iter().find(|login| login.has(asked.refresh));
        let login = login.expect("only tokens that were issued come back");
        match login.last {
            _ if login.ended => Standing::Ended,
            _ if login.current.refresh == asked.refresh => Standing::Current,
            Some((last, at)) if last == asked && now - at <= self.rules.window => {
                Standing::Replayed
            }
            _ => Standing::Used,
        }
    }

    /// Acts on a request, and responds as a service without faults, with tokens for this organization.
    pub(crate) fn act(&mut self, asked: Asked, org: Org, now: Millis) -> Reply {
        let standing = self.standing(asked, now);
        let (rules, next) = (self.rules, self.last + 1);
        let login = self
            .logins
            .iter_mut()
            .find(|login| login.has(asked.refresh));
        let login = login.expect("its standing was found");
        match standing {
            Standing::Current => {
                self.last = next;
                login.last = Some((asked, now));
                login.current.access = next;
                login.current.org = org;
                if rules.rotates {
                    login.used.push(asked.refresh);
                    login.current.refresh = next;
                }
                Reply::Success(login.current)
            }
            Standing::Replayed => Reply::Success(login.current),
            Standing::Used => {
                login.ended |= rules.detects_reuse;
                Reply::INVALID_GRANT
            }
            Standing::Ended => Reply::INVALID_GRANT,
        }
    }

    /// The newest login ends at the service.
    pub(crate) fn end_session(&mut self) {
        if let Some(login) = self.logins.last_mut() {
            login.ended = true;
        }
    }
}
