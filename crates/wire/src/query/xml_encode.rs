use std::fmt::{self, Write as _};

use anabranch_types::Timestamp;
use bytes::BytesMut;

use crate::time::{EpochSeconds, HttpDate, Iso8601};
use crate::{Envelope, ListForm, Refusal, TimestampForm, base64};

/// Writes `<XResponse xmlns="…"><XResult>…</XResult><ResponseMetadata><RequestId/></ResponseMetadata></XResponse>`.
#[derive(Debug)]
pub struct XmlEncoder<'a> {
    out: BytesMut,
    envelope: Envelope<'a>,
    open: Vec<Frame>,
    /// The element that the next value becomes.
    next: &'static str,
}

/// An open container.
#[derive(Debug)]
enum Frame {
    /// The result: a structure whose element's name comes from the operation.
    Result,
    Structure(&'static str),
    /// The list's own element, if it has one, and the name of each of its elements.
    List {
        outer: Option<&'static str>,
        element: &'static str,
    },
    Map {
        outer: &'static str,
        entry_open: bool,
    },
}

impl<'a> XmlEncoder<'a> {
    /// Appends an answer to `out`.
    pub fn answer(envelope: &Envelope<'a>, out: BytesMut) -> Self {
        let mut encoder = Self { out, envelope: *envelope, open: Vec::new(), next: "" };
        let Envelope { operation, namespace, .. } = *envelope;
        encoder.shown(format_args!("<{operation}Response xmlns=\"{}\">", Escaped(namespace)));
        encoder
    }

    /// What was written, with the metadata after it.
    pub fn finish(mut self) -> BytesMut {
        let Envelope { operation, request_id, .. } = self.envelope;
        self.shown(format_args!(
            "<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{operation}Response>",
            Escaped(request_id)
        ));
        self.out
    }

    fn shown(&mut self, value: impl fmt::Display) {
        write!(self.out, "{value}").expect("writing to memory does not fail");
    }

    fn begin_element(&mut self, name: &str) {
        self.shown(format_args!("<{name}>"));
    }

    fn end_element(&mut self, name: &str) {
        self.shown(format_args!("</{name}>"));
    }

    fn scalar(&mut self, value: impl fmt::Display) {
        let name = self.next;
        self.shown(format_args!("<{name}>{value}</{name}>"));
    }

    /// Closes the entry of a map whose value is complete.
    fn end_entry(&mut self) {
        if let Some(Frame::Map { entry_open, .. }) = self.open.last_mut()
            && std::mem::take(entry_open)
        {
            self.end_element("entry");
        }
    }
}

/// The body of an error answer.
pub(crate) fn error(refusal: &Refusal<'_>) -> BytesMut {
    let mut out = BytesMut::new();
    let code = match (refusal.query_code, refusal.code) {
        (Some(code), _) => code,
        // What Query services call a value of the wrong form (boto/botocore#2073 quotes STS).
        (None, "SerializationException") => "MalformedInput",
        (None, code) => code,
    };
    let written = write!(
        out,
        "<ErrorResponse><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        refusal.fault.word(),
        Escaped(code),
        Escaped(refusal.message.unwrap_or_default()),
        Escaped(refusal.request_id),
    );
    written.expect("writing to memory does not fail");
    out
}

/// Text as XML has it: markup escaped, and what XML 1.0 cannot say (its section 2.2) replaced.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) =
            rest.find(|c: char| matches!(c, '&' | '<' | '>' | '"' | '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}'))
        {
            f.write_str(&rest[..at])?;
            let mut characters = rest[at..].chars();
            match characters.next() {
                Some('&') => f.write_str("&amp;")?,
                Some('<') => f.write_str("&lt;")?,
                Some('>') => f.write_str("&gt;")?,
                Some('"') => f.write_str("&quot;")?,
                Some('\r') => f.write_str("&#13;")?,
                Some(kept @ ('\n' | '\t')) => f.write_char(kept)?,
                _ => f.write_char(char::REPLACEMENT_CHARACTER)?,
            }
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

impl crate::Encoder for XmlEncoder<'_> {
    fn begin_structure(&mut self) {
        if self.open.is_empty() {
            let operation = self.envelope.operation;
            self.shown(format_args!("<{operation}Result>"));
            self.open.push(Frame::Result);
        } else {
            self.begin_element(self.next);
            self.open.push(Frame::Structure(self.next));
        }
    }

    fn member(&mut self, name: &'static str) {
        self.next = name;
    }

    fn end_structure(&mut self) {
        match self.open.pop() {
            Some(Frame::Structure(name)) => self.end_element(name),
            _ => {
                let operation = self.envelope.operation;
                self.shown(format_args!("</{operation}Result>"));
            }
        }
    }

    fn begin_list(&mut self, form: ListForm, _: usize) {
        if form.flattened {
            self.open.push(Frame::List { outer: None, element: self.next });
        } else {
            self.begin_element(self.next);
            self.open.push(Frame::List { outer: Some(self.next), element: form.element });
        }
    }

    fn element(&mut self) {
        if let Some(Frame::List { element, .. }) = self.open.last() {
            self.next = element;
        }
    }

    fn end_list(&mut self) {
        if let Some(Frame::List { outer: Some(name), .. }) = self.open.pop() {
            self.end_element(name);
        }
    }

    fn begin_map(&mut self, _: usize) {
        self.begin_element(self.next);
        self.open.push(Frame::Map { outer: self.next, entry_open: false });
    }

    fn key(&mut self, key: &str) {
        self.end_entry();
        self.shown(format_args!("<entry><key>{}</key>", Escaped(key)));
        if let Some(Frame::Map { entry_open, .. }) = self.open.last_mut() {
            *entry_open = true;
        }
        self.next = "value";
    }

    fn end_map(&mut self) {
        self.end_entry();
        if let Some(Frame::Map { outer, .. }) = self.open.pop() {
            self.end_element(outer);
        }
    }

    fn string(&mut self, value: &str) {
        self.scalar(Escaped(value));
    }

    fn display(&mut self, value: &dyn fmt::Display) {
        self.scalar(value);
    }

    fn blob(&mut self, value: &[u8]) {
        self.begin_element(self.next);
        base64::encode(value, &mut self.out);
        self.end_element(self.next);
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
        match form {
            TimestampForm::Default | TimestampForm::Iso8601 => self.scalar(Iso8601(value)),
            TimestampForm::EpochSeconds => self.scalar(EpochSeconds(value)),
            TimestampForm::HttpDate => self.scalar(HttpDate(value)),
        }
    }
}

/// A number as XML Schema's double has it, as Smithy asks.
pub(super) struct Double(pub(super) f64);

impl fmt::Display for Double {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            f64::INFINITY => f.write_str("Infinity"),
            f64::NEG_INFINITY => f.write_str("-Infinity"),
            value => write!(f, "{value:?}"),
        }
    }
}
