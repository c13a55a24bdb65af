//! [`Bounded`]: a map with a maximum size, so that no client can exhaust the memory.

use std::collections::{HashMap, VecDeque};

/// A map in the order of insertion. The oldest entry is removed when the limit is exceeded.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    entries: HashMap<String, T>,
    order: VecDeque<String>,
    limit: usize,
}

impl<T> Bounded<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            limit,
        }
    }

    pub(crate) fn insert(&mut self, key: String, value: T) {
        // A replaced value keeps its place in the order.
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.entries.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.entries.get_mut(key)
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        let value = self.entries.remove(key)?;
        // Linear, but the order has at most `limit` entries.
        self.order.retain(|other| other != key);
        Some(value)
    }

    /// Returns the newest key whose value meets the condition.
    pub(crate) fn find_key(&self, condition: impl Fn(&T) -> bool) -> Option<&str> {
        let mut newest_first = self.order.iter().rev();
        newest_first
            .find(|key| self.entries.get(*key).is_some_and(&condition))
            .map(|key| &**key)
    }

    /// Returns the values, oldest first.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.order.iter().filter_map(|key| self.entries.get(key))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_oldest_entry_beyond_the_limit() {
        let mut map = Bounded::new(2);
        for key in ["a", "b", "c"] {
            map.insert(key.to_owned(), key);
        }
        assert_eq!(map.values().copied().collect::<Vec<_>>(), ["b", "c"]);
        assert!(map.get("a").is_none());
    }

    #[test]
    fn a_removed_entry_does_not_count_towards_the_limit() {
        let mut map = Bounded::new(2);
        map.insert("a".to_owned(), 1);
        map.insert("b".to_owned(), 2);
        assert_eq!(map.remove("a"), Some(1));
        map.insert("c".to_owned(), 3);
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [2, 3]);
    }
}
