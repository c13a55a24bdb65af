//! A single instance: later processes hand over their argument to the first one, over a Unix socket.
//!
//! A lock file tells which process is the first one. The socket of a process that was killed stays, so it alone tells nothing.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use workos_login_native::workos_login_session::FileLock;

use crate::Result;

/// More than the longest callback.
const MAX_BYTES: u64 = 64 * 1024;

/// The attempts to reach a first process that has just started.
const ATTEMPTS: u32 = 50;

/// The running instance.
pub(crate) struct Instance {
    listener: UnixListener,
    _lock: FileLock,
}

/// Makes this process the running instance, or hands over its argument to that one.
pub(crate) fn start_or_hand_over(id: &str, argument: &str) -> Result<Option<Instance>> {
    let directory = env::var_os("XDG_RUNTIME_DIR").ok_or("XDG_RUNTIME_DIR is not set")?;
    // Only this user can access the directory.
    let socket = PathBuf::from(directory).join(format!("{id}.socket"));
    for _ in 0..ATTEMPTS {
        if let Some(lock) = FileLock::acquire(&socket.with_extension("lock"), Duration::ZERO)? {
            return Ok(Some(Instance::start(&socket, lock)?));
        }
        if let Ok(mut stream) = UnixStream::connect(&socket) {
            stream.write_all(argument.as_bytes())?;
            stream.shutdown(Shutdown::Write)?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Err("the running instance does not respond; end it and try again".into())
}

impl Instance {
    fn start(socket: &Path, lock: FileLock) -> io::Result<Self> {
        match fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(socket)?;
        let _lock = lock;
        Ok(Self { listener, _lock })
    }

    /// Waits for the argument of the next process.
    pub(crate) fn next(&self) -> io::Result<String> {
        let (stream, _) = self.listener.accept()?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut argument = Vec::new();
        // A process that ends early hands over nothing, which only shows the session.
        let _ = stream.take(MAX_BYTES).read_to_end(&mut argument);
        Ok(String::from_utf8_lossy(&argument).into_owned())
    }
}
