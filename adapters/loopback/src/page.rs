//! The HTTP responses that the browser shows.
//!
//! A callback is answered with a page, not with a redirect. A redirect would keep the listener open for a second request that
//! may never arrive, but the listener should be closed at once (RFC 8252 section 8.3). The authorization code stays in the
//! browser's history, where it is useless: it is used at once, and it needs the code verifier.
//!
//! A page contains nothing from the request, so no request can inject content into it.

use std::fmt::Write;

/// A page and the status of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Accepted,
    BadRequest,
    CallbackMismatch,
    Denied,
    Ended,
    Expired,
    Failed,
    HeadersTooLarge,
    InvalidCallback,
    MethodNotAllowed,
    Misdirected,
    NotFound,
    RequestTimeout,
    UriTooLong,
}

impl Page {
    /// Returns the response with its head. A callback that ends the wait has status 200 also if the login failed.
    pub(crate) fn response(self, app_name: Option<&str>) -> Vec<u8> {
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

    fn html(self, app_name: Option<&str>) -> String {
        let app = escape(app_name.unwrap_or("the application"));
        let title = self.title();
        let text = self.text().replace("{app}", &app);
        let end = app_name.map(|_| format!(" – {app}")).unwrap_or_default();
        format!(
            "<!doctype html>\n\
             <html lang=\"en\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}{end}</title>\n\
             <style>{STYLE}</style>\n\
             </head>\n\
             <body>\n\
             <main>\n\
             <h1>{title}</h1>\n\
             <p>{text}</p>\n\
             </main>\n\
             </body>\n\
             </html>\n"
        )
    }

    fn status(self) -> &'static str {
        match self {
            Self::Accepted | Self::Denied | Self::Ended | Self::Expired | Self::Failed => "200 OK",
            Self::BadRequest | Self::CallbackMismatch | Self::InvalidCallback => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::UriTooLong => "414 URI Too Long",
            Self::Misdirected => "421 Misdirected Request",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Accepted => "Login received",
            Self::CallbackMismatch => "Login does not match",
            Self::Denied => "Login denied",
            Self::Ended => "Login already received",
            Self::Expired => "Login expired",
            Self::Failed => "Login failed",
            Self::InvalidCallback => "Invalid callback",
            Self::NotFound => "Not found",
            Self::BadRequest
            | Self::HeadersTooLarge
            | Self::MethodNotAllowed
            | Self::Misdirected
            | Self::RequestTimeout
            | Self::UriTooLong => "Invalid request",
        }
    }

    /// Returns the text below the title; `{app}` stands for the name of the application.
    fn text(self) -> &'static str {
        match self {
            Self::Accepted => "You can close this window and return to {app}.",
            Self::CallbackMismatch => {
                "This callback belongs to another login and was ignored. \
                 Continue with the login that you started in {app}."
            }
            Self::Denied => {
                "You are not signed in. You can close this window, return to {app} and try again."
            }
            Self::Ended => {
                "A callback of this login was received earlier. \
                 You can close this window and return to {app}."
            }
            Self::Expired => {
                "The login took too long, and you are not signed in. \
                 You can close this window, return to {app} and try again."
            }
            Self::Failed => {
                "You are not signed in. You can close this window and return to {app} for details."
            }
            Self::HeadersTooLarge => {
                "The request headers are too large. \
                 Delete the cookies of this site and start the login again."
            }
            Self::InvalidCallback => {
                "This URL is not a valid callback and was ignored. \
                 Continue with the login that you started in {app}."
            }
            Self::BadRequest | Self::Misdirected | Self::NotFound => {
                "This server only receives the callback of a login in {app}."
            }
            Self::MethodNotAllowed => "",
            Self::RequestTimeout => "The request was not received in time.",
            Self::UriTooLong => "The URL is too long for a callback.",
        }
    }
}

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

const STYLE: &str = ":root{color-scheme:light dark}\
    body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.0625rem/1.5 system-ui,sans-serif}\
    main{max-width:30rem;padding:2rem}\
    h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}\
    p{margin:0}";

/// The hash of [`STYLE`], the only style that the content security policy allows.
const STYLE_HASH: &str = "sha256-wT0msE4UiSq+1zDvXEHRzSgpRK0MHDeDgF+DfN8MrGI=";
