//! A person with a browser who logs in, or does not want to.

use cookie_store::CookieStore;
use ureq::Agent;
use ureq::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use ureq::http::{Request, Response};
use url::Url;

use crate::checks::Result;
use crate::page::Page;

/// A browser that keeps cookies, sends forms, and stops where the application takes over.
pub(crate) struct UserAgent {
    agent: Agent,
    cookies: CookieStore,
    /// How the application's own addresses begin. Nothing listens there.
    application: String,
}

/// Where the user_agent has come to.
pub(crate) enum Destination {
    /// At the application, with this callback.
    Callback(String),
    /// At a page of the server.
    Page(Page),
}

impl UserAgent {
    pub(crate) fn new(application: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self {
            agent,
            cookies: CookieStore::default(),
            application: application.to_owned(),
        }
    }

    /// Logs in as `name`, agrees to everything, and returns where that led.
    pub(crate) fn agree(&mut self, address: &str, name: &str) -> Result<Destination> {
        let mut destination = self.open(address)?;
        for _ in 0..MAX_PAGES {
            let Destination::Page(page) = &destination else {
                break;
            };
            let Some(mut form) = page.form() else { break };
            if form.has("login") {
                form.set("login", name);
                form.set("password", "any will do");
            }
            destination = self.go(&form.action, Some(form.body()))?;
        }
        Ok(destination)
    }

    /// Opens the page and follows its link that ends so.
    pub(crate) fn follow(&mut self, address: &str, ending: &str) -> Result<Destination> {
        let Destination::Page(page) = self.open(address)? else {
            return Err("there is no page to follow a link from".into());
        };
        let link = page.link(ending).ok_or("the page has no such link")?;
        self.go(&link, None)
    }

    /// Enters the code of a device and then says that it is someone else's.
    pub(crate) fn abort_device(&mut self, address: &str) -> Result<Destination> {
        let mut destination = self.open(address)?;
        for _ in 0..MAX_PAGES {
            let Destination::Page(page) = &destination else {
                break;
            };
            let mut form = page.form().ok_or("the page has no form")?;
            let confirms = form.has("confirm");
            if confirms {
                form.set("abort", "yes");
            }
            destination = self.go(&form.action, Some(form.body()))?;
            if confirms {
                return Ok(destination);
            }
        }
        Err("the code of the device was never to be confirmed".into())
    }

    /// Opens an address and follows redirects.
    pub(crate) fn open(&mut self, address: &str) -> Result<Destination> {
        self.go(&address.parse()?, None)
    }

    fn go(&mut self, url: &Url, form: Option<String>) -> Result<Destination> {
        let mut url = url.clone();
        let mut response = self.request(&url, form)?;
        for _ in 0..MAX_PAGES {
            if !response.status().is_redirection() {
                let html = response.body_mut().read_to_string()?;
                if response.status().is_success() || html.contains("<form ") {
                    return Ok(Destination::Page(Page { url, html }));
                }
                return Err(format!("{} at {url}", response.status()).into());
            }
            let location = response.headers().get(LOCATION).ok_or("no location")?;
            url = url.join(location.to_str()?)?;
            if url.as_str().starts_with(&self.application) {
                return Ok(Destination::Callback(url.into()));
            }
            response = self.request(&url, None)?;
        }
        Err(format!("too many redirects, the last one to {url}").into())
    }

    fn request(&mut self, url: &Url, form: Option<String>) -> Result<Response<ureq::Body>> {
        let cookies: Vec<_> = self
            .cookies
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .uri(url.as_str())
            .header(COOKIE, cookies.join("; "));
        let response = match form {
            Some(form) => self.agent.run(
                request
                    .method("POST")
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form)?,
            )?,
            None => self.agent.run(request.body(())?)?,
        };
        for cookie in response.headers().get_all(SET_COOKIE) {
            // A cookie that a browser would refuse is refused here, too.
            _ = self.cookies.parse(cookie.to_str()?, url);
        }
        Ok(response)
    }
}

impl Destination {
    pub(crate) fn callback(self) -> Result<String> {
        match self {
            Self::Callback(url) => Ok(url),
            Self::Page(page) => Err(format!("the login ended at {}", page.url).into()),
        }
    }
}

/// More pages, or redirects in a row, than any login has.
const MAX_PAGES: usize = 10;
