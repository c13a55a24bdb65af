//! A user agent that logs in or cancels a login.

use cookie_store::CookieStore;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use ureq::http::{Request, Response};
use url::{Position, Url};

use crate::checks::{Result, ensure};
use crate::page::Page;
use crate::steps::{APPLICATION, parameter};

/// Keeps cookies, submits forms and stops at a redirect URI of the application, to which no request is sent.
pub(crate) struct UserAgent {
    agent: Agent,
    cookies: CookieStore,
}

/// The body of a request, with its method.
struct Body<'a> {
    method: &'a str,
    content_type: &'a str,
    text: String,
}

/// The result of a navigation.
pub(crate) enum Destination {
    /// The callback, or the URL after a logout.
    Callback(String),
    /// A page of the server.
    Page(Page),
}

impl UserAgent {
    pub(crate) fn new() -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self {
            agent,
            cookies: CookieStore::default(),
        }
    }

    /// Logs in as `name` and gives every consent.
    pub(crate) fn agree(&mut self, url: &str, name: &str) -> Result<Destination> {
        let mut destination = self.open(url)?;
        for _ in 0..MAX_PAGES {
            let Destination::Page(page) = &destination else {
                break;
            };
            let Some(mut form) = page.form() else {
                let page = page.url.clone();
                let Ok(client_id) = parameter(&page, "client_id") else {
                    break;
                };
                destination = self.log_in_with_api(&page, &client_id, name)?;
                continue;
            };
            for (field, value) in [("login", name), ("username", name), ("password", PASSWORD)] {
                if form.has(field) {
                    form.set(field, value);
                }
            }
            destination = self.go(&form.action, Some(form.body()))?;
        }
        Ok(destination)
    }

    /// Logs in as the login page of glewlwyd does, which is a JavaScript program.
    fn log_in_with_api(&mut self, page: &Url, client_id: &str, name: &str) -> Result<Destination> {
        let login = json!({"username": name, "password": PASSWORD});
        self.call_api("POST", &page.join("/api/auth/")?, &login)?;
        let grant = format!("/api/auth/grant/{client_id}");
        let scope = json!({"scope": parameter(page, "scope")?});
        self.call_api("PUT", &page.join(&grant)?, &scope)?;
        let next = parameter(page, "callback_url")?;
        self.open(&format!("{next}&g_continue"))
    }

    fn call_api(&mut self, method: &str, url: &Url, body: &Value) -> Result<()> {
        let body = Body {
            method,
            content_type: "application/json",
            text: body.to_string(),
        };
        let status = self.request(url, Some(body))?.status();
        ensure(status.is_success(), &format!("{status} at {url}"))
    }

    /// Opens a page and follows the link that ends with `ending`.
    pub(crate) fn follow(&mut self, url: &str, ending: &str) -> Result<Destination> {
        let Destination::Page(page) = self.open(url)? else {
            return Err("the server sent no page".into());
        };
        let link = page.link(ending).ok_or("the page has no such link")?;
        self.go(&link, None)
    }

    /// Confirms a user code and cancels the device login.
    pub(crate) fn abort_device(&mut self, url: &str) -> Result<Destination> {
        let mut destination = self.open(url)?;
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
        Err("the server did not ask to confirm the user code".into())
    }

    /// Opens a URL and follows redirects.
    pub(crate) fn open(&mut self, url: &str) -> Result<Destination> {
        self.go(&url.parse()?, None)
    }

    fn go(&mut self, url: &Url, form: Option<String>) -> Result<Destination> {
        let mut url = url.clone();
        let body = form.map(|text| Body {
            method: "POST",
            content_type: "application/x-www-form-urlencoded",
            text,
        });
        let mut response = self.request(&url, body)?;
        for _ in 0..MAX_PAGES {
            if !response.status().is_redirection() {
                let html = response.body_mut().read_to_string()?;
                if response.status().is_success() || html.contains("<form ") {
                    return Ok(Destination::Page(Page { url, html }));
                }
                let url = &url[..Position::AfterPath];
                return Err(format!("{} at {url}", response.status()).into());
            }
            let location = response.headers().get(LOCATION).ok_or("no location")?;
            url = url.join(location.to_str()?)?;
            if url.as_str().starts_with(APPLICATION) {
                return Ok(Destination::Callback(url.into()));
            }
            response = self.request(&url, None)?;
        }
        Err(format!("too many redirects, the last one to {url}").into())
    }

    fn request(&mut self, url: &Url, body: Option<Body<'_>>) -> Result<Response<ureq::Body>> {
        let cookies: Vec<_> = self
            .cookies
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .uri(url.as_str())
            .header(COOKIE, cookies.join("; "));
        let response = match body {
            Some(body) => self.agent.run(
                request
                    .method(body.method)
                    .header(CONTENT_TYPE, body.content_type)
                    .body(body.text)?,
            )?,
            None => self.agent.run(request.body(())?)?,
        };
        for cookie in response.headers().get_all(SET_COOKIE) {
            // As in a browser, an invalid cookie is ignored.
            _ = self.cookies.parse(cookie.to_str()?, url);
        }
        Ok(response)
    }
}

impl Destination {
    /// Returns whether the server asks who the user is.
    pub(crate) fn is_login_page(&self) -> bool {
        let Self::Page(page) = self else { return false };
        let names = ["login", "username", "password"];
        let form = page.form();
        form.is_some_and(|form| names.iter().any(|name| form.has(name)))
    }

    pub(crate) fn callback(self) -> Result<String> {
        match self {
            Self::Callback(url) => Ok(url),
            Self::Page(page) => Err(format!("the login ended at {}", page.url).into()),
        }
    }
}

/// The password of every user.
const PASSWORD: &str = "any password";

/// The maximum number of pages and of consecutive redirects in a login.
const MAX_PAGES: usize = 10;
