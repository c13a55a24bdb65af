//! Ctrl-C.

use std::sync::Arc;

use crate::output::Output;

/// Ends the program at once when Ctrl-C is pressed, whatever it waits for.
///
/// There is nothing to save: a pending login lives in memory, and its code is worth nothing without it; a session that is
/// kept survives the end of a process at any moment.
pub(crate) fn watch(output: Arc<Output>) {
    // Where it cannot be watched for, Ctrl-C ends the program all the same, only without a word.
    let _ = ctrlc::set_handler(move || output.interrupt());
}
