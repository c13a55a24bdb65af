//! A Redis server with a directory of its own.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::Checked;

pub(crate) struct Database {
    directory: PathBuf,
    process: Child,
}

impl Database {
    pub(crate) fn start() -> Checked<Self> {
        let directory =
            env::temp_dir().join(format!("workos-login-interop-redis-{}", process::id()));
        fs::create_dir_all(&directory)?;
        let process = run(&directory)?;
        Ok(Self { directory, process })
    }

    pub(crate) fn url(&self) -> String {
        format!("unix:{}/socket", self.directory.display())
    }

    /// Kills the process and starts another one with its data.
    pub(crate) fn restart(&mut self) -> Checked {
        self.process.kill()?;
        self.process.wait()?;
        self.process = run(&self.directory)?;
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn run(directory: &PathBuf) -> Checked<Child> {
    let socket = directory.join("socket");
    let process = Command::new("redis-server")
        .args([
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ])
        .arg("--unixsocket")
        .arg(&socket)
        .arg("--dir")
        .arg(directory)
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("redis-server: {error}; install Debian's package redis-server"))?;
    let begun = Instant::now();
    while UnixStream::connect(&socket).is_err() {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("redis-server does not listen".into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(process)
}
