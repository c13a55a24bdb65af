//! The same types for async applications.

use std::time::Duration;

use workos_login_native::workos_login::secrecy::ExposeSecret;
use workos_login_native::{Canceller, HandledUrl, LoginEvent, NativeError, nonblocking};

use crate::support::{ALICE, app, server, with_browser};

#[tokio::test]
async fn an_async_application_logs_in_and_out() {
    let server = server();
    let app = nonblocking::NativeApp::from(app(&server));
    assert!(app.session().await.unwrap().is_none());
    let session = app
        .login_with(|login| with_browser(login, &server, ALICE))
        .await
        .unwrap();
    let token = session.access_token().await.unwrap();
    assert!(token.secret().expose_secret().starts_with("eyJ"));
    session.refresh_now().await.unwrap();
    assert!(session.authenticated().await.unwrap().is_some());
    assert!(session.log_out().await.unwrap().url().is_some());
    assert!(app.session().await.unwrap().is_none());
}

#[tokio::test]
async fn an_async_application_handles_a_link() {
    let server = server();
    let app = app(&server).redirect_uri("com.example.acme:/callback".parse().unwrap());
    let app = nonblocking::NativeApp::from(app);
    let url = app.begin().await.unwrap();
    let link = server.log_in(url.as_str(), ALICE).unwrap();
    assert!(matches!(
        app.handle_url(&link).await,
        Ok(HandledUrl::Session(_))
    ));
}

#[tokio::test]
async fn a_dropped_future_cancels_the_login() {
    let server = server();
    let app = nonblocking::NativeApp::from(app(&server));
    let canceller = Canceller::new();
    let (sender, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let login = app.login_with(|login| {
        let login = login.no_browser().canceller(&canceller);
        login.progress(move |event| {
            if matches!(event, LoginEvent::WaitingForCallback { .. }) {
                let _ = sender.send(());
            }
        })
    });
    tokio::select! {
        result = login => panic!("{result:?}"),
        _ = waiting.recv() => {}
    }
    assert!(canceller.is_cancelled());
    // The thread of the login ends, and with it the sender.
    let ended = async { while waiting.recv().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_canceller_ends_an_async_login() {
    let server = server();
    let app = nonblocking::NativeApp::from(app(&server));
    let canceller = Canceller::new();
    canceller.cancel();
    let ended = app
        .login_with(|login| login.no_browser().canceller(&canceller))
        .await;
    assert!(matches!(ended, Err(NativeError::Cancelled)));
}
