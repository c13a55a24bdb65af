//! A page of a server: its form and its links.

use url::{Url, form_urlencoded};

/// A page and its URL.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) html: String,
}

/// The first form of a page, with its default values and the button that accepts a request or a logout.
pub(crate) struct Form {
    pub(crate) action: Url,
    fields: Vec<(String, String)>,
}

impl Page {
    pub(crate) fn form(&self) -> Option<Form> {
        let (_, rest) = self.html.split_once("<form ")?;
        let (form, _) = rest.split_once("</form>")?;
        let (tag, inside) = form.split_once('>')?;
        let mut fields: Vec<_> = elements(inside, "<input").collect();
        // Of several buttons, only the one that is pressed is sent. It can be outside of its form.
        let mut buttons = elements(&self.html, "<button");
        fields.extend(buttons.find(|(name, value)| value == "accept" || name == "logout"));
        // A form without an action is sent to the URL of its page.
        let action = attribute(tag, "action").unwrap_or_default();
        Some(Form {
            action: self.url.join(&action).ok()?,
            fields,
        })
    }

    /// Returns the URL of the first link whose `href` ends with `ending`.
    pub(crate) fn link(&self, ending: &str) -> Option<Url> {
        let href = self
            .html
            .split("<a ")
            .skip(1)
            .filter_map(|link| attribute(link.split_once('>')?.0, "href"))
            .find(|href| href.ends_with(ending))?;
        self.url.join(&href).ok()
    }
}

impl Form {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn body(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }
}

/// Returns the names and values of the elements that begin with `start`.
fn elements<'a>(html: &'a str, start: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
    html.split(start).skip(1).filter_map(|element| {
        let (tag, _) = element.split_once('>')?;
        let value = attribute(tag, "value").unwrap_or_default();
        Some((attribute(tag, "name")?, value))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&#39;", "'").replace("&amp;", "&"))
}
