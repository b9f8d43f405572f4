use std::fmt::{self, Write as _};

use anabranch_types::Timestamp;
use bytes::BytesMut;

use super::xml_encode::Double;
use crate::percent::Encoded;
use crate::time::{EpochSeconds, HttpDate, Iso8601};
use crate::{Envelope, ListForm, TimestampForm};

/// Writes a request's form, for our own clients: `Action=X&Version=…&Name.member.1=…`.
#[derive(Debug)]
pub struct Encoder {
    out: BytesMut,
    /// The name of the value that is written next.
    name: String,
    open: Vec<Container>,
}

/// An open container: how much of the name is its own, and how many elements or entries were announced.
#[derive(Debug)]
struct Container {
    own: usize,
    count: usize,
}

impl Encoder {
    /// Appends a request to `out`.
    pub fn new(envelope: &Envelope<'_>, out: BytesMut) -> Self {
        let mut encoder = Self { out, name: String::new(), open: Vec::new() };
        let Envelope { operation, version, .. } = *envelope;
        write!(encoder.out, "Action={operation}&Version={version}").expect("writing to memory does not fail");
        encoder
    }

    /// What was written.
    pub fn finish(self) -> BytesMut {
        self.out
    }

    fn enter(&mut self) {
        self.open.push(Container { own: self.name.len(), count: 0 });
    }

    fn leave(&mut self) {
        if let Some(container) = self.open.pop() {
            self.name.truncate(container.own);
        }
    }

    /// Names the next value: the container's name and `segment`.
    fn push(&mut self, segment: impl fmt::Display) {
        let dot = if self.name.is_empty() { "" } else { "." };
        write!(self.name, "{dot}{segment}").expect("writing to memory does not fail");
    }

    fn reset(&mut self) {
        let own = self.open.last().map_or(0, |container| container.own);
        self.name.truncate(own);
    }

    /// Names the next element or entry by its position.
    fn number(&mut self) {
        self.reset();
        let count = self.open.last_mut().map_or(0, |container| {
            container.count += 1;
            container.count
        });
        self.push(count);
    }

    fn scalar(&mut self, value: impl fmt::Display) {
        write!(self.out, "&{}={value}", self.name).expect("writing to memory does not fail");
    }
}

impl crate::Encoder for Encoder {
    fn begin_structure(&mut self) {
        self.enter();
    }

    fn member(&mut self, name: &'static str) {
        self.reset();
        self.push(name);
    }

    fn end_structure(&mut self) {
        self.leave();
    }

    fn begin_list(&mut self, form: ListForm, len: usize) {
        if len == 0 {
            self.scalar("");
        }
        if !form.flattened {
            self.push(form.element);
        }
        self.enter();
    }

    fn element(&mut self) {
        self.number();
    }

    fn end_list(&mut self) {
        self.leave();
    }

    fn begin_map(&mut self, _: usize) {
        self.push("entry");
        self.enter();
    }

    fn key(&mut self, key: &str) {
        self.number();
        let own = self.name.len();
        self.push("key");
        self.scalar(Encoded::part(key.as_bytes()));
        self.name.truncate(own);
        self.push("value");
    }

    fn end_map(&mut self) {
        self.leave();
    }

    fn string(&mut self, value: &str) {
        self.scalar(Encoded::part(value.as_bytes()));
    }

    fn display(&mut self, value: &dyn fmt::Display) {
        self.scalar(value);
    }

    fn blob(&mut self, value: &[u8]) {
        let mut encoded = BytesMut::new();
        crate::base64::encode(value, &mut encoded);
        self.scalar(Encoded::part(&encoded));
    }

    fn long(&mut self, value: i64) {
        self.scalar(value);
    }

    fn double(&mut self, value: f64) {
        self.scalar(Double(value));
    }

    fn boolean(&mut self, value: bool) {
        self.scalar(value);
    }

    fn timestamp(&mut self, value: Timestamp, form: TimestampForm) {
        let mut written = String::new();
        let result = match form {
            TimestampForm::Default | TimestampForm::Iso8601 => write!(written, "{}", Iso8601(value)),
            TimestampForm::EpochSeconds => write!(written, "{}", EpochSeconds(value)),
            TimestampForm::HttpDate => write!(written, "{}", HttpDate(value)),
        };
        result.expect("writing to memory does not fail");
        self.scalar(Encoded::part(written.as_bytes()));
    }
}
