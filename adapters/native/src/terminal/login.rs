//! The events of a login as lines, and the answers of the user.

use std::time::{Duration, Instant};

use humantime::format_duration;
use workos_login::{AuthenticationChallenge, OrganizationId, OrganizationSelectionChallenge};

use super::{Terminal, whole_seconds};
use crate::login::event::{Browser, ChallengeOffer, LoginEvent, Page};

impl Terminal {
    /// Shows an event of a login: see [`Login::progress`](crate::Login::progress).
    ///
    /// If questions can be asked, it accepts the offer of another login that satisfies an authentication challenge, and asks for the
    /// organization. Otherwise the challenge ends the login.
    pub fn show(&self, event: LoginEvent<'_>) {
        match event {
            LoginEvent::Challenge(offer) => self.answer(offer),
            LoginEvent::ExchangingCode => {
                self.show_activity("exchanging the authorization code", None);
            }
            LoginEvent::MalformedCallback(error) => self.warn(error),
            LoginEvent::Page(page) => self.show_page(&page),
            LoginEvent::RequestingUserCode => self.show_activity("requesting a user code", None),
            LoginEvent::Retrying { message, retry_in } => {
                let wait = format_duration(whole_seconds(retry_in));
                self.print_line(format_args!("{message}; retrying in {wait}"));
            }
            LoginEvent::UserInfoFailed(error) => {
                self.warn("the authorization server did not tell about the user");
                self.print_causes(error);
            }
            LoginEvent::WaitingForApproval { left } => {
                self.show_activity("waiting for the login with the user code", Some(left));
            }
            LoginEvent::WaitingForCallback { left } => {
                self.show_activity("waiting for the login in the browser", Some(left));
            }
        }
    }

    fn show_page(&self, page: &Page<'_>) {
        let machine = match page.user_code() {
            Some(_) => "any device",
            None => "this machine",
        };
        match page.browser() {
            Browser::Failed(error) => self.print_line(format_args!(
                "cannot open a browser ({error}); open this URL in a browser on {machine}:"
            )),
            Browser::NotOpened => {
                self.print_line(format_args!("open this URL in a browser on {machine}:"));
            }
            Browser::Opened => self
                .print_line("the login page is open in the browser; if it is not, open this URL:"),
        }
        self.print_line(page.printed_url());
        if let Some(user_code) = page.user_code() {
            self.print_line(format_args!(
                "enter this code there, or check that the page shows it: {user_code}"
            ));
        }
    }

    fn answer(&self, offer: ChallengeOffer<'_>) {
        if !self.is_interactive() {
            return;
        }
        self.print_line(format_args!(
            "the service requires an authentication challenge ({}): {}",
            offer.challenge().code(),
            offer.task()
        ));
        let follows = "another login follows in a browser on this machine";
        let AuthenticationChallenge::OrganizationSelection(selection) = offer.challenge() else {
            self.print_line(follows);
            return offer.log_in();
        };
        if let Some(organization) = self.select(selection, offer.time_left()) {
            self.print_line(follows);
            offer.select(organization);
        }
    }

    /// Asks the user to select an organization. Returns `None` if there is none, the user selects none, or the time is over.
    fn select<'a>(
        &self,
        challenge: &'a OrganizationSelectionChallenge,
        time_left: Duration,
    ) -> Option<&'a OrganizationId> {
        let deadline = Instant::now() + time_left;
        let organizations = challenge.organizations();
        if organizations.is_empty() {
            return None;
        }
        self.print_line("select the organization to log in to:");
        for (number, organization) in (1..).zip(organizations) {
            let id = organization.id();
            match organization.name() {
                Some(name) => self.print_line(format_args!("  {number}  {name} ({id})")),
                None => self.print_line(format_args!("  {number}  {id}")),
            }
        }
        let question = format!("number, 1 to {}: ", organizations.len());
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self.ask(&question, left)?;
            let answer = answer.trim();
            if answer.is_empty() {
                return None;
            }
            let number = answer.parse::<usize>().ok();
            let selected = number.and_then(|number| organizations.get(number.checked_sub(1)?));
            if let Some(organization) = selected {
                return Some(organization.id());
            }
            self.print_line(format_args!(
                "no organization {answer}; an empty line selects none"
            ));
        }
    }
}
