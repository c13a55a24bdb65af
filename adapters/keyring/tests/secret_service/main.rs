//! The store over a real Secret Service. `tests/secret-service` starts one and calls this.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

#[path = "../suite/support.rs"]
#[expect(dead_code, reason = "the keyring in memory is for the other tests")]
mod support;

use std::env;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use workos_login::keeper::{Keeper, KeeperPolicy, Record};
use workos_login::secrecy::ExposeSecret;
use workos_login_keeper::{BlockingKeeper, Store};
use workos_login_keyring::{Error, KeyringStore, Place};
use workos_login_test_server::Config;

use crate::support::{client, record, server, session, text};

const SERVICE: &str = "workos-login test";

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["unlocked"] => unlocked(),
        ["keep"] => keep(),
        ["locked"] => locked(),
        ["kept"] => kept(),
        ["none"] => none(),
        ["kernel"] => kernel(),
        ["hold"] => hold(),
        ["token", base_url] => token(base_url),
        _ => panic!("which part? tests/secret-service knows: {words:?}"),
    }
}

fn open(account: &str) -> KeyringStore {
    KeyringStore::open(SERVICE, account).expect("there is a Secret Service")
}

/// Save, load, clear, big values, two processes.
fn unlocked() {
    let server = server();
    let store = open("unlocked");
    assert_eq!(store.place(), Place::SecretService);
    store.check().unwrap();
    assert!(store.load().unwrap().is_none());
    for entry_bytes in [700, 64 * 1024] {
        let store = open("unlocked").entry_bytes(entry_bytes);
        for more in [0, 20_000, 200_000, 10] {
            let record = record(&server, more);
            store.save(&record).unwrap();
            assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
        }
    }
    store.clear().unwrap();
    assert!(store.load().unwrap().is_none());
    println!("saved, loaded and cleared, whole and in parts");

    let mut child = another(&["hold"]);
    read_line(&mut child, "held");
    assert!(store.lock(Duration::ZERO).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(store.lock(Duration::from_secs(30)).unwrap().is_some());
    println!("the lock holds between processes, and not beyond the end of one");

    race();
}

/// Many processes find a session that is spent, around one server with reuse detection.
fn race() {
    let server = server();
    server.configure(|config| config.reuse_ends_session = true);
    let store = open("race");
    let mut stored = serde_json::to_value(Record::new(session(&server))).unwrap();
    stored["session"]["received"] = 0.into();
    store
        .save(&serde_json::from_value(stored).unwrap())
        .unwrap();
    server.clear();
    let children: Vec<Child> = (0..10)
        .map(|_| another(&["token", server.base_url()]))
        .collect();
    let mut tokens: Vec<String> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    assert!(tokens[0].contains("token"));
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
    store.clear().unwrap();
    println!("ten processes shared one refresh");
}

/// One of the many.
fn token(base_url: &str) {
    let client = workos_login::Client::public(Config::CLIENT_ID.parse().unwrap())
        .base_url(base_url.parse().unwrap())
        .unwrap();
    let token = keeper_of(Keeper::new(&client, KeeperPolicy::default()), "race")
        .token()
        .unwrap();
    assert!(token.warning().is_none());
    println!("token {}", token.secret().expose_secret());
}

fn keeper_of(machine: Keeper, account: &str) -> BlockingKeeper<KeyringStore> {
    BlockingKeeper::new(machine, open(account), |exchange, limit| {
        workos_login_ureq::send_within(&workos_login_ureq::agent(), exchange, limit)
    })
}

/// Another process, holding the lock until it is killed.
fn hold() {
    let _guard = open("unlocked").lock(Duration::ZERO).unwrap().unwrap();
    println!("held");
    let _ = std::io::stdin().read(&mut [0]);
}

/// Leaves a session in the keyring for the next two.
fn keep() {
    let server = server();
    open("kept").save(&record(&server, 3)).unwrap();
}

/// The keyring is locked, and there is nobody to unlock it.
fn locked() {
    let server = server();
    let keeper = keeper_of(
        Keeper::new(&client(&server), KeeperPolicy::default()),
        "kept",
    );
    let sent = server.request_count();
    for error in [keeper.check().unwrap_err(), keeper.token().unwrap_err()] {
        let cause = error.store_error::<Error>().unwrap();
        assert!(matches!(cause, Error::Locked(_)), "{cause:?}");
        println!("{error}: {cause}");
    }
    assert_eq!(server.request_count(), sent);
}

/// It was unlocked again.
fn kept() {
    let store = open("kept");
    assert!(store.load().unwrap().is_some());
    store.clear().unwrap();
    println!("what was in the locked keyring is there still");
}

/// There is no session bus.
fn none() {
    let error = KeyringStore::open(SERVICE, "none").unwrap_err();
    assert!(matches!(error, Error::NoKeyring(_)), "{error:?}");
    println!("{error}");
}

/// The keyring of the kernel, where this process may use it.
fn kernel() {
    let server = server();
    let store = match KeyringStore::open_kernel(SERVICE, "kernel") {
        Ok(store) => store,
        Err(error) => {
            assert!(matches!(error, Error::NoKeyring(_)), "{error:?}");
            println!("no kernel keyring for this process: {error:?}");
            return;
        }
    };
    assert_eq!(store.place(), Place::KernelKeyring);
    store.check().unwrap();
    for entry_bytes in [700, 10_000] {
        let store = KeyringStore::open_kernel(SERVICE, "kernel")
            .unwrap()
            .entry_bytes(entry_bytes);
        let record = record(&server, 1_000);
        store.save(&record).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
    }
    store.clear().unwrap();
    assert!(store.load().unwrap().is_none());
    println!("saved, loaded and cleared in the kernel keyring");
}

fn another(words: &[&str]) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn read_line(child: &mut Child, line: &str) {
    let mut text = vec![0; line.len()];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut text)
        .unwrap();
    assert_eq!(text, line.as_bytes());
}
