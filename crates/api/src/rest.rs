//! What REST carries outside the document: path labels, query, headers, status, payload.

use std::str::FromStr;

use anabranch_wire::{Malformed, Path, Violations};
use bytes::Bytes;
use bytestring::ByteString;

use crate::codec::{self, Enumeration};

/// A REST request taken apart, percent-encoding undone.
pub struct RequestParts<'a> {
    /// The path's labels by the template's names.
    pub labels: &'a [(&'static str, ByteString)],
    /// The query, in order.
    pub query: &'a [(ByteString, ByteString)],
    /// The headers, names in lower case.
    pub headers: &'a [(ByteString, ByteString)],
    /// The whole body.
    pub body: Bytes,
}

impl RequestParts<'_> {
    /// The value of a label of the path's template.
    pub fn label(&self, name: &str) -> Option<&ByteString> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value)
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&ByteString> {
        self.query.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&ByteString> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What a request of ours puts outside its document, percent-encoding not yet done.
#[derive(Debug, Default)]
pub struct BoundParts {
    /// The path's labels by the template's names.
    pub labels: Vec<(&'static str, String)>,
    /// The query, in order.
    pub query: Vec<(&'static str, String)>,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, where a blob is the whole of it; else the body is the document.
    pub payload: Option<Bytes>,
}

/// What an answer puts outside its document.
#[derive(Debug, Default)]
pub struct AnswerParts {
    /// The HTTP status.
    pub status: u16,
    /// Headers that members are bound to.
    pub headers: Vec<(&'static str, String)>,
    /// The body, where a blob is the whole of it; else the body is the document.
    pub payload: Option<Bytes>,
}

type Reader<T> = fn(&ByteString, &Path<'_>, &mut Violations) -> Result<T, Malformed>;

/// Reads a member that must be there.
pub(crate) fn required<T>(
    source: Option<&ByteString>,
    at: &Path<'_>,
    violations: &mut Violations,
    into: &mut T,
    read: Reader<T>,
) -> Result<(), Malformed> {
    match source {
        Some(text) => *into = read(text, at, violations)?,
        None => violations.note_missing(at),
    }
    Ok(())
}

/// Reads a member that may be there.
pub(crate) fn optional<T>(
    source: Option<&ByteString>,
    at: &Path<'_>,
    violations: &mut Violations,
    into: &mut Option<T>,
    read: Reader<T>,
) -> Result<(), Malformed> {
    *into = source.map(|text| read(text, at, violations)).transpose()?;
    Ok(())
}

/// Text as it is.
pub(crate) fn text(text: &ByteString, _: &Path<'_>, _: &mut Violations) -> Result<ByteString, Malformed> {
    Ok(text.clone())
}

/// A number or a truth value.
pub(crate) fn parsed<T: FromStr>(
    text: &ByteString,
    at: &Path<'_>,
    _: &mut Violations,
) -> Result<T, Malformed> {
    text.parse().map_err(|_| codec::malformed(format!("`{text}` cannot stand at {at}")))
}

/// One of a set.
pub(crate) fn enumeration<T: Enumeration>(
    text: &ByteString,
    at: &Path<'_>,
    violations: &mut Violations,
) -> Result<T, Malformed> {
    Ok(codec::enumeration_of(text, at, violations))
}
