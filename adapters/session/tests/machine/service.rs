//! A model of the service: what it knows of each login, and what it answers to a refresh.
//!
//! It is data, so that it can be copied and compared; what it says goes over the wire as the real service writes it.

use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use workos_login::http::Response;

/// Milliseconds of real time since the beginning of a run.
pub(crate) type Millis = u64;

/// How the service treats its refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// Whether each refresh spends the token.
    pub(crate) rotates: bool,
    /// For how long a spent token is answered with what it was answered first.
    pub(crate) window: Millis,
    /// Whether a spent token that comes back later ends the session.
    pub(crate) detects_reuse: bool,
    /// The life of an access token, in seconds.
    pub(crate) life: u64,
}

impl Rules {
    pub(crate) const ALL: [Self; 4] = [Self::STEADY, Self::STRICT, Self::FORGIVING, Self::WATCHFUL];
    /// The same refresh token for ever.
    pub(crate) const STEADY: Self = Self {
        rotates: false,
        window: 0,
        detects_reuse: false,
        life: 300,
    };
    /// Single use, and no second chance.
    pub(crate) const STRICT: Self = Self {
        rotates: true,
        ..Self::STEADY
    };
    /// Single use, with a replay window.
    pub(crate) const FORGIVING: Self = Self {
        window: 30_000,
        ..Self::STRICT
    };
    /// Single use, with a replay window, after which a spent token ends the session.
    pub(crate) const WATCHFUL: Self = Self {
        detects_reuse: true,
        ..Self::FORGIVING
    };
}

/// An organization.
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

    pub(crate) fn from_id(id: &str) -> Self {
        match id {
            "org_a" => Self::A,
            "org_b" => Self::B,
            _ => panic!("{id} is no organization of the model"),
        }
    }
}

/// What one answer hands out. Numbers only grow, over all logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    pub(crate) login: u32,
    pub(crate) refresh: u32,
    pub(crate) access: u32,
    pub(crate) org: Org,
    /// Seconds.
    pub(crate) life: u64,
}

impl Pair {
    pub(crate) fn refresh_token(&self) -> String {
        format!("refresh_{}", self.refresh)
    }

    /// The body of a success.
    pub(crate) fn body(&self) -> Value {
        let claims = json!({
            "sid": format!("session_{}", self.login),
            "jti": self.access.to_string(),
            "org_id": self.org.id(),
            "iat": 1_780_000_000_u64,
            "exp": 1_780_000_000 + self.life,
        });
        json!({
            "user": {
                "object": "user",
                "id": "user_01KRD61NFP1TMK7DSQQ9C3Z534",
                "email": "nadia.okafor@example.org",
                "email_verified": true,
            },
            "access_token": format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims.to_string())),
            "refresh_token": self.refresh_token(),
        })
    }
}

/// Reads which login and which answer an access token is from.
pub(crate) fn login_and_access(token: &str) -> (u32, u32) {
    thread_local! {
        static KNOWN: RefCell<HashMap<Box<str>, (u32, u32)>> = RefCell::default();
    }
    let read = || {
        let payload = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        let login = claims["sid"].as_str().unwrap().strip_prefix("session_");
        let access = claims["jti"].as_str().unwrap();
        (login.unwrap().parse().unwrap(), access.parse().unwrap())
    };
    KNOWN.with_borrow_mut(|known| match known.get(token) {
        Some(numbers) => *numbers,
        None => *known.entry(token.into()).or_insert_with(read),
    })
}

/// Reads what [`Pair::refresh_token`] has written.
pub(crate) fn refresh_number(token: &str) -> u32 {
    let number = token.strip_prefix("refresh_").map(str::parse);
    number.unwrap().unwrap()
}

/// An answer, before it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ErrorResponse {
    Success(Pair),
    /// A status, an error code, and seconds of `Retry-After`.
    Failure(u16, &'static str, Option<u64>),
    /// The page of a captive portal.
    Portal,
    /// A success that was cut short.
    Garbled,
}

impl ErrorResponse {
    pub(crate) const INVALID_GRANT: Self = Self::Failure(400, "invalid_grant", None);

    /// Whether it says that the service has done nothing. 408 and 5xx leave that open.
    pub(crate) fn is_definite(self) -> bool {
        matches!(self, Self::Failure(status, ..) if status < 500 && status != 408)
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

/// A refresh, as it came over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) refresh: u32,
    pub(crate) org: Org,
}

impl Asked {
    /// Reads the bytes of a request as the service does.
    pub(crate) fn read(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["grant_type"], "refresh_token");
        Self {
            refresh: refresh_number(body["refresh_token"].as_str().unwrap()),
            org: Org::from_id(body["organization_id"].as_str().unwrap()),
        }
    }
}

/// What a refresh token is to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The newest one of a session that lives.
    Current,
    /// Spent, and answered with the same pair again.
    Replayed,
    /// Spent, and too late.
    Spent,
    /// Of a session that has ended.
    Ended,
}

/// The service, with all that it has handed out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    pub(crate) rules: Rules,
    logins: Vec<Login>,
    next: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Login {
    number: u32,
    current: Pair,
    /// The last answer: which token it was for, and when it was given.
    last: Option<(u32, Millis)>,
    spent: Vec<u32>,
    ended: bool,
}

impl Service {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            logins: Vec::new(),
            next: 0,
        }
    }

    /// A user signs in: a new session.
    pub(crate) fn log_in(&mut self) -> Pair {
        self.next += 1;
        let pair = Pair {
            login: self.next,
            refresh: self.next,
            access: self.next,
            org: Org::A,
            life: self.rules.life,
        };
        self.logins.push(Login {
            number: self.next,
            current: pair,
            last: None,
            spent: Vec::new(),
            ended: false,
        });
        pair
    }

    /// How many pairs were handed out that had not been before.
    pub(crate) fn handed_out(&self) -> u32 {
        self.next
    }

    pub(crate) fn standing(&self, token: u32, now: Millis) -> Standing {
        let login = self
            .logins
            .iter()
            .find(|login| login.current.refresh == token || login.spent.contains(&token))
            .expect("only tokens that were handed out come back");
        match login.last {
            _ if login.ended => Standing::Ended,
            _ if login.current.refresh == token => Standing::Current,
            Some((last, at)) if last == token && now - at <= self.rules.window => {
                Standing::Replayed
            }
            _ => Standing::Spent,
        }
    }

    /// Acts on a refresh, and answers it as a service in good health does.
    pub(crate) fn act(&mut self, asked: Asked, org: Org, now: Millis) -> ErrorResponse {
        let standing = self.standing(asked.refresh, now);
        let (rules, next) = (self.rules, self.next + 1);
        let login = self
            .logins
            .iter_mut()
            .find(|login| {
                login.current.refresh == asked.refresh || login.spent.contains(&asked.refresh)
            })
            .expect("its standing was found");
        match standing {
            Standing::Current => {
                self.next = next;
                login.last = Some((asked.refresh, now));
                login.current.access = next;
                login.current.org = org;
                if rules.rotates {
                    login.spent.push(asked.refresh);
                    login.current.refresh = next;
                }
                ErrorResponse::Success(login.current)
            }
            Standing::Replayed => ErrorResponse::Success(login.current),
            Standing::Spent => {
                login.ended |= rules.detects_reuse;
                ErrorResponse::INVALID_GRANT
            }
            Standing::Ended => ErrorResponse::INVALID_GRANT,
        }
    }

    /// The newest login ends on the service's side.
    pub(crate) fn end_session(&mut self) {
        if let Some(login) = self.logins.last_mut() {
            login.ended = true;
        }
    }
}
