//! The accounts that logins have left in the index. None of these commands opens a keyring.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Ended, program, run, temporary_path};

/// A configuration directory with an index.
struct Config(PathBuf);

impl Config {
    fn new(test: &str, index: &Value) -> Self {
        let directory = temporary_path(test);
        fs::create_dir_all(directory.join("workos-login")).unwrap();
        let file = directory.join("workos-login/accounts.json");
        fs::write(file, index.to_string()).unwrap();
        Self(directory)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run(program(arguments).env("XDG_CONFIG_HOME", &self.0))
    }

    /// Returns the names of the listed accounts.
    #[track_caller]
    fn names(&self, arguments: &[&str]) -> Vec<String> {
        let result = self.run(&[arguments, &["--json"]].concat()).with(0).json();
        let accounts = result["accounts"].as_array().unwrap();
        for (number, account) in accounts.iter().enumerate() {
            assert_eq!(account["default"], number == 0, "{account}");
        }
        let name = |account: &Value| account["name"].as_str().unwrap().to_owned();
        accounts.iter().map(name).collect()
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An index of two accounts named `work`, and one named `home`.
fn index() -> Value {
    let account = |name: &str, issuer: &str| {
        json!({
            "name": name,
            "client_id": "client_1",
            "issuer": issuer,
            "store": "kernel",
        })
    };
    json!({
        "version": 1,
        "accounts": [
            account("work", "https://api.workos.com"),
            account("home", "https://api.workos.com"),
            account("work", "https://staging.example.com"),
        ],
    })
}

#[test]
fn accounts_are_listed_with_the_default_first() {
    let config = Config::new("list", &index());
    assert_eq!(config.names(&["accounts"]), ["work", "home", "work"]);
    assert_eq!(
        config.names(&["accounts", "list"]),
        ["work", "home", "work"]
    );
    assert_eq!(config.names(&["accounts", "default"]), ["work"]);
    let ended = config.run(&["accounts"]).with(0);
    ended.prints("work (default)");
    for row in ["  client ID        client_1", "  keyring          kernel"] {
        assert!(ended.stdout.contains(row), "{ended:?}");
    }
}

#[test]
fn another_account_becomes_the_default() {
    let config = Config::new("use", &index());
    assert_eq!(config.names(&["accounts", "use", "home"]), ["home"]);
    assert_eq!(config.names(&["accounts"]), ["home", "work", "work"]);
    // An option selects between accounts of one name.
    let staging = ["--base-url", "https://staging.example.com"];
    config.names(&[&["accounts", "use", "work"][..], &staging].concat());
    let accounts = config.run(&["accounts", "--json"]).json();
    assert_eq!(accounts["accounts"][0]["issuer"], staging[1]);
    let ended = config.run(&["accounts", "use", "other"]).with(6);
    ended.says(&["no such account: other", "workos-login accounts"]);
}

#[test]
fn without_an_account_the_login_command_is_named() {
    let config = Config::new("none", &json!({"version": 1, "accounts": []}));
    for command in ["list", "default"] {
        let ended = config.run(&["accounts", command]).with(0);
        ended.prints("No account; log in: workos-login login");
        assert!(config.names(&["accounts", command]).is_empty());
    }
}

#[test]
fn a_damaged_index_is_named() {
    let config = Config::new("damaged", &json!({"version": 2, "accounts": []}));
    let ended = config.run(&["status", "--json"]).with(6);
    assert_eq!(ended.error()["kind"], "configuration");
    ended.says(&["accounts.json cannot be read", "repair or remove it"]);
}
