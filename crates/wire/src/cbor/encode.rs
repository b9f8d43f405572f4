use std::convert::Infallible;
use std::fmt::{self, Write as _};

use anabranch_types::Timestamp;
use bytes::{BufMut, BytesMut};
use minicbor::encode::Write;

use super::{Dialect, TAG_EPOCH};
use crate::{ListForm, TimestampForm};

/// Writes a CBOR document. Structures are maps of indefinite length, as Jackson writes them in AWS's own servers; lists and
/// maps, whose lengths are known, are definite.
#[derive(Debug)]
pub struct Encoder {
    dialect: Dialect,
    tokens: minicbor::Encoder<Output>,
}

/// The output as minicbor writes to it.
#[derive(Debug)]
struct Output(BytesMut);

impl Write for Output {
    type Error = Infallible;
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.put_slice(bytes);
        Ok(())
    }
}

/// Text of two bytes' length (RFC 8949, 3.1).
const TEXT_OF_16_BITS: u8 = 0x79;

impl Encoder {
    /// Appends to `out`.
    pub fn new(dialect: Dialect, out: BytesMut) -> Self {
        Self { dialect, tokens: minicbor::Encoder::new(Output(out)) }
    }

    /// What was written.
    pub fn finish(self) -> BytesMut {
        self.tokens.into_writer().0
    }

    fn out(&mut self) -> &mut BytesMut {
        &mut self.tokens.writer_mut().0
    }
}

/// Writing to memory does not fail.
fn written<T>(result: Result<T, minicbor::encode::Error<Infallible>>) {
    debug_assert!(result.is_ok(), "writing to memory does not fail");
}

impl crate::Encoder for Encoder {
    fn begin_structure(&mut self) {
        written(self.tokens.begin_map());
    }

    fn member(&mut self, name: &'static str) {
        written(self.tokens.str(name));
    }

    fn end_structure(&mut self) {
        written(self.tokens.end());
    }

    fn begin_list(&mut self, _: ListForm, len: usize) {
        written(self.tokens.array(len as u64));
    }

    fn element(&mut self) {}

    fn end_list(&mut self) {}

    fn begin_map(&mut self, len: usize) {
        written(self.tokens.map(len as u64));
    }

    fn key(&mut self, key: &str) {
        written(self.tokens.str(key));
    }

    fn end_map(&mut self) {}

    fn string(&mut self, value: &str) {
        written(self.tokens.str(value));
    }

    /// The length is known only afterwards, so its place is kept. At most 65,535 bytes, far beyond any number.
    fn display(&mut self, value: &dyn fmt::Display) {
        let out = self.out();
        out.put_slice(&[TEXT_OF_16_BITS, 0, 0]);
        let start = out.len();
        write!(out, "{value}").expect("writing to memory does not fail");
        let len = u16::try_from(out.len() - start).expect("a number as text is short");
        out[start - 2..start].copy_from_slice(&len.to_be_bytes());
    }

    fn blob(&mut self, value: &[u8]) {
        written(self.tokens.bytes(value));
    }

    fn long(&mut self, value: i64) {
        written(self.tokens.i64(value));
    }

    fn double(&mut self, value: f64) {
        written(self.tokens.f64(value));
    }

    fn boolean(&mut self, value: bool) {
        written(self.tokens.bool(value));
    }

    fn timestamp(&mut self, value: Timestamp, _: TimestampForm) {
        let ms = value.millis();
        written(self.tokens.tag(minicbor::data::Tag::new(TAG_EPOCH)));
        written(match self.dialect {
            Dialect::Cbor11 => self.tokens.i64(ms),
            Dialect::RpcV2 if ms % 1000 == 0 => self.tokens.i64(ms / 1000),
            Dialect::RpcV2 => self.tokens.f64(ms as f64 / 1000.0),
        });
    }
}
