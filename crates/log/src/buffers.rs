use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Buffers smaller than this are left to the allocator.
const POOLED_BYTES_MIN: usize = 32 * 1024;
/// Bytes that wait in the pool at the most.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Large buffers for frames and what is in them, used again: a fresh page costs more to touch than the bytes that are put into it.
/// Clones share the buffers that wait, 16 MiB at the most.
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
            return Buffer { written: Vec::with_capacity(bytes), filled: 0, home: None };
        }
        let mut waiting = self.waiting();
        let fits = |b: &Vec<u8>| b.capacity() >= bytes && b.capacity() / 2 <= bytes.next_power_of_two();
        let found = waiting.buffers.iter().rposition(fits).map(|i| waiting.buffers.swap_remove(i));
        waiting.bytes -= found.as_ref().map_or(0, Vec::capacity);
        drop(waiting);
        let written = found.unwrap_or_else(|| Vec::with_capacity(bytes));
        Buffer { written, filled: 0, home: Some(self.clone()) }
    }

    fn give_back(&self, buffer: Vec<u8>) {
        let mut waiting = self.waiting();
        if waiting.bytes + buffer.capacity() <= WAITING_BYTES_MAX {
            waiting.bytes += buffer.capacity();
            waiting.buffers.push(buffer);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer that returns to its pool when it is dropped, also as the last slice of it.
pub struct Buffer {
    /// Behind what was filled stands whatever the buffer's last user left there: clearing it would cost as much as filling it.
    written: Vec<u8>,
    filled: usize,
    home: Option<Buffers>,
}

impl Buffer {
    /// Adds bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        match self.written.get_mut(self.filled..end) {
            Some(old) => old.copy_from_slice(bytes),
            None => {
                self.written.truncate(self.filled);
                self.written.extend_from_slice(bytes);
            }
        }
        self.filled = end;
    }

    /// Adds this many bytes, which the caller overwrites: what they are is not said.
    pub fn extend_to_fill(&mut self, bytes: usize) -> &mut [u8] {
        let (start, end) = (self.filled, self.filled + bytes);
        if end > self.written.len() {
            self.written.resize(end, 0);
        }
        self.filled = end;
        &mut self.written[start..end]
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        &self.written[..self.filled]
    }

    /// Overwrites bytes that were added.
    pub fn set_at(&mut self, at: usize, bytes: &[u8]) {
        self.written[..self.filled][at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// The same bytes, shared.
    pub fn share(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.give_back(std::mem::take(&mut self.written));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffers, POOLED_BYTES_MIN, WAITING_BYTES_MAX};

    #[test]
    fn a_buffer_holds_what_was_added_though_it_was_used_before() {
        let buffers = Buffers::default();
        let mut first = buffers.take(POOLED_BYTES_MIN);
        first.extend_to_fill(POOLED_BYTES_MIN).fill(7);
        let (first, place) = {
            let place = first.bytes().as_ptr();
            (first.share(), place)
        };
        let rest = first.slice(1..3);
        drop(first);
        let mut other = buffers.take(POOLED_BYTES_MIN);
        other.extend(b"other");
        assert_ne!(other.bytes().as_ptr(), place, "a slice of the first is still there");
        drop(rest);
        let mut again = buffers.take(POOLED_BYTES_MIN);
        assert!(again.bytes().is_empty());
        again.extend(b"again");
        again.set_at(1, b"l");
        assert_eq!((again.bytes(), again.bytes().as_ptr()), (&b"alain"[..], place));
        again.extend(&[1; 2 * POOLED_BYTES_MIN]);
        assert_eq!(again.bytes().len(), 2 * POOLED_BYTES_MIN + 5, "it grows");
    }

    #[test]
    fn what_waits_is_bounded_and_small_buffers_do_not_wait() {
        let buffers = Buffers::default();
        let taken: Vec<_> = (0..20).map(|_| buffers.take(1024 * 1024)).collect();
        drop(taken);
        drop(buffers.take(POOLED_BYTES_MIN - 1));
        let waiting = buffers.waiting();
        assert_eq!((waiting.bytes, waiting.buffers.len()), (WAITING_BYTES_MAX, 16));
    }
}
