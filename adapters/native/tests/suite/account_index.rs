//! The list of accounts.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use workos_login_native::workos_login::url::Url;
use workos_login_native::workos_login::{Client, Server};
use workos_login_native::{AccountIndex, NativeApp, NativeClient, Storage};

use crate::support::{encrypted_files, private_directory};

/// A file of its own for one test, which is removed on drop.
struct IndexFile(PathBuf);

impl IndexFile {
    fn new(test: &str) -> Self {
        let name = format!("{test}-{}", std::process::id());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn path(&self) -> PathBuf {
        self.0.join("config/accounts.json")
    }

    fn index(&self) -> AccountIndex {
        AccountIndex::new(self.path(), "Acme CLI")
    }

    #[track_caller]
    fn write(&self, text: &str) {
        fs::create_dir_all(self.path().parent().unwrap()).unwrap();
        fs::write(self.path(), text).unwrap();
    }
}

impl Drop for IndexFile {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn app(id: &str, name: &str) -> NativeApp {
    NativeApp::new(Client::public(id.parse().unwrap()), "Acme CLI").account(name)
}

#[track_caller]
fn names(index: &AccountIndex) -> Vec<String> {
    let apps = index.apps().unwrap();
    apps.iter()
        .map(|app| {
            let client = app.client().any();
            format!("{} {}", client.id(), app.account_name())
        })
        .collect()
}

#[test]
fn the_account_of_the_last_login_is_the_first() {
    let file = IndexFile::new("order");
    let index = file.index();
    assert!(names(&index).is_empty());
    let (a, b) = (app("client_1", "a"), app("client_2", "b"));
    for app in [&a, &b, &a] {
        index.put_first(app).unwrap();
    }
    assert_eq!(names(&index), ["client_1 a", "client_2 b"]);
    index.remove(&a).unwrap();
    index.remove(&a).unwrap();
    assert_eq!(names(&index), ["client_2 b"]);
}

#[test]
fn accounts_differ_in_name_client_issuer_and_store() {
    let file = IndexFile::new("same");
    let index = file.index();
    let url = Url::parse("https://staging.example.com").unwrap();
    let staging = Client::public("client_1".parse().unwrap());
    let staging = NativeApp::new(staging.base_url(url).unwrap(), "Acme CLI").account("a");
    let apps = [
        app("client_1", "a"),
        app("client_1", "b"),
        app("client_2", "a"),
        app("client_1", "a").storage(Storage::KernelKeyring),
        staging,
    ];
    for app in &apps {
        index.put_first(app).unwrap();
    }
    let listed = index.apps().unwrap();
    assert_eq!(listed.len(), apps.len());
    assert_eq!(
        listed[0].client().any().issuer(),
        "https://staging.example.com"
    );
    let storage = listed[1].selected_storage();
    assert!(matches!(storage, Storage::KernelKeyring));
}

#[test]
fn what_was_discovered_is_kept() {
    let file = IndexFile::new("server");
    let endpoint = Url::parse("https://example.org/oauth").unwrap();
    let server = Server::new("https://example.org", &endpoint, &endpoint).unwrap();
    let client = Client::oauth("client_1".parse().unwrap(), server);
    let app = NativeApp::new(client.clone(), "Acme CLI");
    file.index().put_first(&app).unwrap();
    let listed = file.index().apps().unwrap().remove(0);
    let NativeClient::OAuth(listed) = listed.client() else {
        panic!("{listed:?}")
    };
    let json = |server| serde_json::to_string(server).unwrap();
    assert_eq!(json(listed.server()), json(client.server()));
}

#[test]
fn writers_lose_no_account() {
    let file = IndexFile::new("writers");
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let index = file.index();
            scope.spawn(move || index.put_first(&app("client_1", name)).unwrap());
        }
    });
    assert_eq!(names(&file.index()).len(), 8);
}

#[test]
fn a_damaged_index_is_reported_and_not_overwritten() {
    let file = IndexFile::new("damaged");
    let record =
        r#"{"name": "a", "client_id": "", "issuer": "https://a.example", "store": "system"}"#;
    for (text, cause) in [
        ("{", "EOF"),
        (r#"{"version": 2, "accounts": []}"#, "version 2"),
        (
            &format!(r#"{{"version": 1, "accounts": [{record}]}}"#),
            "client ID",
        ),
    ] {
        file.write(text);
        let error = file.index().apps().unwrap_err();
        assert!(error.to_string().contains("accounts.json"), "{error}");
        assert!(error.to_string().contains("repair or remove"), "{error}");
        let source = error.source().unwrap().to_string();
        assert!(source.contains(cause), "{source}");
    }
    file.write("{");
    file.index().put_first(&app("client_1", "a")).unwrap_err();
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "{");
}

#[test]
fn an_account_in_memory_is_not_listed() {
    let file = IndexFile::new("memory");
    let app = app("client_1", "a").storage(Storage::Memory);
    let error = file.index().put_first(&app).unwrap_err();
    assert!(error.to_string().ends_with("cannot be written"), "{error}");
    assert!(names(&file.index()).is_empty());
}

#[test]
fn an_account_in_an_encrypted_file_needs_the_files() {
    let file = IndexFile::new("files");
    let directory = private_directory();
    let app = app("client_1", "a").storage(Storage::File(encrypted_files(&directory)));
    file.index().put_first(&app).unwrap();
    let error = file.index().apps().unwrap_err();
    assert!(error.to_string().ends_with("set the key"), "{error}");
    let listed = file.index().files(encrypted_files(&directory)).apps();
    let listed = listed.unwrap().remove(0);
    assert!(matches!(listed.selected_storage(), Storage::File(_)));
    file.index().remove(&app).unwrap();
    assert!(names(&file.index()).is_empty());
}
