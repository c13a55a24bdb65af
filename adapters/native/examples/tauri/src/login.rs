//! The login and the session of the application. Every method blocks.

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

use workos_login_native::workos_login::Client;
use workos_login_native::{HandledUrl, NativeApp, NativeError, open_browser};

use crate::api::{Api, ApiResponse};
use crate::view::{Status, User, Viewer};
use crate::with_causes;

/// The scheme in `tauri.conf.json`, and a path.
const REDIRECT_URI: &str = "com.example.acme:/callback";

/// The login of the application, its session, and what the page shows of them.
pub(crate) struct Login {
    app: NativeApp,
    api: Api,
    pub(crate) viewer: Viewer,
}

impl Login {
    /// Reads the settings from the environment. An application that is delivered has constants.
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        let mut client = Client::public(setting("WORKOS_CLIENT_ID")?);
        if env::var_os("WORKOS_BASE_URL").is_some() {
            client = client.base_url(setting("WORKOS_BASE_URL")?)?;
        }
        Ok(Self {
            app: NativeApp::new(client, "Acme Desktop").redirect_uri(REDIRECT_URI.parse()?),
            api: setting("API_ORIGIN")?,
            viewer: Viewer::new(),
        })
    }

    /// Shows the session in the keyring.
    pub(crate) fn resume(&self) {
        match self.status() {
            Ok(status) => self.viewer.change(|view| view.status = status),
            Err(error) => self.fail(&error),
        }
    }

    /// Handles a link that the operating system opened. Any program can make it open one.
    pub(crate) fn handle_link(&self, url: &str) {
        match self.app.handle_url(url) {
            Ok(HandledUrl::Session(_)) => {
                self.viewer.change(|view| view.notice = None);
                self.resume();
            }
            Ok(HandledUrl::Ignored) => {
                self.warn("a link was ignored, because it is not of the present login")
            }
            Ok(HandledUrl::NotOurs) => self
                .warn("a link was ignored, because it is not the redirect URI of this application"),
            Err(error) => self.fail(&error),
        }
    }

    /// Begins a login in the system browser, in place of any other pending one.
    pub(crate) fn log_in(&self) {
        let url = match self.app.begin() {
            Ok(url) => url,
            Err(error) => return self.fail(&error),
        };
        // Before the browser opens, because the link can arrive while `open_browser` waits.
        self.viewer.change(|view| {
            view.status = Status::InBrowser;
            view.notice = None;
        });
        if open_browser(url.as_str()).is_err() {
            self.resume();
            self.warn("no browser can be opened; set a default browser and log in again");
        }
    }

    /// Ends the session in the keyring, and then in the browser.
    pub(crate) fn log_out(&self) {
        let logged_out = match self.app.log_out() {
            Ok(logged_out) => logged_out,
            Err(error) => return self.fail(&error),
        };
        let unreadable = logged_out.unreadable();
        self.viewer.change(|view| {
            view.status = Status::LoggedOut;
            view.notice = unreadable.map(|error| {
                format!("the session at the service continues until it expires: {error}")
            });
        });
        if let Some(url) = logged_out.url()
            && open_browser(url.as_str()).is_err()
        {
            self.warn("no browser can be opened; log out in the browser, too");
        }
    }

    /// Makes an API call with the access token, which is refreshed if it is due or the API rejects it.
    pub(crate) fn call_api(&self, path: &str) -> Result<ApiResponse, Box<dyn Error>> {
        let response = match self.app.session()? {
            Some(session) => self.api.get(path, session.manager()),
            None => Err("no user is logged in; log in".into()),
        };
        if response.is_err() {
            // The session may have ended.
            self.resume();
        }
        response
    }

    /// Shows a problem that changes no state.
    pub(crate) fn warn(&self, problem: &str) {
        self.viewer
            .change(|view| view.notice = Some(problem.to_owned()));
    }

    fn fail(&self, error: &NativeError) {
        let status = self.status().unwrap_or(Status::LoggedOut);
        self.viewer.change(|view| {
            view.status = status;
            view.notice = Some(with_causes(error));
        });
    }

    fn status(&self) -> Result<Status, NativeError> {
        let session = match self.app.session()? {
            Some(session) => session.authenticated()?,
            None => None,
        };
        Ok(match session {
            Some(session) => Status::LoggedIn {
                user: User::from(&*session),
            },
            None => Status::LoggedOut,
        })
    }
}

fn setting<T: FromStr<Err: Display>>(name: &str) -> Result<T, String> {
    let text = env::var(name).map_err(|_| format!("{name} is not set; see README.md"))?;
    text.parse()
        .map_err(|error| format!("{name}: {error}; see README.md"))
}
