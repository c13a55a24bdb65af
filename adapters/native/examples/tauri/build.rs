//! Generates a permission for each command, so that a capability has to name the commands that the page can use.

use tauri_build::{AppManifest, Attributes};

fn main() {
    let commands = AppManifest::new().commands(&["call_api", "log_in", "log_out", "watch_login"]);
    if let Err(error) = tauri_build::try_build(Attributes::new().app_manifest(commands)) {
        panic!("{error:#}");
    }
}
