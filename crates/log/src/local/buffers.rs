use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::lock;

/// Buffers smaller than this are left to the allocator.
const POOLED_BYTES_MIN: usize = 32 * 1024;
/// Bytes that wait in the pool at the most.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Large buffers for frames, used again: a fresh page costs more to touch than the bytes that are put into it.
#[derive(Clone, Default)]
pub struct Buffers {
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Buffers {
    /// An empty buffer with room for `bytes`.
    pub fn take(&self, bytes: usize) -> Buffer {
        if bytes < POOLED_BYTES_MIN {
            return Buffer { bytes: Vec::with_capacity(bytes), home: None };
        }
        let mut waiting = lock(&self.waiting);
        let fits = |b: &Vec<u8>| b.capacity() >= bytes && b.capacity() / 2 <= bytes.next_power_of_two();
        let found = waiting.buffers.iter().rposition(fits).map(|i| waiting.buffers.swap_remove(i));
        if let Some(found) = found {
            waiting.bytes -= found.capacity();
            return Buffer { bytes: found, home: Some(self.clone()) };
        }
        drop(waiting);
        Buffer { bytes: Vec::with_capacity(bytes), home: Some(self.clone()) }
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        let mut waiting = lock(&self.waiting);
        if waiting.bytes + buffer.capacity() <= WAITING_BYTES_MAX {
            buffer.clear();
            waiting.bytes += buffer.capacity();
            waiting.buffers.push(buffer);
        }
    }
}

/// A buffer that returns to its pool when it is dropped, also as the last slice of it.
pub struct Buffer {
    bytes: Vec<u8>,
    home: Option<Buffers>,
}

impl Buffer {
    /// Adds bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Overwrites bytes that were added.
    pub fn set_at(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// The same bytes, shared.
    pub fn share(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.give_back(std::mem::take(&mut self.bytes));
        }
    }
}
