//! A desktop application with Tauri: the Rust side logs the user in, and the web view shows the user.
//!
//! The callback is a link with a private-use URI scheme (RFC 8252 section 7.1). If the application runs, the operating system starts a second
//! process, whose plugin hands the link over and ends it. If not, the new process completes the login: the pending login is in the keyring.
//!
//! The web view gets the state of the login and the responses of API calls. Both tokens stay on this side.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod api;
mod commands;
mod login;
mod view;

use std::error::Error;
use std::process::ExitCode;

use tauri::{App, AppHandle, Manager};
use tauri_plugin_deep_link::DeepLinkExt;

use crate::login::Login;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("acme-desktop: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    tauri::Builder::default()
        // First: it ends a second process before that does anything else.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| raise(app)))
        .plugin(tauri_plugin_deep_link::init())
        .manage(Login::from_env()?)
        .invoke_handler(tauri::generate_handler![
            commands::call_api,
            commands::log_in,
            commands::log_out,
            commands::watch_login,
        ])
        .setup(|app| {
            start(app);
            Ok(())
        })
        .run(tauri::generate_context!())?;
    Ok(())
}

/// Handles the link that started this process and those that arrive later, and resumes the session.
fn start(app: &App) {
    let links = app.deep_link();
    // Elsewhere, and for all users, an installer registers the scheme.
    #[cfg(any(windows, target_os = "linux"))]
    if let Err(error) = links.register_all() {
        let problem =
            "links cannot be opened in this application; install xdg-utils and start it again";
        app.state::<Login>().warn(&format!("{problem} ({error})"));
    }
    let handle = app.handle().clone();
    links.on_open_url(move |event| {
        for url in event.urls() {
            // The second process does not end before this function.
            in_background(&handle, move |login| login.handle_link(url.as_str()));
        }
    });
    let first = links.get_current().ok().flatten().unwrap_or_default();
    in_background(app.handle(), move |login| {
        for url in first {
            login.handle_link(url.as_str());
        }
        login.resume();
    });
}

/// Works on another thread, because the keyring and the service block and the main thread draws the window.
fn in_background(app: &AppHandle, work: impl FnOnce(&Login) + Send + 'static) {
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || work(&app.state::<Login>()));
}

/// Shows the window to a user who has started the application again, or followed a link.
fn raise(app: &AppHandle) {
    for window in app.webview_windows().values() {
        // A window manager can refuse to raise a window. The user can still do it.
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Returns the text of an error with its causes. None of them contains a token.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        // Some errors repeat their cause.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
