//! The commands of the program: one file for each.

mod logged_in;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod switch;
pub(crate) mod token;
pub(crate) mod whoami;
