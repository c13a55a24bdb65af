//! Lost leases and lost responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use workos_login_redis::RedisSessions;
use workos_login_session::{Expected, Store as _, StoredSession};

use crate::server::{Server, client, id, keys, record};

const LEASE: Duration = Duration::from_secs(60);

async fn loaded(server: &Server) -> Option<String> {
    let record = server.store("a").load().await.unwrap();
    record.map(|record| record.generation().to_string())
}

fn generation(record: &StoredSession) -> Option<String> {
    Some(record.generation().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lost_its_lease_overwrites_and_clears_nothing() {
    let server = Server::start();
    let [suspended, other] = [server.store("a"), server.store("a")];
    let [old, new] = [record("old"), record("new")];
    suspended.save(&old, Expected::Nothing).await.unwrap();
    let expected = Expected::Generation(old.generation());

    let lost = suspended.lock(LEASE, LEASE).await.unwrap().unwrap();
    let keys: Vec<String> = server.run(&["KEYS", "*:lock"]);
    server.run::<()>(&["DEL", &keys[0]]);
    let held = other.lock(LEASE, LEASE).await.unwrap().unwrap();

    // The generation is still the expected one, but the record may have an intent of the new holder.
    for result in [
        suspended.save(&new, expected).await,
        suspended.save(&new, Expected::Anything).await,
        suspended.clear(expected).await,
    ] {
        assert!(result.unwrap_err().is_conflict());
    }
    assert_eq!(loaded(&server).await, generation(&old));

    // The old holder does not release the lock of the new one.
    drop(lost);
    suspended.load().await.unwrap();
    other.save(&new, expected).await.unwrap();
    assert!(
        suspended
            .lock(Duration::ZERO, LEASE)
            .await
            .unwrap()
            .is_none()
    );
    drop(held);
    assert!(suspended.lock(LEASE, LEASE).await.unwrap().is_some());
    assert_eq!(loaded(&server).await, generation(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_and_a_lock_whose_response_was_lost_succeed() {
    let server = Server::start();
    let loses = Arc::new(AtomicBool::new(false));
    let proxy = tempfile::tempdir().unwrap();
    let path = proxy.path().join("proxy");
    tokio::spawn(forward(
        UnixListener::bind(&path).unwrap(),
        server.socket(),
        loses.clone(),
    ));
    let url = format!("unix:{}", path.display());
    let store = RedisSessions::connect(&url, keys())
        .unwrap()
        .store(client(), &id("a"));
    // The scripts are loaded, so that the lost response is that of a script.
    let first = record("1");
    store.save(&first, Expected::Nothing).await.unwrap();
    drop(store.lock(LEASE, LEASE).await.unwrap());

    let second = record("2");
    loses.store(true, Ordering::SeqCst);
    let expected = Expected::Generation(first.generation());
    store.save(&second, expected).await.unwrap();
    assert!(!loses.load(Ordering::SeqCst), "a response was lost");
    assert_eq!(loaded(&server).await, generation(&second));

    loses.store(true, Ordering::SeqCst);
    assert!(store.lock(LEASE, LEASE).await.unwrap().is_some());

    loses.store(true, Ordering::SeqCst);
    let expected = Expected::Generation(second.generation());
    store.clear(expected).await.unwrap();
    assert_eq!(loaded(&server).await, None);
}

/// Forwards connections, and closes one instead of a response if that is requested.
async fn forward(listener: UnixListener, server: std::path::PathBuf, loses: Arc<AtomicBool>) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = UnixStream::connect(&server).await.unwrap();
        let loses = loses.clone();
        tokio::spawn(async move {
            let (mut request, mut response) = ([0; 1 << 16], [0; 1 << 16]);
            loop {
                tokio::select! {
                    read = client.read(&mut request) => match read {
                        Ok(length @ 1..) => server.write_all(&request[..length]).await.unwrap(),
                        _ => break,
                    },
                    read = server.read(&mut response) => match read {
                        Ok(length @ 1..) if !loses.swap(false, Ordering::SeqCst) => {
                            if client.write_all(&response[..length]).await.is_err() {
                                break;
                            }
                        }
                        _ => break,
                    },
                }
            }
        });
    }
}
