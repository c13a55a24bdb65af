//! Files of another key or client, and damaged ones.

use std::fs;

use workos_login::url::Url;
use workos_login_file::{EncryptedFiles, Error};
use workos_login_session::{BlockingStore, Expected, PendingLoginStore};

use crate::support::*;

#[test]
fn a_file_of_another_client_issuer_account_or_application_is_rejected() {
    let directory = directory();
    let own = store(&directory);
    save(&own, &record(10)).unwrap();
    let file = value_file(&directory);
    let content = fs::read(&file).unwrap();

    let other_id = workos_login::Client::public("client_2".parse().unwrap());
    let other_issuer = client();
    let url = Url::parse("https://staging.example.com").unwrap();
    let other_issuer = other_issuer.base_url(url).unwrap();
    let files = EncryptedFiles::new(directory.path(), keys(KEY));
    for other in [
        files.store("application", &other_id, "work"),
        files.store("application", &other_issuer, "work"),
        files.store("application", &client(), "home"),
        files.store("applicationclient", &client(), "work"),
    ] {
        let other = other.unwrap();
        assert!(other.load().unwrap().is_none());
        save(&other, &record(20)).unwrap();
        let error = other.clear(Expected::Nothing).unwrap_err();
        assert!(error.is_conflict());
        // The file of the first store under the name of this one.
        let moved = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_none() && *path != file)
            .unwrap();
        let mut forged = content.clone();
        let own_header = fs::read(&moved).unwrap();
        fs::write(&moved, &content).unwrap();
        let error = other.load().unwrap_err();
        assert!(matches!(file_error(&error), Error::OtherClient(path) if *path == moved));
        // The digest in front does not make it valid.
        forged[..HEADER].copy_from_slice(&own_header[..HEADER]);
        fs::write(&moved, &forged).unwrap();
        let error = other.load().unwrap_err();
        assert!(matches!(file_error(&error), Error::Damaged(_)), "{error}");
        other.clear(Expected::Anything).unwrap();
    }
    check_holds(&own, &record(10));
}

/// The version and the digest.
const HEADER: usize = 20 + 32;

#[test]
fn a_session_is_not_a_pending_login() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    let session = value_file(&directory);
    store
        .save_login(&crate::pending_logins::login("acme:/"))
        .unwrap();
    let login = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_none() && *path != session)
        .unwrap();
    fs::copy(session, login).unwrap();
    let error = store.load_login().unwrap_err();
    assert!(matches!(file_error(&error), Error::OtherClient(_)));
}

#[test]
fn another_key_is_reported_and_the_file_is_kept() {
    let directory = directory();
    let own = store(&directory);
    save(&own, &record(10)).unwrap();
    let other = store_with(&directory, OTHER_KEY);
    let error = other.load().unwrap_err();
    assert!(matches!(file_error(&error), Error::WrongKey(_)), "{error}");
    assert!(error.to_string().contains("log in again"), "{error}");
    let generation = Expected::Generation(record(10).generation());
    for expected in [Expected::Nothing, generation] {
        assert!(other.save(&record(20), expected).unwrap_err().is_conflict());
        assert!(other.clear(expected).unwrap_err().is_conflict());
    }
    other.check().unwrap();
    check_holds(&own, &record(10));
}

#[test]
fn an_older_key_opens_and_the_first_key_seals() {
    let directory = directory();
    save(&store(&directory), &record(10)).unwrap();
    let both = store_with(&directory, &format!("{OTHER_KEY}\n{KEY}\n"));
    check_holds(&both, &record(10));
    save(&both, &record(20)).unwrap();
    check_holds(&store_with(&directory, OTHER_KEY), &record(20));
    let error = store(&directory).load().unwrap_err();
    assert!(matches!(file_error(&error), Error::WrongKey(_)));
}

#[test]
fn a_truncated_or_changed_file_is_damaged_until_a_record_is_saved() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    let file = value_file(&directory);
    let content = fs::read(&file).unwrap();
    let damaged = |content: &[u8]| {
        fs::write(&file, content).unwrap();
        let error = store.load().unwrap_err();
        assert!(!format!("{error}{error:?}").contains("SECRET"));
        let saved = store.save(&record(20), Expected::Nothing);
        assert!(saved.unwrap_err().is_conflict());
        error
    };
    for end in (0..content.len()).step_by(7) {
        let error = damaged(&content[..end]);
        assert!(
            matches!(file_error(&error), Error::Damaged(_)),
            "{end}: {error}"
        );
    }
    for changed in (0..content.len()).step_by(7) {
        let mut content = content.clone();
        content[changed] ^= 1;
        damaged(&content);
    }
    let error = damaged(&[&content[..], b"x"].concat());
    assert!(matches!(file_error(&error), Error::Damaged(_)));
    let error = damaged(&[&content[..], &vec![0; 2_000_000]].concat());
    assert!(matches!(file_error(&error), Error::Damaged(_)));
    save(&store, &record(20)).unwrap();
    check_holds(&store, &record(20));
}

#[test]
fn neither_a_file_nor_debug_shows_a_secret() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(1000)).unwrap();
    let shown = format!("{store:?}");
    for file in fs::read_dir(directory.path()).unwrap() {
        let content = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains("SECRET"));
    }
    assert!(
        !shown.contains("SECRET") && !shown.contains("AQEB"),
        "{shown}"
    );
}
