//! A server in another process.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

/// A Node.js or Python program, which is killed on drop.
pub(crate) struct ServerProcess {
    process: Child,
    base_url: String,
    log: PathBuf,
}

impl ServerProcess {
    /// Starts a script of this directory with arguments. It prints its base URL as its first line.
    ///
    /// The script ends with this process, because its standard input is closed.
    pub(crate) fn start(script: &str, arguments: &[&str]) -> io::Result<Self> {
        let log = env::temp_dir().join(format!("workos-login-interop-{}.log", process::id()));
        let is_python = script.ends_with(".py");
        let mut process = Command::new(if is_python { "python3" } else { "node" })
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut base_url = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut base_url)?;
        }
        let server = Self {
            process,
            base_url: base_url.trim().to_owned(),
            log,
        };
        if server.base_url.is_empty() {
            return Err(io::Error::other(server.log()));
        }
        Ok(server)
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the standard error output.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // The process may have ended, and the file may be missing.
        _ = self.process.kill();
        _ = self.process.wait();
        _ = fs::remove_file(&self.log);
    }
}
