//! One suite of behaviour for every HTTP adapter.
