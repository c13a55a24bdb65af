//! The strategy of all values: it records the choices of a value, and shrinks them.
//!
//! A value is generated again from its recorded choices. A choice that was made smaller can lead to other choices after it; those keep
//! their numbers where they can. Each number is searched for the smallest one with which the test still fails, in their order, because
//! the first choices decide the variant.

use std::fmt;

use proptest::prelude::Strategy;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

use crate::choices::Choices;

/// The strategy that `any::<T>()` returns for a type `T` of this crate.
pub struct Values<T> {
    generate: fn(&mut Choices<'_>) -> T,
}

impl<T> Values<T> {
    pub(crate) fn new(generate: fn(&mut Choices<'_>) -> T) -> Self {
        Self { generate }
    }
}

impl<T> Clone for Values<T> {
    fn clone(&self) -> Self {
        Self::new(self.generate)
    }
}

impl<T> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> Strategy for Values<T> {
    type Tree = Tree<T>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut chosen = Vec::new();
        let mut draw = |count| {
            // A range that is not empty always has a tree.
            let number = (0..count)
                .new_tree(runner)
                .map_or(0, |tree| ValueTree::current(&tree));
            chosen.push(number);
            number
        };
        (self.generate)(&mut Choices::new(&mut draw));
        Ok(Tree {
            generate: self.generate,
            chosen,
            index: 0,
            low: 0,
            failing: 0,
        })
    }
}

/// A value with its choices; see [`ValueTree`].
pub struct Tree<T> {
    generate: fn(&mut Choices<'_>) -> T,
    chosen: Vec<u32>,
    /// The choice that is searched, from `low` to `failing`.
    index: usize,
    low: u32,
    failing: u32,
}

impl<T> Tree<T> {
    /// Returns the value, and how many of the choices it is made of.
    fn replay(&self) -> (T, usize) {
        let mut used = 0;
        let mut draw = |count: u32| {
            let number = self.chosen.get(used).copied().unwrap_or(0);
            used += 1;
            number.min(count - 1)
        };
        let value = (self.generate)(&mut Choices::new(&mut draw));
        (value, used)
    }
}

impl<T: fmt::Debug> ValueTree for Tree<T> {
    type Value = T;

    fn current(&self) -> T {
        self.replay().0
    }

    fn simplify(&mut self) -> bool {
        while let Some(&number) = self.chosen.get(self.index) {
            if self.low < number {
                self.failing = number;
                self.chosen[self.index] = self.low + (number - self.low) / 2;
                return true;
            }
            self.index += 1;
            self.low = 0;
            let (_, used) = self.replay();
            self.chosen.truncate(used);
        }
        false
    }

    fn complicate(&mut self) -> bool {
        let Some(number) = self.chosen.get_mut(self.index) else {
            return false;
        };
        if *number == self.failing {
            return false;
        }
        self.low = *number + 1;
        *number = self.failing;
        true
    }
}

impl<T> fmt::Debug for Tree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").finish_non_exhaustive()
    }
}
