//! A single-page application that logs in, shows the user, switches the organization, and logs out.
//!
//! The page names the service: `<body data-client-id data-base-url data-refresh-token>`. Without a base URL, it is the origin of the page.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, HtmlElement};
use workos_login_browser::workos_login::{Client, ConnectionSelector, Screen};
use workos_login_browser::workos_login_session::Token;
use workos_login_browser::{BrowserSession, RefreshTokenStorage};

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
    on_click("switch", &session, switch_organization);
    on_click("logout", &session, log_out);
    session.on_logout(|| show("user", "Not logged in"));
    let visible = session.clone();
    spawn_local(async move { visible.refresh_when_visible().await });
    let finished = session.handle_callback().await.unwrap_or_else(|error| {
        show("error", &described(&error));
        None
    });
    let token = match finished {
        Some(token) => Some(token),
        // Without a login that was finished here, the session may exist already.
        None => session.restore().await?,
    };
    match token {
        Some(token) => greet(&token),
        None => show("user", "Not logged in"),
    }
    Ok(())
}

fn session() -> Result<BrowserSession, Failure> {
    let origin = origin()?;
    let client = Client::public(data("data-client-id")?.parse()?);
    let base_url = data("data-base-url").unwrap_or_else(|_| origin.clone());
    let client = client.base_url(base_url.parse()?)?;
    let storage = match &*data("data-refresh-token")? {
        "cookie" => RefreshTokenStorage::Cookie,
        "local-storage" => RefreshTokenStorage::LocalStorage,
        _ => RefreshTokenStorage::Memory,
    };
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
    let warning = token.warning().map(ToString::to_string);
    show("warning", &warning.unwrap_or_default());
    Ok(())
}

async fn switch_organization(session: BrowserSession) -> Result<(), Failure> {
    let organization = data("data-organization")?.parse()?;
    let token = session.switch_organization(&organization).await?;
    greet(&token);
    Ok(())
}

async fn log_out(session: BrowserSession) -> Result<(), Failure> {
    session.log_out(Some(&format!("{}/", origin()?))).await?;
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
    let session = token.session();
    let name = session.user().and_then(|user| user.first_name());
    show("user", &format!("Hello {}", name.unwrap_or("you")));
    let organization = session.organization_id().map_or("", |id| id.as_str());
    show("organization", organization);
}

/// Counts the actions that are done, so that a test can wait for one.
fn count() {
    if let Some(body) = document().body() {
        let done = body.get_attribute("data-done").and_then(|n| n.parse().ok());
        let _ = body.set_attribute("data-done", &(done.unwrap_or(0) + 1).to_string());
    }
}

fn origin() -> Result<String, Failure> {
    let location = document().location().ok_or("the page has no address")?;
    Ok(location.origin().map_err(|_| "the page has no origin")?)
}

/// Returns an attribute of the body.
fn data(name: &str) -> Result<String, Failure> {
    let value = document().body().and_then(|body| body.get_attribute(name));
    Ok(value.ok_or(format!("the page has no {name}"))?)
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
