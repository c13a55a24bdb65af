//! The conformance suite of stores.

use std::fs;
use std::path::Path;

use workos_login_file::EncryptedFiles;
use workos_login_session::conformance::Suite;

use crate::support::*;

#[test]
fn the_store_conforms_between_processes() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("file");
    let _ = fs::create_dir(&directory);
    // A directory for each name, so that the file to damage is known.
    let open = |name: &str| {
        let own = directory.join(name);
        let _ = fs::create_dir(&own);
        make_private(&own);
        let files = EncryptedFiles::new(own, keys(KEY));
        files.store("application", &client(), name).unwrap()
    };
    Suite::new(open)
        .unreadable(|name| {
            for file in fs::read_dir(directory.join(name)).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_none() {
                    fs::write(path, "{").unwrap();
                }
            }
        })
        .between_processes("conformance::the_store_conforms_between_processes")
        .assert_conforms();
    // The other processes exit before this.
    fs::remove_dir_all(directory).unwrap();
}
