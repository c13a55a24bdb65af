//! The keys, and where they come from.

use workos_login_file::{FileKeys, KeyError};

use crate::support::*;

#[track_caller]
fn check_message(result: Result<FileKeys, KeyError>, parts: &[&str]) {
    let error = result.unwrap_err();
    let message = format!("{error} {error:?}");
    for part in parts {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("AQEB"), "{message}");
}

#[test]
fn a_key_is_32_bytes_in_base64() {
    for text in [
        KEY.to_owned(),
        format!("{KEY}\n"),
        format!("\r\n{KEY}\r\n{OTHER_KEY}\r\n"),
    ] {
        keys(&text);
    }
    let invalid = [
        String::new(),
        "\n".to_owned(),
        "a password".to_owned(),
        "p".repeat(32),
        "ab".repeat(32),
        KEY[..43].to_owned(),
        format!("{KEY}{KEY}"),
        // 31 and 33 bytes.
        format!("{}==", "AQ".repeat(21)),
        "AQEB".repeat(11),
        format!("{KEY}\nAQEB"),
        format!("{KEY}\n").repeat(30),
    ];
    for text in invalid {
        let parsed = FileKeys::from_reader(text.as_bytes());
        check_message(parsed, &["openssl rand -base64 32"]);
    }
}

#[cfg(unix)]
#[test]
fn keys_come_from_the_environment_a_descriptor_or_a_credential() {
    const TEST: &str = "keys::keys_come_from_the_environment_a_descriptor_or_a_credential";
    if !is_child() {
        let credentials = directory();
        std::fs::write(credentials.path().join("acme-key"), format!("{KEY}\n")).unwrap();
        std::fs::write(credentials.path().join("bad-key"), "AQEB").unwrap();
        let variables = [
            ("ACME_KEY", KEY),
            ("ACME_BAD_KEY", "AQEB"),
            (
                "CREDENTIALS_DIRECTORY",
                credentials.path().to_str().unwrap(),
            ),
        ];
        // A pipe, and a file that is read at its position.
        let preparation = format!("exec 7< <(echo {KEY}) 8<\"$CREDENTIALS_DIRECTORY/acme-key\"");
        return run_child(TEST, &preparation, &variables);
    }
    for keys in [
        FileKeys::from_env("ACME_KEY"),
        FileKeys::from_fd(7),
        FileKeys::from_fd(8),
        FileKeys::from_credential("acme-key"),
    ] {
        let directory = directory();
        let files = workos_login_file::EncryptedFiles::new(directory.path(), keys.unwrap());
        save(
            &files.store("application", &client(), "work").unwrap(),
            &record(10),
        )
        .unwrap();
        check_holds(&store(&directory), &record(10));
    }
    check_message(FileKeys::from_env("ACME_BAD_KEY"), &["ACME_BAD_KEY"]);
    check_message(
        FileKeys::from_env("ACME_NO_KEY"),
        &["ACME_NO_KEY is not set"],
    );
    check_message(FileKeys::from_fd(99), &["descriptor 99"]);
    check_message(
        FileKeys::from_credential("bad-key"),
        &["credential bad-key", "openssl"],
    );
    check_message(
        FileKeys::from_credential("no-key"),
        &["LoadCredentialEncrypted=no-key"],
    );
    check_message(
        FileKeys::from_credential("../acme-key"),
        &["cannot be read"],
    );
}
