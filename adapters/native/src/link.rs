//! A login whose callback is a link that the operating system opens in the application (RFC 8252 sections 7.1 and 7.2).
//!
//! The link can arrive in another process than the one that began the login, and more than once, and any program can send one. So the pending
//! login is in the store, under a lock of its own. The process that gets the callback removes it before the code exchange, so that no
//! other process exchanges the same code. After a transport error or a transient error it is stored again, unless a new login was begun.

use std::io;
use std::time::{Duration, SystemTime};

use workos_login::url::Url;
use workos_login::{AwaitingCallback, CallbackOutcome, Exchanging};
use workos_login_session::{StoreError, StoreLock};

use crate::app::{NativeApp, Opened};
use crate::error::NativeError;
use crate::login::complete;
use crate::login::context::Context;
use crate::login::options::Login;
use crate::session::NativeSession;

/// The time to wait for another process, which holds the lock for milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The result of [`NativeApp::handle_url`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the application handles all cases")]
pub enum HandledUrl<S = NativeSession> {
    /// The redirect URI of the application, but not the callback of a login that is pending. There is nothing to do.
    Ignored,
    /// Another URL. It is the application's to open.
    NotOurs,
    /// The callback of the pending login, which is complete.
    Session(S),
}

impl NativeApp {
    /// Begins a login whose callback is a link, and returns the URL to open in the browser: see [`open_browser`](crate::open_browser).
    ///
    /// The pending login is stored in place of any other one. The application, in this process or in another, passes the
    /// link to [`handle_url`](Self::handle_url).
    ///
    /// # Errors
    ///
    /// [`NativeError::MissingRedirectUri`] without a [redirect URI](Self::redirect_uri); [`NativeError::NoStore`],
    /// [`NativeError::NotWritable`] or [`NativeError::PendingLogin`] if the store fails.
    pub fn begin(&self) -> Result<Url, NativeError> {
        self.begin_with(|login| login)
    }

    /// Begins a login with options, as [`begin`](Self::begin) does. The browser and the events are not used.
    ///
    /// # Errors
    ///
    /// As for [`begin`](Self::begin).
    pub fn begin_with(
        &self,
        options: impl FnOnce(Login<'static>) -> Login<'static>,
    ) -> Result<Url, NativeError> {
        let redirect_uri = self.redirect_uri.clone();
        let redirect_uri = redirect_uri.ok_or(NativeError::MissingRedirectUri)?;
        let login = options(Login::new());
        login.check(&self.client)?;
        let opened = self.writable()?;
        let (url, pending) = login.begin(&self.client, redirect_uri, login.timeout);
        let _lock = lock(&opened)?;
        opened
            .store
            .save_login(&pending)
            .map_err(NativeError::PendingLogin)?;
        Ok(url)
    }

    /// Handles a URL that the operating system passed to the application. It blocks during the code exchange.
    ///
    /// Pass every URL that arrives. Any program can make the operating system pass one, so only the callback with the `state` of the
    /// pending login has an effect, and only once.
    ///
    /// # Errors
    ///
    /// The login is over, unless [`NativeError::Http`] or a transient [`NativeError::Login`] says to try again with the same URL. For
    /// [`NativeError::Challenge`], [`Login::challenge`] begins another login.
    pub fn handle_url(&self, url: &str) -> Result<HandledUrl, NativeError> {
        if !self
            .redirect_uri
            .as_ref()
            .is_some_and(|own| own.matches(url))
        {
            return Ok(HandledUrl::NotOurs);
        }
        let opened = self.opened()?;
        let Some((exchanging, pending)) = self.take_callback(&opened, url)? else {
            return Ok(HandledUrl::Ignored);
        };
        let mut context = Context::new(self.agent.clone(), Login::new());
        let exchanged = context.send(exchanging);
        let session = match exchanged.and_then(|outcome| complete(self, &mut context, outcome)) {
            Ok(session) => session,
            Err(error) => {
                if error.is_transient() {
                    put_back(&opened, &pending)?;
                }
                return Err(error.or_challenge());
            }
        };
        self.store(&opened, session).map(HandledUrl::Session)
    }

    /// Accepts the callback of the pending login, and removes the login from the store; `None` if the URL is not its callback.
    ///
    /// It is returned twice: the code exchange, and the pending login as it was.
    fn take_callback(
        &self,
        opened: &Opened,
        url: &str,
    ) -> Result<Option<(Exchanging, AwaitingCallback)>, NativeError> {
        let _lock = lock(opened)?;
        let load = || opened.store.load_login().map_err(NativeError::PendingLogin);
        let (Some(pending), Some(copy)) = (load()?, load()?) else {
            return Ok(None);
        };
        let handled = pending.handle(&self.client.any(), url, SystemTime::now());
        let exchanging = match handled {
            Ok(CallbackOutcome::Ignored { .. } | CallbackOutcome::NotACallback(_)) => {
                return Ok(None);
            }
            Ok(CallbackOutcome::Exchanging(exchanging)) => Ok((exchanging, copy)),
            Err(refused) => Err(NativeError::Login(refused.into())),
        };
        opened
            .store
            .clear_login()
            .map_err(NativeError::PendingLogin)?;
        exchanging.map(Some)
    }
}

/// Stores a pending login again, unless another one was begun.
fn put_back(opened: &Opened, pending: &AwaitingCallback) -> Result<(), NativeError> {
    let _lock = lock(opened)?;
    let store = &opened.store;
    match store.load_login() {
        Ok(None) => store.save_login(pending).map_err(NativeError::PendingLogin),
        Ok(Some(_)) => Ok(()),
        Err(error) => Err(NativeError::PendingLogin(error)),
    }
}

fn lock(opened: &Opened) -> Result<StoreLock, NativeError> {
    let lock = opened.store.lock_login(LOCK_TIMEOUT);
    let lock = lock.map_err(NativeError::PendingLogin)?;
    lock.ok_or_else(|| {
        let message = "timed out waiting for another process that handles a login; try again";
        let error = io::Error::new(io::ErrorKind::TimedOut, message);
        NativeError::PendingLogin(StoreError::new(error))
    })
}
