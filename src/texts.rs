//! Texts that are kept together, in one piece of memory.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use serde::de::SeqAccess;
use serde::{Serialize, Serializer};

use crate::wire::lenient::{Item, Lenient};

/// Texts one after another. Each is found again by its [`Place`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Texts(String);

/// Where one text is, among the [`Texts`] that gave this place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    start: usize,
    /// One more than the end, so that an optional place is no larger than a place.
    after: NonZeroUsize,
}

impl Texts {
    /// With room for texts of so many bytes in all; for longer ones it grows.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(crate) fn push(&mut self, text: &str) -> Place {
        let start = self.0.len();
        self.0.push_str(text);
        Place {
            start,
            after: NonZeroUsize::MIN.saturating_add(self.0.len()),
        }
    }

    pub(crate) fn get(&self, place: Place) -> &str {
        &self.0[place.start..place.after.get() - 1]
    }
}

/// A list of texts, in its order.
#[derive(Clone)]
pub(crate) struct TextList {
    texts: Texts,
    places: Vec<Place>,
}

impl TextList {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| self.texts.get(*place))
    }
}

/// Those of the elements that are texts.
impl<'de> Lenient<'de> for TextList {
    fn list<S: SeqAccess<'de>>(mut list: S) -> Result<Option<Self>, S::Error> {
        let (mut texts, mut places) = (Texts::with_capacity(64), Vec::new());
        while let Some(Item(text)) = list.next_element::<Item<Cow<'de, str>>>()? {
            places.extend(text.map(|text| texts.push(&text)));
        }
        Ok(Some(Self { texts, places }))
    }
}

impl Serialize for TextList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_again_at_its_place() {
        let mut texts = Texts::with_capacity(0);
        let written = ["", "é", "Nadia", "", "a b"];
        let places = written.map(|text| texts.push(text));
        assert_eq!(places.map(|place| texts.get(place)), written);
    }

    #[test]
    fn an_optional_place_is_no_larger_than_a_place() {
        assert_eq!(size_of::<Option<Place>>(), size_of::<Place>());
    }

    #[test]
    fn a_list_comes_back_as_it_was_whatever_its_texts_look_like() {
        for json in [
            "[]",
            r#"["openid","email"]"#,
            r#"["","3:abc",":","é","7",""]"#,
        ] {
            let Item::<TextList>(list) = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&list).unwrap(), json);
        }
    }

    #[test]
    fn what_is_not_a_text_is_left_out_of_a_list() {
        let json = r#"["a",7,null,["b"],{"c":"d"},true,"e"]"#;
        let Item::<TextList>(list) = serde_json::from_str(json).unwrap();
        assert_eq!(list.unwrap().iter().collect::<Vec<_>>(), ["a", "e"]);
    }
}
