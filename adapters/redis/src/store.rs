//! The store of one session.
//!
//! Two keys belong to a session. Their common part in braces keeps them on one node of a cluster:
//!
//! ```text
//! workos-login:{<SHA-256 of the session's key>}        tag of the generation (32 bytes) | sealed record
//! workos-login:{<SHA-256 of the session's key>}:lock   token of the holder
//! ```
//!
//! The tag is a hash of the generation, so that a script can compare it. It is part of the context of the seal: a value with another tag
//! does not open.
//!
//! # Lost locks
//!
//! The lock's key expires after a few seconds, and its holder renews it until the lease ends. A process that was suspended goes on while
//! another one holds the lock. While a store holds the lock, each save therefore checks in one script that the lock has its token and that
//! the record is the expected one. The token alone would let a logout without the lock be undone; the generation alone would let the
//! intent of the new holder be overwritten.
//!
//! # Lost responses
//!
//! Every script can run twice. A save of the stored value succeeds: a seal has a random nonce, so no other save has the same bytes.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;
use redis::{Script, ScriptInvocation};
use sha2::{Digest, Sha256};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::AbortHandle;
use workos_login::limits::MAX_STORED_BYTES;
use workos_login::secrecy::{ExposeSecret as _, SecretString};
use workos_login::{Any, BoxFuture, Client, RefreshCredential};
use workos_login_session::{
    Expected, Generation, SealingKeys, Store, StoreError, StoreFactory, StoreLock, StoredSession,
};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::sessions::RedisSessions;

const TAG_BYTES: usize = 32;

/// The time between two attempts to acquire the lock: it doubles from the first to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// The lifetime of the lock's key, and the time between two renewals.
///
/// If the holder is killed after it has sent a refresh, another replica must repeat the request within the replay window, which is
/// shorter than a lease. So the key expires soon, and the holder renews it until the lease ends.
const HOLD: Duration = Duration::from_secs(4);
const RENEWAL: Duration = Duration::from_secs(1);

/// The time that a thread outside the runtime waits until the lock is released.
const RELEASE_WAIT: Duration = Duration::from_secs(1);

static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new("return redis.call('get', KEYS[1])"));

/// Arguments of the next two: the token of the lock or nothing, what is expected, its tag, the value, the lifetime.
static SAVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local stored = redis.call('get', KEYS[1])
if stored == ARGV[4] then return 1 end
if ARGV[1] ~= '' and redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[2] == 'nothing' and stored then return 0 end
if ARGV[2] == 'generation' and (not stored or string.sub(stored, 1, 32) ~= ARGV[3]) then return 0 end
redis.call('set', KEYS[1], ARGV[4], 'PX', ARGV[5])
return 1",
    )
});

static CLEAR: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local stored = redis.call('get', KEYS[1])
if not stored then return 1 end
if ARGV[1] ~= '' and redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[2] == 'nothing' then return 0 end
if ARGV[2] == 'generation' and string.sub(stored, 1, 32) ~= ARGV[3] then return 0 end
redis.call('del', KEYS[1])
return 1",
    )
});

static ACQUIRE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('get', KEYS[2]) == ARGV[1] then return redis.call('pexpire', KEYS[2], ARGV[2]) end
if redis.call('set', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0",
    )
});

static RENEW: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('get', KEYS[2]) == ARGV[1] then return redis.call('pexpire', KEYS[2], ARGV[2]) end
return 0",
    )
});

static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('get', KEYS[2]) == ARGV[1] then redis.call('del', KEYS[2]) end
return 1",
    )
});

static CHECK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.call('set', KEYS[1] .. ':check', '', 'PX', 1000)
return 1",
    )
});

impl RedisSessions {
    /// Returns the store of the session of a client with this key, a random text of 256 bits. It sends nothing.
    #[must_use]
    pub fn store(&self, client: impl Into<Client<Any>>, key: &SecretString) -> RedisStore {
        RedisStore::new(self.clone(), client.into(), key)
    }
}

impl StoreFactory for RedisSessions {
    fn store(&self, client: &Client<Any>, key: &SecretString) -> Arc<dyn Store> {
        Arc::new(Self::store(self, client.clone(), key))
    }

    fn sealing_keys(&self) -> Arc<SealingKeys> {
        Arc::clone(&self.keys)
    }
}

/// Stores one session in Redis or Valkey. Clones share the lock that they hold.
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    sessions: RedisSessions,
    client: Client<Any>,
    record_key: String,
    lock_key: String,
    /// The token of the lock, while this store holds it.
    held: Mutex<Option<Arc<str>>>,
}

impl RedisStore {
    pub(crate) fn new(sessions: RedisSessions, client: Client<Any>, key: &SecretString) -> Self {
        let hash = encode(&Sha256::digest(key.expose_secret()));
        let record_key = format!("workos-login:{{{hash}}}");
        Self(Arc::new(Inner {
            sessions,
            client,
            lock_key: format!("{record_key}:lock"),
            record_key,
            held: Mutex::new(None),
        }))
    }

    async fn try_load(&self) -> Result<Option<StoredSession>, Error> {
        let found: Option<Vec<u8>> = self.0.run(&self.0.script(&LOAD)).await?;
        found.map(|value| self.0.open(&value)).transpose()
    }

