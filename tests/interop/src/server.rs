//! A server in another process.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

/// A Node program that was started, and is ended when this is dropped.
pub(crate) struct ServerProcess {
    process: Child,
    address: String,
    log: PathBuf,
}

impl ServerProcess {
    /// Starts a script of this folder, which prints its address as its first line.
    ///
    /// It runs no longer than this process: its input ends with it.
    pub(crate) fn start(script: &str) -> io::Result<Self> {
        let log = env::temp_dir().join(format!("workos-login-interop-{}.log", process::id()));
        let mut process = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut address = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        let server = Self {
            process,
            address: address.trim().to_owned(),
            log,
        };
        if server.address.is_empty() {
            return Err(io::Error::other(server.log()));
        }
        Ok(server)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns what it wrote to its error output.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Nothing is left to do about a process that has ended by itself, or a file that is gone.
        _ = self.process.kill();
        _ = self.process.wait();
        _ = fs::remove_file(&self.log);
    }
}
