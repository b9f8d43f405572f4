/// What direct I/O wants addresses, offsets and lengths to be multiples of.
pub const ALIGNMENT: usize = 4096;

/// Memory of a fixed length that begins at a multiple of [`ALIGNMENT`].
pub struct AlignedBuffer {
    memory: Vec<u8>,
    start: usize,
    filled: usize,
    length: usize,
}

impl AlignedBuffer {
    /// An empty buffer with room for `length` bytes.
    pub fn new(length: usize) -> Self {
        let memory = vec![0; length + ALIGNMENT];
        let start = memory.as_ptr().align_offset(ALIGNMENT);
        Self { memory, start, filled: 0, length }
    }

    /// What was put into it.
    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.filled]
    }

    /// How much more it takes.
    pub fn room(&self) -> usize {
        self.length - self.filled
    }

    /// Adds as much of `bytes` as there is room for; the rest.
    pub fn put<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (now, later) = bytes.split_at(self.room().min(bytes.len()));
        let at = self.start + self.filled;
        self.memory[at..at + now.len()].copy_from_slice(now);
        self.filled += now.len();
        later
    }

    /// Adds zeros up to a length.
    pub fn pad_to(&mut self, length: usize) {
        let length = length.min(self.length);
        if length > self.filled {
            self.memory[self.start + self.filled..self.start + length].fill(0);
            self.filled = length;
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.filled = 0;
    }
}
