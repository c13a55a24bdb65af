//! The state of the login that the web view sees.
//!
//! A page that loads passes a channel, and gets the present view and each later one. Unlike an event, a channel is of this page alone and
//! needs no permission to listen.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tauri::ipc::Channel;
use workos_login_native::workos_login::Authenticated;

/// The content of the page.
#[derive(Clone, Serialize)]
pub(crate) struct View {
    pub(crate) status: Status,
    /// The last problem, and its remedy.
    pub(crate) notice: Option<String>,
}

/// The state of the login. It contains no token.
#[derive(Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "name")]
pub(crate) enum Status {
    InBrowser,
    LoggedIn { user: User },
    LoggedOut,
    Starting,
}

/// The user, as the page shows them.
#[derive(Clone, Serialize)]
pub(crate) struct User {
    name: Option<String>,
    email: Option<String>,
    organization: Option<String>,
}

impl From<&Authenticated> for User {
    fn from(session: &Authenticated) -> Self {
        let user = session.user();
        let names = [
            user.and_then(|user| user.first_name()),
            user.and_then(|user| user.last_name()),
        ];
        let names: Vec<_> = names.into_iter().flatten().collect();
        let organization = session.organization_id();
        Self {
            name: (!names.is_empty()).then(|| names.join(" ")),
            email: user.and_then(|user| user.email()).map(ToOwned::to_owned),
            organization: organization.map(|id| id.as_str().to_owned()),
        }
    }
}

/// Shows the view on the page.
pub(crate) struct Viewer(Mutex<Shown>);

struct Shown {
    view: View,
    page: Option<Channel<View>>,
}

impl Viewer {
    pub(crate) fn new() -> Self {
        let view = View {
            status: Status::Starting,
            notice: None,
        };
        Self(Mutex::new(Shown { view, page: None }))
    }

    /// Shows the present view and each later one on a page, in place of the page before.
    pub(crate) fn attach(&self, page: Channel<View>) {
        let mut shown = self.shown();
        shown.page = Some(page);
        shown.send();
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut View)) {
        let mut shown = self.shown();
        change(&mut shown.view);
        shown.send();
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn send(&self) {
        if let Some(page) = &self.page {
            // A page that is gone needs no view.
            let _ = page.send(self.view.clone());
        }
    }
}
