//! Ctrl-C.

use std::sync::Arc;

use crate::output::Output;

/// Exits at once when Ctrl-C is pressed, at any point of a command.
///
/// Nothing has to be saved first: a pending login exists only in this process, and a stored session survives the end of a
/// process at any moment.
pub(crate) fn exit_on_ctrl_c(output: Arc<Output>) {
    // If no handler can be installed, Ctrl-C still ends the process, without a message.
    let _ = ctrlc::set_handler(move || output.interrupt());
}
