//! The conformance suite of stores.

use std::env;
use std::os::unix::process::parent_id;
use std::process;

use workos_login_redis::RedisSessions;
use workos_login_session::conformance::Suite;

use crate::server::{Server, client, id, keys, url};

#[test]
fn the_store_conforms_between_processes() {
    // The suite starts this test again as a child, which uses the server of its parent.
    let is_child = env::var_os("WORKOS_LOGIN_SESSION_CONFORMANCE").is_some();
    let number = if is_child { parent_id() } else { process::id() };
    let directory = env::temp_dir().join(format!("workos-login-redis-{number}"));
    let server = (!is_child).then(|| Server::start_in(directory.clone()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sessions = RedisSessions::connect(&url(&directory), keys()).unwrap();
    Suite::new_async(
        |name| sessions.store(client(), &id(name)),
        |future| runtime.block_on(future),
    )
    // The checks run one after another, and each clears its record: the only one is that of this check.
    .unreadable(|_| {
        let server = server.as_ref().unwrap();
        for key in server.run::<Vec<String>>(&["KEYS", "*"]) {
            if !key.ends_with(":lock") {
                server.run::<()>(&["SET", &key, "{"]);
            }
        }
    })
    .between_processes("conformance::the_store_conforms_between_processes")
    .assert_conforms();
}
