//! A login, in a browser on this machine or with a user code on any device.
//!
//! A public client cannot answer an authentication challenge. Another login can satisfy it, in which the login page presents it, if the
//! application accepts the offer; at most [`MAX_LOGINS`] in all, for example the first, one into the selected organization, and one through
//! the challenge that this organization requires.

pub(crate) mod context;
mod device;
mod discovery;
pub(crate) mod event;
pub(crate) mod options;
mod redirect;

use workos_login::{Authenticated, AuthenticationChallenge, Error, OrganizationId, Outcome, User};

use crate::app::NativeApp;
use crate::challenge::{MAX_LOGINS, UnansweredChallenge};
use crate::error::NativeError;
use crate::login::context::Context;
use crate::login::event::{Answer, ChallengeOffer, LoginEvent};
use crate::login::options::{DeviceGrant, Login};
use crate::native_client::NativeClient;
use crate::session::NativeSession;

impl NativeApp {
    /// Logs the user in with the system browser, and stores the session.
    ///
    /// It blocks until the login is complete. If no browser can be opened, it uses the device authorization grant, whose user code only
    /// the [events](Login::progress) of [`login_with`](Self::login_with) show.
    ///
    /// # Errors
    ///
    /// [`NativeError`]; there is no new session.
    pub fn login(&self) -> Result<NativeSession, NativeError> {
        self.login_with(|login| login)
    }

    /// Logs the user in with options, and stores the session in place of any other.
    ///
    /// # Errors
    ///
    /// [`NativeError`]; there is no new session.
    pub fn login_with<'a>(
        &self,
        options: impl FnOnce(Login<'a>) -> Login<'a>,
    ) -> Result<NativeSession, NativeError> {
        let login = options(Login::new());
        login.check(&self.client)?;
        let app = self.clone();
        // A keyring that asks the user to unlock it blocks.
        let opened = login.canceller.run(move || app.writable())??;
        let mut context = Context::new(self.agent.clone(), login);
        let session = log_in(self, &mut context)?;
        let stored = self.store(&opened, session.clone());
        if let Some(page) = context.page {
            page.respond(
                &stored
                    .as_ref()
                    .map(|_| Outcome::Authenticated(Box::new(session))),
            );
        }
        stored
    }
}

/// Logs the user in.
fn log_in(app: &NativeApp, context: &mut Context<'_>) -> Result<Authenticated, NativeError> {
    let mut outcome = match context.login.device {
        DeviceGrant::Always => device::log_in(app, context)?,
        DeviceGrant::IfNoBrowser | DeviceGrant::Never => redirect::log_in(app, context)?,
    };
    let mut logins = 1;
    loop {
        let challenge = match complete(app, context, outcome) {
            Err(NativeError::Login(Error::AuthenticationChallenge(challenge))) => *challenge,
            result => return result,
        };
        offer(context, challenge, logins)?;
        outcome = redirect::log_in(app, context)?;
        logins += 1;
    }
}

/// Completes the login: asks the server for the user's data if the ID token has none.
pub(crate) fn complete(
    app: &NativeApp,
    context: &mut Context<'_>,
    outcome: Outcome,
) -> Result<Authenticated, NativeError> {
    let session = outcome.authenticated()?;
    let NativeClient::OAuth(client) = &app.client else {
        return Ok(session);
    };
    let is_known = |user: &User| user.email().is_some() || user.name().is_some();
    if session.user().is_some_and(is_known) {
        return Ok(session);
    }
    // Without a userinfo endpoint, what is known is all.
    let Ok(fetching) = session.clone().fetch_user_info(client) else {
        return Ok(session);
    };
    match context.send(fetching) {
        Ok(session) => Ok(session),
        Err(error @ (NativeError::Cancelled | NativeError::TimedOut)) => Err(error),
        Err(error) => {
            context.report(LoginEvent::UserInfoFailed(&error));
            Ok(session)
        }
    }
}

/// Offers another login that satisfies the challenge, and sets its options.
fn offer(
    context: &mut Context<'_>,
    challenge: AuthenticationChallenge,
    logins: usize,
) -> Result<(), NativeError> {
    let ignored = ignored_selection(&challenge, context.login.organization.as_ref());
    let mut answer = None;
    if ignored.is_none() && logins < MAX_LOGINS {
        let time_left = context.time_left()?;
        context.report(LoginEvent::Challenge(ChallengeOffer {
            challenge: &challenge,
            time_left,
            answer: &mut answer,
        }));
        // The application may have waited for the user.
        context.time_left()?;
    }
    match answer {
        Some(Answer::LogIn) => {}
        Some(Answer::Select(organization)) => context.login.organization = Some(organization),
        None => {
            return Err(NativeError::Challenge(Box::new(UnansweredChallenge {
                challenge,
                logins,
                ignored,
            })));
        }
    }
    context.login.challenge = Some(Box::new(challenge));
    Ok(())
}

/// Returns the organization that the login selected if the challenge asks for it: another login would lead to the same challenge.
fn ignored_selection(
    challenge: &AuthenticationChallenge,
    selected: Option<&OrganizationId>,
) -> Option<OrganizationId> {
    let AuthenticationChallenge::OrganizationSelection(selection) = challenge else {
        return None;
    };
    let mut organizations = selection.organizations().iter();
    let selected = selected?;
    organizations
        .any(|organization| organization.id() == selected)
        .then(|| selected.clone())
}
