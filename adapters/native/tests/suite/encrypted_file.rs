//! The session and the pending login in encrypted files.

#[cfg(unix)]
use std::fs;

use tempfile::TempDir;
use workos_login_mock_server::Server;
use workos_login_native::workos_login::Client;
use workos_login_native::{HandledUrl, Location, NativeApp, Storage};

use crate::support::{ALICE, app, email, encrypted_files, log_in, private_directory, server};

/// The application as each process makes it.
fn started(server: &Server, directory: &TempDir) -> NativeApp {
    app(server)
        .redirect_uri("com.example.acme:/callback".parse().unwrap())
        .storage(Storage::File(encrypted_files(directory)))
}

#[test]
fn a_login_and_its_session_outlive_each_process() {
    let server = server();
    let directory = private_directory();
    let url = started(&server, &directory).begin().unwrap();
    let link = server.log_in(url.as_str(), ALICE).unwrap();
    let handled = started(&server, &directory).handle_url(&link).unwrap();
    assert!(matches!(handled, HandledUrl::Session(_)));
    let again = started(&server, &directory).handle_url(&link).unwrap();
    assert!(matches!(again, HandledUrl::Ignored));

    let session = started(&server, &directory).session().unwrap().unwrap();
    assert_eq!(email(&session), ALICE);
    assert_eq!(session.location(), Location::File);
    session.refresh_now().unwrap();
    session.log_out().unwrap();
    assert!(started(&server, &directory).session().unwrap().is_none());
}

#[test]
fn another_client_name_or_account_has_another_session() {
    let server = server();
    let directory = private_directory();
    let own = app(&server).storage(Storage::File(encrypted_files(&directory)));
    log_in(&own, &server, ALICE);
    let others = [
        own.clone().account("other"),
        own.clone()
            .with_client(Client::public("client_other".parse().unwrap())),
        NativeApp::new(own.client().clone(), "Other").storage(own.selected_storage().clone()),
    ];
    for other in others {
        assert!(other.session().unwrap().is_none());
    }
    assert!(own.session().unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn no_login_is_started_if_others_can_access_the_directory() {
    let server = server();
    let directory = private_directory();
    let accessible = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(directory.path(), accessible).unwrap();
    let error = started(&server, &directory).login().unwrap_err();
    assert!(
        matches!(error, workos_login_native::NativeError::NoStore(_)),
        "{error:?}"
    );
    assert!(error.to_string().contains("run: chmod 700"), "{error}");
    assert_eq!(server.request_count(), 0);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
