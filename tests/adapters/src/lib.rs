//! One suite of behaviour for every HTTP adapter, in `tests/suite`, and the examples of the front page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
