//! A login whose callback is a link that the operating system opens in the application (RFC 8252 sections 7.1 and 7.2).
//!
//! The link can arrive in another process than the one that began the login: the pending login is in the store, from which one process
//! takes it.

use std::time::SystemTime;

use workos_login::url::Url;

use crate::app::NativeApp;
use crate::error::NativeError;
use crate::login::complete;
use crate::login::context::Context;
use crate::login::options::Login;
use crate::session::NativeSession;

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
        let begun = opened.store.begin_login(&pending);
        begun.map_err(NativeError::PendingLogin)?;
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
        let client = self.client.any();
        let taken = opened.store.take_login(&client, url, SystemTime::now())?;
        let Some((exchanging, pending)) = taken else {
            return Ok(HandledUrl::Ignored);
        };
        let mut context = Context::new(self.agent.clone(), Login::new());
        let exchanged = context.send(exchanging);
        let session = match exchanged.and_then(|outcome| complete(self, &mut context, outcome)) {
            Ok(session) => session,
            Err(error) => {
                if error.is_transient() {
                    let put_back = opened.store.put_back_login(&pending);
                    put_back.map_err(NativeError::PendingLogin)?;
                }
                return Err(error.or_challenge());
            }
        };
        self.store(&opened, session).map(HandledUrl::Session)
    }
}
