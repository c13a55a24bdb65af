//! The commands of the page, which `capabilities/page.json` permits. None returns a token.

use tauri::async_runtime::spawn_blocking;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};

use crate::api::ApiResponse;
use crate::login::Login;
use crate::view::View;
use crate::with_causes;

/// Passes the present view and each later one to the page.
#[tauri::command]
pub(crate) fn watch_login(login: State<'_, Login>, page: Channel<View>) {
    login.viewer.attach(page);
}

#[tauri::command]
pub(crate) async fn log_in(app: AppHandle) -> Result<(), String> {
    blocking(app, Login::log_in).await
}

#[tauri::command]
pub(crate) async fn log_out(app: AppHandle) -> Result<(), String> {
    blocking(app, Login::log_out).await
}

/// Sends a GET request to the API. The Rust side adds the access token.
#[tauri::command]
pub(crate) async fn call_api(app: AppHandle, path: String) -> Result<ApiResponse, String> {
    let call = move |login: &Login| login.call_api(&path).map_err(|error| with_causes(&*error));
    blocking(app, call).await?
}

/// Runs on a thread that may block: the keyring can ask the user to unlock it, and the service can be slow.
async fn blocking<T: Send + 'static>(
    app: AppHandle,
    work: impl FnOnce(&Login) -> T + Send + 'static,
) -> Result<T, String> {
    let work = spawn_blocking(move || work(&app.state::<Login>()));
    work.await.map_err(|error| error.to_string())
}
