//! `workos-login completions` and `workos-login man`: what packages install beside the program, generated from the command line.

use std::path::PathBuf;

use clap_complete::Shell;

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::report::Report;

/// Print the completions for a shell
///
/// For example: workos-login completions bash >~/.local/share/bash-completion/completions/workos-login
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    shell: Shell,
}

/// Write the manual pages, one for each command
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// An existing directory
    directory: PathBuf,
}

impl CompletionsArgs {
    /// Prints the completions of the program.
    pub(crate) fn run(&self, mut program: clap::Command) -> Result<Report, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "workos-login", &mut script);
        let script = String::from_utf8_lossy(&script);
        Ok(script.lines().fold(Report::default(), Report::line))
    }
}

impl ManArgs {
    /// Writes the manual pages of the program.
    pub(crate) fn run(&self, program: clap::Command) -> Result<Report, Failure> {
        let directory = self.directory.display();
        clap_mangen::generate_to(program, &self.directory).map_err(|error| {
            let message = format_args!("the manual pages cannot be written to {directory}");
            Failure::new(ErrorKind::Failure, message).caused_by(&error)
        })?;
        Ok(Report::default())
    }
}
