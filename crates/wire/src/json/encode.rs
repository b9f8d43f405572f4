use std::fmt::{self, Write as _};

use anabranch_types::Timestamp;
use bytes::{BufMut, BytesMut};

use crate::time::{EpochSeconds, HttpDate, Iso8601};
use crate::{ListForm, TimestampForm, base64};

/// Writes a JSON document without spaces, in one pass and without an allocation of its own beside the output.
#[derive(Debug)]
pub struct Encoder {
    out: BytesMut,
    /// Whether a container was just entered, so that no comma comes before its first value.
    fresh: bool,
}

impl Encoder {
    /// Appends to `out`.
    pub fn new(out: BytesMut) -> Self {
        Self { out, fresh: true }
    }

    /// How many bytes are written.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// The name of the member whose value is written next, its first letter made small.
    pub(crate) fn member_in_small(&mut self, name: &'static str) {
        let fresh = std::mem::replace(&mut self.fresh, false);
        self.out.put_slice(if fresh { b"\"" } else { b",\"" });
        if let Some((first, rest)) = name.as_bytes().split_first() {
            self.out.put_u8(first.to_ascii_lowercase());
            self.out.put_slice(rest);
        }
        self.out.put_slice(b"\":");
    }

    /// What was written.
    pub fn finish(self) -> BytesMut {
        self.out
    }

    fn enter(&mut self, bracket: u8) {
        self.out.put_u8(bracket);
        self.fresh = true;
    }

    fn leave(&mut self, bracket: u8) {
        self.out.put_u8(bracket);
        self.fresh = false;
    }

    fn separate(&mut self) {
        if !std::mem::replace(&mut self.fresh, false) {
            self.out.put_u8(b',');
        }
    }

    /// Numbers and times: text that needs no escaping, with `quote` around it.
    fn shown(&mut self, quote: &str, value: impl fmt::Display) {
        self.out.put_slice(quote.as_bytes());
        write!(self.out, "{value}").expect("writing to memory does not fail");
        self.out.put_slice(quote.as_bytes());
    }

    fn quoted(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.put_u8(b'"');
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|b| needs_escape(*b)) {
            self.out.put_slice(&rest[..at]);
            self.escape(rest[at]);
            rest = &rest[at + 1..];
        }
        self.out.put_slice(rest);
        self.out.put_u8(b'"');
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            _ => return self.shown("", format_args!("\\u{byte:04x}")),
        };
        self.out.put_slice(short);
    }
}

/// RFC 8259, 7: quotes, backslashes and control characters.
fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

impl crate::Encoder for Encoder {
    fn begin_structure(&mut self) {
        self.enter(b'{');
    }

    /// The model's names need no escaping.
    fn member(&mut self, name: &'static str) {
        let fresh = std::mem::replace(&mut self.fresh, false);
        self.out.put_slice(if fresh { b"\"" } else { b",\"" });
        self.out.put_slice(name.as_bytes());
        self.out.put_slice(b"\":");
    }

    fn end_structure(&mut self) {
        self.leave(b'}');
    }

    fn begin_list(&mut self, _: ListForm, _: usize) {
        self.enter(b'[');
    }

    fn element(&mut self) {
        self.separate();
    }

    fn end_list(&mut self) {
        self.leave(b']');
    }

    fn begin_map(&mut self, _: usize) {
        self.enter(b'{');
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.quoted(key);
        self.out.put_u8(b':');
    }

    fn end_map(&mut self) {
        self.leave(b'}');
    }

    fn string(&mut self, value: &str) {
        self.quoted(value);
    }

    fn display(&mut self, value: &dyn fmt::Display) {
        self.shown("\"", value);
    }

    fn blob(&mut self, value: &[u8]) {
        self.out.put_u8(b'"');
        base64::encode(value, &mut self.out);
        self.out.put_u8(b'"');
    }

    fn long(&mut self, value: i64) {
        self.out.put_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn double(&mut self, value: f64) {
        match value {
            _ if value.is_nan() => self.out.put_slice(b"\"NaN\""),
            f64::INFINITY => self.out.put_slice(b"\"Infinity\""),
            f64::NEG_INFINITY => self.out.put_slice(b"\"-Infinity\""),
            _ => self.shown("", format_args!("{value:?}")),
        }
    }

    fn boolean(&mut self, value: bool) {
        self.out.put_slice(if value { b"true" } else { b"false" });
    }

    fn timestamp(&mut self, value: Timestamp, form: TimestampForm) {
        match form {
            TimestampForm::Default | TimestampForm::EpochSeconds => self.shown("", EpochSeconds(value)),
            TimestampForm::Iso8601 => self.shown("\"", Iso8601(value)),
            TimestampForm::HttpDate => self.shown("\"", HttpDate(value)),
        }
    }
}
