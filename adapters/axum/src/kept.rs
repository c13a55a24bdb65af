//! Values by key, each kept until a time, in bounded memory.

use std::collections::HashMap;
use std::time::SystemTime;

/// The most values. Beyond it, those that are kept the shortest are removed.
const MAX: usize = 100_000;
/// The number of values at which those that have run out are removed for the first time.
const FIRST_SWEEP: usize = 1024;

pub(crate) struct Kept<T> {
    entries: HashMap<String, Entry<T>>,
    next_sweep: usize,
}

pub(crate) struct Entry<T> {
    pub(crate) value: T,
    pub(crate) until: SystemTime,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            next_sweep: FIRST_SWEEP,
        }
    }
}

impl<T> Kept<T> {
    pub(crate) fn get(&mut self, key: &str, now: SystemTime) -> Option<&mut Entry<T>> {
        self.entries.get_mut(key).filter(|entry| entry.until > now)
    }

    /// Returns the value that is kept, or else keeps the new one.
    pub(crate) fn get_or_insert(&mut self, key: &str, new: Entry<T>, now: SystemTime) -> &mut T {
        if self.get(key, now).is_none() {
            self.insert(key, new, now);
        }
        let entry = self.entries.get_mut(key);
        &mut entry.expect("it is kept, or was inserted").value
    }

    pub(crate) fn insert(&mut self, key: &str, new: Entry<T>, now: SystemTime) {
        self.make_room(now);
        self.entries.insert(key.to_owned(), new);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.remove(key);
    }

    /// Removes what has run out whenever the number has doubled, so that an insertion costs little on average.
    fn make_room(&mut self, now: SystemTime) {
        if self.entries.len() < self.next_sweep {
            return;
        }
        self.entries.retain(|_, entry| entry.until > now);
        if self.entries.len() >= MAX {
            let mut ends: Vec<_> = self.entries.values().map(|entry| entry.until).collect();
            // A tenth at once, so that the next insertions need no sweep.
            let (_, end, _) = ends.select_nth_unstable(MAX / 10);
            let end = *end;
            self.entries.retain(|_, entry| entry.until > end);
        }
        self.next_sweep = (self.entries.len() * 2).clamp(FIRST_SWEEP, MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: usize) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds as u64)
    }

    fn kept(count: usize) -> Kept<usize> {
        let mut kept = Kept::default();
        for value in 0..count {
            let until = at(value + 1);
            kept.insert(&value.to_string(), Entry { value, until }, at(0));
        }
        kept
    }

    #[test]
    fn a_value_is_kept_until_its_time() {
        let mut kept = kept(1);
        assert_eq!(kept.get("0", at(0)).unwrap().value, 0);
        assert!(kept.get("0", at(1)).is_none());
        let new = |value| Entry {
            value,
            until: at(3),
        };
        assert_eq!(*kept.get_or_insert("0", new(7), at(1)), 7);
        assert_eq!(*kept.get_or_insert("0", new(8), at(1)), 7);
    }

    #[test]
    fn what_has_run_out_is_removed() {
        let mut kept = kept(FIRST_SWEEP);
        let until = at(FIRST_SWEEP + 1);
        kept.insert("new", Entry { value: 0, until }, at(FIRST_SWEEP - 1));
        assert_eq!(kept.entries.len(), 2);
    }

    #[test]
    fn the_shortest_kept_are_removed_at_the_maximum() {
        let mut kept = kept(MAX + 1);
        assert!(kept.entries.len() <= MAX);
        assert!(kept.get("0", at(0)).is_none());
        assert!(kept.get(&MAX.to_string(), at(0)).is_some());
    }
}
