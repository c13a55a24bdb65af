//! The keeper, against all that can happen to it.
//!
//! The machine under test is the real one: a [`Machine`](workos_login::session::Machine) for each process, with its real
//! steps, requests in bytes and records in JSON. Around it everything is a model: the store and its lock, the service, the
//! network, the clock. A test is either a search through all that can happen within a budget ([`model`], and [`drivers`]
//! for drivers that break a rule), or many days by chance ([`day`]). In both, each move is checked against the rules
//! ([`rules`]), and at each point where nobody is in the middle of something good weather has to lead to a token
//! ([`calm`]).
//!
//! The search is our own and not a library's, for three reasons. A keeper and its steps cannot be copied, and a
//! library copies states; here each process is a number in a table of states that were reached before ([`machine`]).
//! Most rules are about moves and not about states. And it is the same each time, to the last number that it prints.
//!
//! | rule | what is checked here | what is a driver's, and its test in `adapters/session` |
//! |---|---|---|
//! | K1 | a fresh token is handed out without a step | it is asked for first: `k1_a_fresh_token_needs_neither_the_store_nor_the_service` |
//! | K2 | two refreshes are never under way; on a day there are hardly more than the least number of them | tasks and threads share one: `k2_many_threads_of_two_processes_share_one_refresh`, `k2_many_tasks_of_two_processes_share_one_refresh` |
//! | K3 | the lock is held, the store was read under it and holds what is sent; what is stored is due, or its refresh unanswered | |
//! | K4 | the intent is stored before each sending, and taken back only when no answer was lost | |
//! | K5 | what callers see at any moment was stored, or comes with the warning; nothing newer is replaced by anything older; what is unsaved is stored in the end | |
//! | K6 | a lost answer is asked for again while the window is open, with the short limit; after it once for each wake-up; the reason given fits | the limit is kept: `k6_an_attempt_that_hangs_is_dropped_at_its_limit` |
//! | K7 | only an answer ends a session; a good token is handed out, else "try again", as late as was asked for | |
//! | K8 | the store is cleared only when it holds the very token that was refused | |
//! | K9 | steps, sendings, waits and time of an operation are bounded, and pauses grow; in good weather a token comes within four wake-ups | waits are waited for: `k9_while_a_pause_lasts_nothing_is_sent` |
//! | K10 | a lock that is left behind delays the others by its lease | the system gives it back: `k10_a_process_that_is_killed_gives_the_lock_back` |
//! | K11 | a request names the stored organization or the one of the switch; no other is ever stored or shown | |
//! | K12 | after a refused token comes another one, or none | a call is repeated once: `k12_a_call_whose_token_is_refused_is_repeated_once` |
//! | K13 | after a logout nothing of that login is stored, and nothing that arrives later is shown | |
//!
//! The lock is one that the system gives back when its holder dies, or that a dead holder leaves behind for the rest of its lease;
//! nobody takes it from a process that lives. A store does not compare what it replaces. So there is one moment that
//! nothing here covers: who logs out without the lock, because its lease is over, while the holder is just between
//! reading the store and writing it.

#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

mod calm;
mod day;
mod drivers;
mod endings;
mod hands;
mod history;
mod machine;
mod model;
mod process;
mod record;
mod rules;
mod scenario;
mod schedules;
mod search;
mod service;
mod world;
