//! The memory of this process, searched for secrets that are themselves kept in disguise.

use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// How much of a secret is searched for: its end. The allocator writes over the beginning of what is freed.
const TAIL: usize = 20;

/// How much is read at once.
const CHUNK: usize = 1 << 20;

/// Only one at a time: what one reads would be found by another.
static ALONE: Mutex<()> = Mutex::new(());

/// The memory of this process, and what is searched for in it.
pub(crate) struct Memory {
    _alone: MutexGuard<'static, ()>,
    memory: File,
    chunk: Zeroizing<Vec<u8>>,
    secrets: Vec<Disguised>,
}

/// A secret whose every bit is the other one.
struct Disguised {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Disguised {
    fn tail(&self) -> &[u8] {
        &self.bytes[self.bytes.len() - TAIL..]
    }
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
            memory: File::open("/proc/self/mem").unwrap(),
            chunk: Zeroizing::new(vec![0; CHUNK]),
            secrets: Vec::new(),
        }
    }

    /// Makes up a secret.
    pub(crate) fn invent(&mut self, name: &'static str) {
        let random: [u8; 96] = rand::random();
        self.learn(name, &Zeroizing::new(URL_SAFE_NO_PAD.encode(random)));
    }

    pub(crate) fn learn(&mut self, name: &'static str, secret: &str) {
        assert!(secret.len() >= TAIL, "{name} is too short to be told apart");
        let bytes = secret.bytes().map(|byte| !byte).collect();
        self.secrets.push(Disguised { name, bytes });
    }

    /// Returns a secret by its name, to be dropped before the next search.
    pub(crate) fn reveal(&self, name: &str) -> Zeroizing<String> {
        let secret = self.secrets.iter().find(|secret| secret.name == name);
        let secret = &secret.unwrap().bytes;
        let mut text = Zeroizing::new(String::with_capacity(secret.len()));
        text.extend(secret.iter().map(|byte| char::from(!byte)));
        text
    }

    /// Checks that these secrets are in memory, and no others that are known.
    #[track_caller]
    pub(crate) fn assert_held(&mut self, names: &[&str]) {
        assert_eq!(self.search(), names, "the secrets that are in memory");
    }

    /// Returns the names of the secrets that are in memory: on the heap, or wherever else it can be written to, except
    /// this thread's stack.
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
        let mut begins = [false; 256];
        for secret in &self.secrets {
            begins[usize::from(!secret.tail()[0])] = true;
        }
        while range.len() >= TAIL {
            let length = range.len().min(CHUNK);
            let chunk = &mut self.chunk[..length];
            // What is mapped and cannot be read is a device's or the kernel's.
            if self
                .memory
                .read_exact_at(chunk, range.start as u64)
                .is_err()
            {
                return;
            }
            // Most bytes begin no secret, and each is looked at once.
            let starts = chunk
                .iter()
                .enumerate()
                .filter(|(_, byte)| begins[usize::from(**byte)]);
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

/// The parts of the address space that can be written to.
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

/// What is left of a range without another one.
fn without(range: Range<usize>, other: &Range<usize>) -> [Range<usize>; 2] {
    let before = range.start..range.end.min(other.start);
    let after = range.start.max(other.end)..range.end;
    [before, after]
}
