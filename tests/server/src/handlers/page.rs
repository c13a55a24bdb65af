//! The HTML pages: forms without scripts.
//!
//! The forms work without JavaScript and load nothing. The content security policy allows the one
//! inline style by its hash and limits where a form leads. Everything that comes from a request or
//! from the configuration is escaped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use url::Url;

use crate::response::MockResponse;
use crate::user::User;

/// Returns the login page.
pub(crate) fn log_in(
    users: &[User],
    hint: Option<&str>,
    redirect_uri: &str,
    query: &str,
) -> MockResponse {
    let choices = choices(users, hint);
    let query = escaped(query);
    let body = format!(
        "<form method=\"post\" action=\"/user_management/authorize?{query}\">{choices}\
         <button name=\"decision\" value=\"log-in\">Log in</button> \
         <button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></form>"
    );
    // Browsers apply `form-action` to the redirect that follows the form as well.
    let scheme = Url::parse(redirect_uri)
        .map(|url| format!(" {}:", url.scheme()))
        .unwrap_or_default();
    page(200, "Log in", &body, &format!("'self'{scheme}"))
}

/// Returns the device page.
pub(crate) fn device(users: &[User], user_code: Option<&str>) -> MockResponse {
    let code = escaped(user_code.unwrap_or_default());
    let choices = choices(users, None);
    let body = format!(
        "<form method=\"post\" action=\"/device\">\
         <p><label>User code <input name=\"user_code\" value=\"{code}\" required \
         autocomplete=\"off\" autocapitalize=\"characters\"></label></p>{choices}\
         <button name=\"decision\" value=\"approve\">Approve</button> \
         <button name=\"decision\" value=\"deny\">Deny</button></form>"
    );
    page(200, "Log in a device", &body, "'self'")
}

/// Returns a page with one paragraph.
pub(crate) fn message(status: u16, title: &str, text: &str) -> MockResponse {
    page(
        status,
        title,
        &format!("<p>{}</p>", escaped(text)),
        "'none'",
    )
}

/// Returns a radio button for each user. The hinted user is selected, or else the first.
fn choices(users: &[User], hint: Option<&str>) -> String {
    let selected = users
        .iter()
        .position(|user| Some(&*user.email) == hint)
        .unwrap_or(0);
    let labels = users.iter().enumerate().map(|(at, user)| {
        let (email, name) = (escaped(&user.email), escaped(&user.full_name().unwrap_or_default()));
        let checked = if at == selected { " checked" } else { "" };
        format!("<label><input type=\"radio\" name=\"user\" value=\"{email}\" required{checked}> {name} &lt;{email}&gt;</label>")
    });
    format!(
        "<fieldset><legend>User</legend>{}</fieldset>",
        labels.collect::<String>()
    )
}

fn page(status: u16, title: &str, body: &str, form_action: &str) -> MockResponse {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    );
    let title = escaped(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}\
         <p><small>This is a mock server for tests. It has no passwords.</small></p></main></body></html>"
    );
    MockResponse::new(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", &policy)
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff")
        .body(html)
}

/// Escapes text for HTML content and quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;margin:4rem auto;max-width:30rem;padding:0 1rem}\
fieldset{border:1px solid #888;margin:0 0 1rem}label{display:block;padding:.25rem}\
button{font:inherit;padding:.4rem 1.2rem}small{color:#555}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_users_and_query() {
        let users = [User::new("user_x", "\"><script>@example.com").with_name("<b>", "'&'")];
        let page =
            String::from_utf8(log_in(&users, None, "http://a/", "state=\"><script>").body).unwrap();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;b&gt; &#39;&amp;&#39;"), "{page}");
    }

    #[test]
    fn selects_the_hinted_user() {
        let page = log_in(
            &[User::alice(), User::bob()],
            Some("bob@example.com"),
            "http://a/",
            "",
        )
        .body;
        let page = String::from_utf8(page).unwrap();
        assert!(
            page.contains("value=\"bob@example.com\" required checked"),
            "{page}"
        );
        assert_eq!(page.matches(" checked").count(), 1);
    }
}
