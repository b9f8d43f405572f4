use bytes::{Bytes, BytesMut};

/// One piece of memory per request into which values are written that are no slice of the body: escaped strings, base64, chunked
/// CBOR strings. A value is cut off when it is complete, which allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    free: BytesMut,
}

impl Arena {
    /// `len` zeroed bytes to write the next value into. When a new piece is needed, it has room for `likely` bytes, the most
    /// that the rest of the document can ask for; so a document makes few pieces, and never more bytes than twice its own size.
    pub(crate) fn reserve(&mut self, len: usize, likely: usize) -> &mut [u8] {
        if self.free.capacity() < len {
            self.free = BytesMut::with_capacity(len.max(likely));
        }
        self.free.clear();
        self.free.resize(len, 0);
        &mut self.free
    }

    /// Cuts off the first `len` of the bytes reserved: the value.
    pub(crate) fn take(&mut self, len: usize) -> Bytes {
        let value = self.free.split_to(len).freeze();
        self.free.clear();
        value
    }
}
