//! A single-page application that logs in, shows the user, and logs out.
//!
//! The page names the service: `<body data-client-id data-base-url data-refresh-token>`.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, HtmlElement};
use workos_login_browser::workos_login::{Client, ConnectionSelector, Screen};
use workos_login_browser::workos_login_session::Token;
use workos_login_browser::{BrowserSession, LoginError, RefreshTokenStorage};

type Failure = Box<dyn std::error::Error>;

/// Starts the application.
#[wasm_bindgen(start)]
pub fn start() {
    spawn_local(async {
        if let Err(error) = run().await {
            show("error", &described(&*error));
        }
    });
}

async fn run() -> Result<(), Failure> {
    let session = session()?;
    on_click("login", &session, log_in);
    on_click("token", &session, use_token);
    on_click("logout", &session, log_out);
    session.on_logout(|| show("user", "Not logged in"));
    let visible = session.clone();
    spawn_local(async move { visible.refresh_when_visible().await });
    let token = match session.handle_callback().await {
        // Without a callback, or with one of no login of this tab, the session may exist already.
        Ok(None) | Err(LoginError::Rejected(_)) => session.restore().await,
        finished => finished,
    };
    match token? {
        Some(token) => greet(&token),
        None => show("user", "Not logged in"),
    }
    Ok(())
}

fn session() -> Result<BrowserSession, Failure> {
    let data = |name: &str| {
        let value = document().body().and_then(|body| body.get_attribute(name));
        value.ok_or(format!("the page has no {name}"))
    };
    let client = Client::public(data("data-client-id")?.parse()?);
    let client = client.base_url(data("data-base-url")?.parse()?)?;
    let storage = match &*data("data-refresh-token")? {
        "cookie" => RefreshTokenStorage::Cookie,
        _ => RefreshTokenStorage::Memory,
    };
    let location = document().location().ok_or("the page has no address")?;
    let origin = location.origin().map_err(|_| "the page has no origin")?;
    let redirect_uri = format!("{origin}/callback").parse()?;
    Ok(BrowserSession::new(client, redirect_uri, storage)?)
}

async fn log_in(session: BrowserSession) -> Result<(), Failure> {
    let selector = ConnectionSelector::AuthKit(Screen::SignIn);
    Ok(session.login_redirect(selector, |start| start).await?)
}

async fn use_token(session: BrowserSession) -> Result<(), Failure> {
    let token = session.access_token().await?;
    greet(&token);
    show(
        "warning",
        &token
            .warning()
            .map_or(String::new(), |warning| warning.to_string()),
    );
    Ok(())
}

async fn log_out(session: BrowserSession) -> Result<(), Failure> {
    let location = document().location().ok_or("the page has no address")?;
    let origin = location.origin().map_err(|_| "the page has no origin")?;
    session.log_out(Some(&format!("{origin}/"))).await?;
    show("user", "Not logged in");
    Ok(())
}

fn on_click<F: Future<Output = Result<(), Failure>> + 'static>(
    id: &str,
    session: &BrowserSession,
    action: impl Fn(BrowserSession) -> F + 'static,
) {
    let session = session.clone();
    let clicked = Closure::<dyn FnMut()>::new(move || {
        let future = action(session.clone());
        spawn_local(async move {
            show("error", "");
            if let Err(error) = future.await {
                show("error", &described(&*error));
            }
            count();
        });
    });
    if let Some(button) = element(id) {
        button.set_onclick(Some(clicked.as_ref().unchecked_ref()));
    }
    // The button exists as long as the page.
    clicked.forget();
}

fn greet(token: &Token) {
    let name = token.session().user().and_then(|user| user.first_name());
    show("user", &format!("Hello {}", name.unwrap_or("you")));
}

/// Counts the actions that are done, so that a test can wait for one.
fn count() {
    if let Some(body) = document().body() {
        let done = body.get_attribute("data-done").and_then(|n| n.parse().ok());
        let _ = body.set_attribute("data-done", &(done.unwrap_or(0) + 1).to_string());
    }
}

fn show(id: &str, text: &str) {
    if let Some(element) = element(id) {
        element.set_text_content(Some(text));
    }
}

fn described(mut error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    while let Some(source) = error.source() {
        text = format!("{text}: {source}");
        error = source;
    }
    text
}

fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn document() -> Document {
    web_sys::window()
        .and_then(|window| window.document())
        .expect("the module is loaded by a page")
}