    async fn try_lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, Error> {
        let begun = Instant::now();
        // Before the first command: if this future is dropped, so is the guard, and the lock is released.
        let mut guard = Guard::new(Arc::clone(&self.0));
        let mut script = self.0.script(&ACQUIRE);
        script.arg(&*guard.token).arg(milliseconds(HOLD));
        let mut pause = FIRST_PAUSE;
        while !self.0.run::<bool>(&script).await? {
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
        *self.0.held() = Some(Arc::clone(&guard.token));
        guard.renew(lease);
        Ok(Some(StoreLock::new(guard)))
    }
}

impl Store for RedisStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>, StoreError>> {
        Box::pin(async { Ok(self.try_load().await?) })
    }

    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let value = self.0.seal(record)?;
            let mut script = self.0.script(&SAVE);
            let held = self.0.held().clone();
            expect(&mut script, expected, held.as_deref());
            script.arg(value).arg(milliseconds(self.0.ttl(record)));
            saved(self.0.run(&script).await?)
        })
    }

    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            // What clears anything is a logout, which does not depend on the lock.
            let held = match expected {
                Expected::Anything => None,
                Expected::Nothing | Expected::Generation(_) => self.0.held().clone(),
            };
            let mut script = self.0.script(&CLEAR);
            expect(&mut script, expected, held.as_deref());
            saved(self.0.run(&script).await?)
        })
    }

    fn lock(
        &self,
        wait: Duration,
        lease: Duration,
    ) -> BoxFuture<'_, Result<Option<StoreLock>, StoreError>> {
        Box::pin(async move { Ok(self.try_lock(wait, lease).await?) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(self.0.run(&self.0.script(&CHECK)).await?) })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

impl Inner {
    fn script(&self, script: &'static Script) -> ScriptInvocation<'static> {
        let mut invocation = script.prepare_invoke();
        invocation.key(&self.record_key).key(&self.lock_key);
        invocation
    }

    async fn run<T: redis::FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        self.sessions.connection.run(script).await
    }

    fn seal(&self, record: &StoredSession) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(record).expect("a stored session can be serialized");
        let json = Zeroizing::new(json);
        if json.len() > MAX_STORED_BYTES {
            return Err(Error::TooLong);
        }
        let tag = tag(record.generation());
        let keys = &self.sessions.keys;
        let sealed = keys.seal(&self.context(&encode(&tag)), &json, &mut rand::rng());
        Ok([&tag[..], &sealed].concat())
    }

    fn open(&self, value: &[u8]) -> Result<StoredSession, Error> {
        let (tag, sealed) = value
            .split_first_chunk::<TAG_BYTES>()
            .ok_or(Error::Unreadable)?;
        let opened = self
            .sessions
            .keys
            .open(&self.context(&encode(tag)), sealed)
            .ok_or(Error::Unreadable)?;
        serde_json::from_slice(&opened).map_err(|_| Error::Unreadable)
    }

    /// A value of another key, generation, client or issuer does not open.
    fn context<'a>(&'a self, tag: &'a str) -> [&'a str; 4] {
        let client = &self.client;
        [&self.record_key, tag, client.id().as_str(), client.issuer()]
    }

    fn ttl(&self, record: &StoredSession) -> Duration {
        let session = record.session();
        let ttl = self.sessions.session_ttl;
        let has_refresh = !matches!(session.refresh_credential(), RefreshCredential::None);
        match session.expires_in(SystemTime::now()) {
            Some(left) if !has_refresh => left.min(ttl),
            _ => ttl,
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<str>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Releases the lock when it is dropped, in a task of its own.
struct Guard {
    inner: Arc<Inner>,
    token: Arc<str>,
    runtime: Handle,
    renewal: Option<AbortHandle>,
}

impl Guard {
    fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            token: encode(&rand::rng().random::<[u8; 16]>()).into(),
            runtime: Handle::current(),
            renewal: None,
        }
    }

    /// Keeps the lock until the lease ends, in a task of its own.
    fn renew(&mut self, lease: Duration) {
        let (inner, token) = (Arc::clone(&self.inner), Arc::clone(&self.token));
        let begun = Instant::now();
        let renewal = self.runtime.spawn(async move {
            let mut script = inner.script(&RENEW);
            script.arg(&*token).arg(milliseconds(HOLD));
            while begun.elapsed() < lease {
                tokio::time::sleep(RENEWAL).await;
                // Redis may be available again before the key expires.
                if let Ok(false) = inner.run(&script).await {
                    break;
                }
            }
        });
        self.renewal = Some(renewal.abort_handle());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
        let mut held = self.inner.held();
        if held.as_ref() == Some(&self.token) {
            *held = None;
        }
        drop(held);
        let (inner, token) = (Arc::clone(&self.inner), Arc::clone(&self.token));
        let (done, released) = mpsc::channel::<()>();
        self.runtime.spawn(async move {
            let mut script = inner.script(&RELEASE);
            script.arg(&*token);
            // If Redis fails, the lease ends the lock.
            let _ = inner.run::<()>(&script).await;
            drop(done);
        });
        // Outside the runtime, the process may exit next, and the task with it. A runtime of one thread may not run now.
        let is_outside = Handle::try_current().is_err();
        if is_outside && self.runtime.runtime_flavor() != RuntimeFlavor::CurrentThread {
            let _ = released.recv_timeout(RELEASE_WAIT);
        }
    }
}

/// Adds the token of the lock, if it is held, and what the stored record must be.
fn expect(script: &mut ScriptInvocation<'_>, expected: Expected, held: Option<&str>) {
    script.arg(held.unwrap_or_default());
    match expected {
        Expected::Anything => script.arg("anything").arg(""),
        Expected::Nothing => script.arg("nothing").arg(""),
        Expected::Generation(generation) => script.arg("generation").arg(&tag(generation)),
    };
}

fn saved(is_saved: bool) -> Result<(), StoreError> {
    match is_saved {
        true => Ok(()),
        false => Err(StoreError::conflict()),
    }
}

fn tag(generation: Generation) -> [u8; TAG_BYTES] {
    Sha256::digest(generation.to_string()).into()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Redis rejects a lifetime of zero.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, 1 << 50)
}
