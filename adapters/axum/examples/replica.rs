//! One replica of an application: a protected page, step-up authentication, organization switch and logout.
//!
//! Without an account, with the mock server, and with two replicas that share their sessions in Redis:
//!
//! ```console
//! $ redis-server --port 6379 --appendonly yes --appendfsync always --maxmemory-policy noeviction &
//! $ cargo run -p workos-login-mock-server -- --port 3010 &
//! $ openssl rand -out session.key 32
//! $ export WORKOS_CLIENT_ID=client_01K1TESTC11ENT000000000000 WORKOS_API_KEY=sk_test_this_opens_nothing
//! $ export WORKOS_BASE_URL=http://127.0.0.1:3010 SESSION_KEYS=1:session.key REDIS_URL=redis://127.0.0.1:6379
//! $ LISTEN=127.0.0.1:3001 cargo run -p workos-login-axum --example replica &
//! $ LISTEN=127.0.0.1:3000 cargo run -p workos-login-axum --example replica
//! ```
//!
//! Then open `http://localhost:3000/` and `http://localhost:3001/`: cookies are shared by all ports of a host, as if a load balancer were in
//! front of the replicas. Without `REDIS_URL`, the sessions are in sealed cookies. `PUBLIC_URL` is the URL that browsers
//! open; `PUBLIC_URL/callback` must be a redirect URI of the client, and `PUBLIC_URL/` a logout redirect.
//!
//! For a key rotation, start every replica with `SESSION_KEYS=1:session.key,2:new.key`, then with `2:new.key,1:session.key`.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::net::TcpListener;
use workos_login_axum::workos_login::url::Url;
use workos_login_axum::workos_login::{Client, Confidential, OrganizationId};
use workos_login_axum::{
    LoggedIn, LoginParameter, SealedCookies, SealingKeys, StepUpRequired, WebAuth, WebAuthBuilder,
};
use workos_login_redis::RedisSessions;

type Replica = State<SocketAddr>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = variable("LISTEN").unwrap_or("127.0.0.1:3000".to_owned());
    let public_url = variable("PUBLIC_URL").unwrap_or("http://localhost:3000".to_owned());
    let auth = WebAuth::builder(client()?, workos_login_reqwest::client()?)
        .redirect_uri(format!("{public_url}/callback").parse()?)
        .logged_out_url(&Url::parse(&public_url)?)
        .allow([
            LoginParameter::MaxAge,
            LoginParameter::Organization,
            LoginParameter::Screen,
        ]);
    let auth = sessions(auth)?.build()?;

    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/", get(home))
        .route("/admin", get(admin))
        .route("/transfer", get(transfer))
        .route("/organization", post(organization))
        .with_state(address)
        .merge(auth.routes())
        .layer(auth.layer());
    println!("{address}: open {public_url}/");
    Ok(axum::serve(listener, app).await?)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}

fn client() -> Result<Client<Confidential>, Box<dyn Error>> {
    let id = variable("WORKOS_CLIENT_ID")?.parse()?;
    let client = Client::confidential(id, variable("WORKOS_API_KEY")?.parse()?);
    Ok(match variable("WORKOS_BASE_URL") {
        Ok(url) => client.base_url(url.parse()?)?,
        Err(_) => client,
    })
}

fn sessions(auth: WebAuthBuilder) -> Result<WebAuthBuilder, Box<dyn Error>> {
    let keys = keys(&variable("SESSION_KEYS")?)?;
    Ok(match variable("REDIS_URL") {
        Ok(url) => auth.sessions(RedisSessions::connect(&url, keys)?),
        Err(_) => auth.sessions(SealedCookies::new(keys)),
    })
}

/// Reads keys in the form `2:new.key,1:old.key`. The first one seals.
fn keys(text: &str) -> Result<SealingKeys, Box<dyn Error>> {
    let mut keys: Option<SealingKeys> = None;
    for entry in text.split(',') {
        let (id, file) = entry.split_once(':').ok_or("a session key has no id")?;
        let id = id.parse()?;
        let key: [u8; 32] = fs::read(file)?
            .try_into()
            .map_err(|_| format!("{file} must have 32 bytes: openssl rand -out {file} 32"))?;
        keys = Some(match keys {
            Some(keys) => keys.and_opens(id, &key),
            None => SealingKeys::new(id, &key),
        });
    }
    Ok(keys.ok_or("there is no session key")?)
}

async fn home(State(replica): Replica, user: Option<LoggedIn>) -> Html<String> {
    let links = match user {
        Some(user) => format!(
            "<p id=user>{}</p><p><a href=/admin>Administration</a> <a href=/transfer>Transfer</a></p>",
            escape(&name(&user))
        ),
        None => "<p id=user>Not logged in</p><p><a href=/login>Log in</a> <a href=\"/login?screen_hint=sign-up\">Sign up</a></p>".to_owned(),
    };
    page("Home", replica, &links)
}

async fn admin(State(replica): Replica, user: LoggedIn) -> Html<String> {
    let session = user.session();
    let expires = session.expires_in(SystemTime::now()).unwrap_or_default();
    let organization = session
        .organization_id()
        .map_or("none", OrganizationId::as_str);
    let text = format!(
        "<p>User: <span id=user>{}</span></p><p>Organization: <span id=organization>{}</span></p><p>The access token expires in {} s.</p>\
         <form method=post action=/organization><label>Organization <input name=organization_id></label> <button>Switch</button></form>\
         <form method=post action=/logout><button>Log out</button></form>\
         <p><a href=\"{}\">Log out by a link</a></p>",
        escape(&name(&user)),
        escape(organization),
        expires.as_secs(),
        user.logout_path()
    );
    page("Administration", replica, &text)
}

/// A page for users who have authenticated within the last five minutes.
async fn transfer(State(replica): Replica, user: LoggedIn) -> Result<Html<String>, StepUpRequired> {
    user.require_auth_within(Duration::from_secs(300))?;
    Ok(page(
        "Transfer",
        replica,
        "<p>You authenticated recently.</p>",
    ))
}

#[derive(Deserialize)]
struct Switch {
    organization_id: String,
}

/// The cookies are `SameSite=Lax`, so no form of another site can switch the organization.
async fn organization(
    State(replica): Replica,
    user: LoggedIn,
    Form(form): Form<Switch>,
) -> Response {
    let Ok(organization) = form.organization_id.parse() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match user.switch_organization(&organization).await {
        Ok(_) => Redirect::to("/admin").into_response(),
        Err(error) => {
            let text = format!("<p>{}</p>", escape(&error.to_string()));
            (StatusCode::CONFLICT, page("Not switched", replica, &text)).into_response()
        }
    }
}

fn name(user: &LoggedIn) -> String {
    let user = user.session().user();
    let name = user.and_then(|user| user.email().or(Some(user.id())));
    name.unwrap_or("unknown").to_owned()
}

fn page(title: &str, replica: SocketAddr, text: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><link rel=icon href=\"data:,\">\
         <style>body {{ font: 1.1rem system-ui; margin: 2rem auto; max-width: 40rem; padding: 0 1rem }}</style>\
         <h1>{title}</h1>{text}<footer><small>Replica <span id=replica>{replica}</span></small></footer>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
