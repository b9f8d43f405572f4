//! The parameters of a form: parsed, sorted by the segments of their names.

use std::borrow::Cow;
use std::cmp::Ordering;

use bytes::Bytes;
use bytestring::ByteString;

use crate::arena::Arena;
use crate::percent::{self, Plus};
use crate::{DEPTH_MAX, Malformed};

/// How many parameters a form may have. CloudWatch's PutMetricData, the longest of the Query requests, takes 1 MB; a parameter of it has at
/// least 25 bytes (AWS: API_PutMetricData).
pub const PARAMETERS_MAX: usize = 50_000;

/// How many segments a parameter's name may have: a level of lists takes two.
const SEGMENTS_MAX: usize = 2 * DEPTH_MAX as usize;

/// One parameter, its encoding undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: ByteString,
    pub(super) value: ByteString,
}

/// Whether `body` is a form: escapes complete, UTF-8 before they are undone, at most [`PARAMETERS_MAX`] parameters.
pub fn well_formed(body: &[u8]) -> Result<(), Malformed> {
    let few = memchr::memchr_iter(b'&', body).count() < PARAMETERS_MAX;
    if few && percent::is_encoded(body) && std::str::from_utf8(body).is_ok() {
        Ok(())
    } else {
        Err(Malformed::SYNTAX)
    }
}

/// The value of the first parameter called `name`, which needs no escape; `None` if there is none. For telling the operation
/// (`Action`) before the body is decoded.
pub fn parameter<'a>(form: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = form.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    percent::decode(value, Plus::IsSpace)
}

/// The parameters of `body`, sorted by [`by_segments`]; those of one name stay in their order.
pub(super) fn parse(body: &Bytes) -> Result<Vec<Parameter>, Malformed> {
    well_formed(body)?;
    let mut arena = Arena::default();
    let mut parameters = Vec::with_capacity(memchr::memchr_iter(b'&', body).count() + 1);
    let mut at = 0;
    while at < body.len() {
        let end = memchr::memchr(b'&', &body[at..]).map_or(body.len(), |len| at + len);
        let equals = memchr::memchr(b'=', &body[at..end]).map_or(end, |len| at + len);
        if equals > at {
            let name = undone(body, at..equals, &mut arena)?;
            if memchr::memchr_iter(b'.', name.as_bytes()).count() >= SEGMENTS_MAX {
                return Err(Malformed::SYNTAX);
            }
            let value = undone(body, (equals + 1).min(end)..end, &mut arena)?;
            parameters.push(Parameter { name, value });
        }
        at = end + 1;
    }
    parameters.sort_by(|a, b| by_segments(&a.name, &b.name));
    Ok(parameters)
}

/// A part of the body with its escapes undone: a slice where there are none.
fn undone(body: &Bytes, part: std::ops::Range<usize>, arena: &mut Arena) -> Result<ByteString, Malformed> {
    let raw = &body[part.clone()];
    let value = if percent::is_plain(raw, Plus::IsSpace) {
        body.slice(part)
    } else {
        let into = arena.reserve(raw.len(), body.len() - part.start);
        let len = percent::decode_into(raw, Plus::IsSpace, into).ok_or(Malformed::SYNTAX)?;
        arena.take(len)
    };
    ByteString::try_from(value).map_err(|_| Malformed::SYNTAX)
}

/// Orders names segment by segment, positions by their number. What begins a name comes before it.
fn by_segments(a: &str, b: &str) -> Ordering {
    a.split('.').map(sort_key).cmp(b.split('.').map(sort_key))
}

/// A position as written by clients has no leading zero and is shorter than 10 digits; anything else is a word.
fn sort_key(segment: &str) -> (u32, &str) {
    match position(segment) {
        Some(number) => (number, ""),
        None => (0, segment),
    }
}

/// The position, from 1, that a segment says.
pub(super) fn position(segment: &str) -> Option<u32> {
    let plausible = segment.len() < 10 && !segment.starts_with('0');
    let digits = plausible && segment.bytes().all(|b| b.is_ascii_digit());
    if digits { segment.parse().ok() } else { None }
}
