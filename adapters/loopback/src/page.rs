//! What the browser is shown.
//!
//! The page is the direct answer to the callback, not the target of a redirect: a redirect would keep the
//! listener open for a second request that may never come (RFC 8252 section 8.3 wants it closed). What stays in the
//! browser's history is a code that is spent within moments and useless without the code verifier.

use std::fmt::Write;

/// What an answer says. It shows nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Accepted,
    AlreadyDone,
    BadRequest,
    Denied,
    Expired,
    Failed,
    CallbackMismatch,
    HeadersTooLarge,
    MethodNotAllowed,
    Misdirected,
    NotACallback,
    NotFound,
    TargetTooLong,
    TooSlow,
}

impl Page {
    /// The whole answer, head and page. A callback that ended the wait is answered with 200, whatever it said.
    pub(crate) fn answer(self, app_name: Option<&str>) -> Vec<u8> {
        // Without a body it fits a HEAD, too.
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
        let app = escape(app_name.unwrap_or("the program"));
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
            Self::Accepted | Self::AlreadyDone | Self::Denied | Self::Expired | Self::Failed => {
                "200 OK"
            }
            Self::BadRequest | Self::CallbackMismatch | Self::NotACallback => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::TooSlow => "408 Request Timeout",
            Self::TargetTooLong => "414 URI Too Long",
            Self::Misdirected => "421 Misdirected Request",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Accepted => "Login received",
            Self::AlreadyDone => "This login is over",
            Self::Denied => "Login denied",
            Self::Expired => "Login expired",
            Self::Failed => "Login failed",
            Self::CallbackMismatch => "Not the login that is awaited",
            Self::NotACallback | Self::NotFound => "Nothing here",
            Self::BadRequest
            | Self::HeadersTooLarge
            | Self::MethodNotAllowed
            | Self::Misdirected
            | Self::TargetTooLong
            | Self::TooSlow => "Request not understood",
        }
    }

    /// The sentences below the title; `{app}` is the name of the application.
    fn text(self) -> &'static str {
        match self {
            Self::Accepted => "You can close this window and return to {app}.",
            Self::AlreadyDone => {
                "Its answer has arrived before. You can close this window and return to {app}."
            }
            Self::Denied => {
                "You are not signed in. You can close this window, return to {app} and try again."
            }
            Self::Expired => {
                "It took too long, and you are not signed in. You can close this window, return to {app} and try again."
            }
            Self::Failed => {
                "You are not signed in. You can close this window, and see in {app} what went wrong."
            }
            Self::CallbackMismatch => {
                "This page was opened by another login, or by a stranger, and nothing was done. \
                 Finish the login that you began: {app} still waits for it."
            }
            Self::NotACallback | Self::NotFound => {
                "Here, {app} waits for the end of a login, and this is none."
            }
            Self::BadRequest | Self::Misdirected => {
                "Here, {app} waits for the end of a login, and for nothing else."
            }
            Self::HeadersTooLarge => {
                "The browser sent too much. Delete its cookies for this address, and begin the login again."
            }
            Self::TargetTooLong => "The address is too long for the end of a login.",
            Self::MethodNotAllowed => "",
            Self::TooSlow => "The request did not arrive in time.",
        }
    }
}

/// Makes a text safe between tags and in attributes.
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

/// The hash of [`STYLE`], which lets it, and no other style, through the content security policy.
const STYLE_HASH: &str = "sha256-wT0msE4UiSq+1zDvXEHRzSgpRK0MHDeDgF+DfN8MrGI=";
