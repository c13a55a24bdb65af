//! Searches the memory of this process for secrets. The search itself holds each secret only with inverted bits.

use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// The number of bytes of a secret that are searched for: its last ones. The allocator overwrites the first bytes of
/// freed memory.
const TAIL: usize = 20;

/// The number of bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// One search at a time: another test would find the secrets in the buffer of this one.
static LOCK: Mutex<()> = Mutex::new(());

/// The memory of this process and the secrets to search for.
pub(crate) struct Memory {
    _lock: MutexGuard<'static, ()>,
    memory: File,
    chunk: Zeroizing<Vec<u8>>,
    secrets: Vec<Inverted>,
}

/// A secret with all bits inverted, which the search does not find.
struct Inverted {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Inverted {
    fn tail(&self) -> &[u8] {
        &self.bytes[self.bytes.len() - TAIL..]
    }
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            _lock: LOCK.lock().unwrap_or_else(PoisonError::into_inner),
            memory: File::open("/proc/self/mem").unwrap(),
            chunk: Zeroizing::new(vec![0; CHUNK]),
            secrets: Vec::new(),
        }
    }

    /// Generates and registers a secret.
    pub(crate) fn generate(&mut self, name: &'static str) {
        let random: [u8; 96] = rand::random();
        self.register(name, &Zeroizing::new(URL_SAFE_NO_PAD.encode(random)));
    }

    /// Registers a secret under a name.
    pub(crate) fn register(&mut self, name: &'static str, secret: &str) {
        assert!(secret.len() >= TAIL, "{name} is too short to be identified");
        let bytes = secret.bytes().map(|byte| !byte).collect();
        self.secrets.push(Inverted { name, bytes });
    }

    /// Returns a secret by its name. It must be dropped before the next search.
    pub(crate) fn reveal(&self, name: &str) -> Zeroizing<String> {
        let secret = self.secrets.iter().find(|secret| secret.name == name);
        let secret = &secret.unwrap().bytes;
        let mut text = Zeroizing::new(String::with_capacity(secret.len()));
        text.extend(secret.iter().map(|byte| char::from(!byte)));
        text
    }

    /// Checks that exactly these of the registered secrets are in memory.
    #[track_caller]
    pub(crate) fn assert_held(&mut self, names: &[&str]) {
        assert_eq!(self.search(), names, "the secrets in memory");
    }

    /// Returns the names of the secrets that are in writable memory, except the stack of this thread.
    pub(crate) fn search(&mut self) -> Vec<&'static str> {
        let own = self.chunk.as_ptr_range();
        let own = own.start.addr()..own.end.addr();
        let stack = ptr::from_ref(&own).addr();
        let mut found = vec![false; self.secrets.len()];
        for range in writable() {
            if range.contains(&stack) {
                continue;
            }
            for part in without(range, &own) {
                self.search_range(part, &mut found);
            }
        }
        let found = self.secrets.iter().zip(found).filter(|(_, found)| *found);
        found.map(|(secret, _)| secret.name).collect()
    }

    fn search_range(&mut self, mut range: Range<usize>, found: &mut [bool]) {
        let mut first_bytes = [false; 256];
        for secret in &self.secrets {
            first_bytes[usize::from(!secret.tail()[0])] = true;
        }
        while range.len() >= TAIL {
            let length = range.len().min(CHUNK);
            let chunk = &mut self.chunk[..length];
            // Mappings that cannot be read belong to a device or to the kernel.
            if self
                .memory
                .read_exact_at(chunk, range.start as u64)
                .is_err()
            {
                return;
            }
            // One lookup skips most bytes: a full comparison at each would be too slow.
            let starts = chunk
                .iter()
                .enumerate()
                .filter(|(_, byte)| first_bytes[usize::from(**byte)]);
            for (at, _) in starts {
                let part = &chunk[at..length.min(at + TAIL)];
                for (secret, found) in self.secrets.iter().zip(&mut *found) {
                    *found = *found
                        || secret
                            .tail()
                            .iter()
                            .map(|byte| !byte)
                            .eq(part.iter().copied());
                }
            }
            range.start += (length - TAIL + 1).max(1);
        }
    }
}

/// Returns the writable ranges of the address space.
fn writable() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let writable = maps.lines().filter_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).unwrap();
        rest.starts_with("rw").then(|| address(start)..address(end))
    });
    writable.collect()
}

/// Returns the parts of a range that are not in another one.
fn without(range: Range<usize>, other: &Range<usize>) -> [Range<usize>; 2] {
    let before = range.start..range.end.min(other.start);
    let after = range.start.max(other.end)..range.end;
    [before, after]
}
