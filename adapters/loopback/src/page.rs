//! The HTTP responses that the browser shows.
//!
//! A callback is answered with a page, not with a redirect. A redirect would keep the listener open for a second request that
//! may never arrive, but the listener should be closed at once (RFC 8252 section 8.3). The authorization code stays in the
//! browser's history, where it is useless: it is used at once, and it needs the code verifier.
//!
//! A page contains nothing from the request, so no request can inject content into it. The page of the code exchange contains the
//! user's e-mail address or the error, escaped.

use std::fmt::Write;

/// A page and the status of its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    BadRequest,
    CallbackMismatch,
    /// The service requires an authentication challenge.
    Continue,
    Denied,
    Ended,
    /// The code exchange failed, with its error.
    ExchangeFailed(Box<str>),
    Expired,
    Failed,
    HeadersTooLarge,
    InvalidCallback,
    /// The user is logged in, with the e-mail address if it is known.
    LoggedIn(Option<Box<str>>),
    MethodNotAllowed,
    Misdirected,
    NotFound,
    RequestTimeout,
    /// The outcome of the code exchange is not known.
    Return,
    Unavailable,
    UriTooLong,
}

impl Page {
    /// Returns the response with its head. A callback that ends the wait has status 200 also if the login failed.
    pub(crate) fn response(&self, app_name: Option<&str>) -> Vec<u8> {
        // The response to a HEAD request must not have a body.
        let body = match self {
            Self::MethodNotAllowed => String::new(),
            page => page.html(app_name),
        };
        let allow = match self {
            Self::MethodNotAllowed => "Allow: GET\r\n",
            _ => "",
        };
        format!(
            "HTTP/1.1 {status}\r\n\
             Content-Type: text/html; charset=utf-8\r\n\
             Content-Length: {length}\r\n\
             Connection: close\r\n\
             Cache-Control: no-store\r\n\
             Content-Security-Policy: default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\n\
             Referrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\n\
             {allow}\r\n{body}",
            status = self.status(),
            length = body.len(),
        )
        .into_bytes()
    }

    fn html(&self, app_name: Option<&str>) -> String {
        let name = app_name.map(escape);
        let app = name.as_deref().unwrap_or("the application");
        let heading = self.heading(app);
        let text = self.text(app);
        let header = name
            .as_ref()
            .map(|name| format!("<header>{name}</header>\n"))
            .unwrap_or_default();
        let end = match (self, &name) {
            // The heading names the application already.
            (Self::Continue | Self::Return, _) | (_, None) => String::new(),
            (_, Some(name)) => format!(" – {name}"),
        };
        format!(
            "<!doctype html>\n\
             <html lang=\"en\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{heading}{end}</title>\n\
             <style>{STYLE}</style>\n\
             </head>\n\
             <body>\n\
             {header}\
             <main>\n\
             <h1>{heading}</h1>\n\
             <p>{text}</p>\n\
             </main>\n\
             </body>\n\
             </html>\n"
        )
    }

    fn status(&self) -> &'static str {
        match self {
            Self::Continue
            | Self::Denied
            | Self::Ended
            | Self::ExchangeFailed(_)
            | Self::Expired
            | Self::Failed
            | Self::LoggedIn(_)
            | Self::Return
            | Self::Unavailable => "200 OK",
            Self::BadRequest | Self::CallbackMismatch | Self::InvalidCallback => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::UriTooLong => "414 URI Too Long",
            Self::Misdirected => "421 Misdirected Request",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
        }
    }

    /// Returns the heading. `app` is the name of the application, escaped.
    fn heading(&self, app: &str) -> String {
        let heading = match self {
            Self::CallbackMismatch => "Login does not match",
            Self::Continue => return format!("Continue in {app}"),
            Self::Denied => "Login denied",
            Self::Ended => "Login already received",
            Self::ExchangeFailed(_) | Self::Failed | Self::Unavailable => "Login failed",
            Self::Expired => "Login expired",
            Self::InvalidCallback => "Invalid callback",
            Self::LoggedIn(_) => "Logged in",
            Self::NotFound => "Not found",
            Self::Return => return format!("Return to {app}"),
            Self::BadRequest
            | Self::HeadersTooLarge
            | Self::MethodNotAllowed
            | Self::Misdirected
            | Self::RequestTimeout
            | Self::UriTooLong => "Invalid request",
        };
        heading.to_owned()
    }

    /// Returns the HTML below the heading. `app` is the name of the application, escaped.
    fn text(&self, app: &str) -> String {
        match self {
            Self::BadRequest | Self::Misdirected | Self::NotFound => {
                format!("This server only receives the callback of a login in {app}.")
            }
            Self::CallbackMismatch => format!(
                "This callback belongs to another login and was ignored. \
                 Continue with the login that you started in {app}."
            ),
            Self::Continue => format!(
                "The service requires a further step, and you are not logged in yet. \
                 You can close this window and continue in {app}."
            ),
            Self::Denied => format!("You are not logged in. {RETRY} {app} and try again."),
            Self::Ended => format!("A callback of this login was received earlier. {RETRY} {app}."),
            Self::ExchangeFailed(error) => format!(
                "You are not logged in: <bdi>{}</bdi>. {RETRY} {app}.",
                escape(error)
            ),
            Self::Expired => format!(
                "The login took too long, and you are not logged in. {RETRY} {app} and try again."
            ),
            Self::Failed => format!("You are not logged in. {RETRY} {app} for details."),
            Self::HeadersTooLarge => "The request headers are too large. \
                 Delete the cookies of this site and start the login again."
                .to_owned(),
            Self::InvalidCallback => format!(
                "This URL is not a valid callback and was ignored. \
                 Continue with the login that you started in {app}."
            ),
            Self::LoggedIn(Some(email)) => format!(
                "You're logged in as <bdi>{}</bdi>. You can close this window.",
                escape(email)
            ),
            Self::LoggedIn(None) => {
                format!("You're logged in to {app}. You can close this window.")
            }
            Self::MethodNotAllowed => String::new(),
            Self::RequestTimeout => "The request was not received in time.".to_owned(),
            Self::Return => {
                format!("The login continues in {app}. You can close this window.")
            }
            Self::Unavailable => format!(
                "The service is temporarily unavailable, and you are not logged in. \
                 {RETRY} {app} and try again later."
            ),
            Self::UriTooLong => "The URL is too long for a callback.".to_owned(),
        }
    }
}

/// The start of a sentence that ends with the name of the application.
const RETRY: &str = "You can close this window and return to";

/// Escapes text for HTML content and attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' | '\'' => {
                write!(escaped, "&#{};", u32::from(c)).expect("writing to a string does not fail")
            }
            c => escaped.push(c),
        }
    }
    escaped
}

const STYLE: &str = ":root{color-scheme:light dark;font:1.0625rem/1.5 system-ui,sans-serif}\
    body{box-sizing:border-box;min-height:100vh;margin:0;padding:2rem 1.25rem;display:flex;flex-direction:column;\
    justify-content:center;gap:1rem;overflow-wrap:anywhere}\
    header,main{box-sizing:border-box;width:100%;max-width:32rem;margin:0 auto}\
    header{font-weight:600;opacity:.7}\
    h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}\
    p{margin:0}";

/// The hash of [`STYLE`], the only style that the content security policy allows.
const STYLE_HASH: &str = "sha256-0O+RW3IQeSAY2AoxIcgiWwqnxM+gxiRWnAMNevECHDk=";
