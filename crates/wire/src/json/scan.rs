//! The grammar of JSON (RFC 8259) over a byte slice, without allocation and without recursion.

use memchr::memchr2;

use super::string::escape_len;
use crate::{DEPTH_MAX, Malformed};

/// Whether `text` is one JSON object or array: complete grammar, UTF-8, at most [`DEPTH_MAX`] levels.
pub fn well_formed(text: &[u8]) -> Result<(), Malformed> {
    let start = space(text, 0);
    if !matches!(text.get(start), Some(b'{' | b'[')) {
        return Err(Malformed::SYNTAX);
    }
    let end = value(text, start, DEPTH_MAX)?;
    if space(text, end) == text.len() { Ok(()) } else { Err(Malformed::SYNTAX) }
}

/// The open containers, innermost last: one bit each, set for an object.
#[derive(Default)]
struct Open {
    objects: u128,
    depth: u32,
}

impl Open {
    fn push(&mut self, object: bool, depth_max: u32) -> Result<(), Malformed> {
        if self.depth >= depth_max.min(u128::BITS) {
            return Err(Malformed::SYNTAX);
        }
        self.objects = (self.objects << 1) | u128::from(object);
        self.depth += 1;
        Ok(())
    }

    fn pop(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

/// The position after the value that begins at `at` or after the space there; at most `depth_max` levels in it.
pub(super) fn value(text: &[u8], at: usize, depth_max: u32) -> Result<usize, Malformed> {
    let mut open = Open::default();
    let mut at = at;
    loop {
        at = space(text, at);
        match text.get(at) {
            Some(b'{') => {
                open.push(true, depth_max)?;
                at = space(text, at + 1);
                if text.get(at) != Some(&b'}') {
                    at = member_name(text, at)?;
                    continue;
                }
            }
            Some(b'[') => {
                open.push(false, depth_max)?;
                at = space(text, at + 1);
                if text.get(at) != Some(&b']') {
                    continue;
                }
            }
            Some(b'"') => at = string(text, at)?,
            Some(b'-' | b'0'..=b'9') => at = number(text, at)?,
            Some(b't') => at = literal(text, at, b"true")?,
            Some(b'f') => at = literal(text, at, b"false")?,
            Some(b'n') => at = literal(text, at, b"null")?,
            _ => return Err(Malformed::SYNTAX),
        }
        // A value has ended, or the container just opened is empty: close what closes here.
        loop {
            if open.depth == 0 {
                return Ok(at);
            }
            at = space(text, at);
            match (text.get(at), open.in_object()) {
                (Some(b','), true) => {
                    at = member_name(text, at + 1)?;
                    break;
                }
                (Some(b','), false) => {
                    at += 1;
                    break;
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    open.pop();
                    at += 1;
                }
                _ => return Err(Malformed::SYNTAX),
            }
        }
    }
}

/// The position of the first byte at or after `at` that is no space.
pub(super) fn space(text: &[u8], at: usize) -> usize {
    let mut at = at;
    while matches!(text.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The position after a member's name and its colon.
fn member_name(text: &[u8], at: usize) -> Result<usize, Malformed> {
    let at = space(text, at);
    if text.get(at) != Some(&b'"') {
        return Err(Malformed::SYNTAX);
    }
    let at = space(text, string(text, at)?);
    if text.get(at) == Some(&b':') { Ok(at + 1) } else { Err(Malformed::SYNTAX) }
}

/// The position after the string whose opening quote is at `at`.
fn string(text: &[u8], at: usize) -> Result<usize, Malformed> {
    let mut from = at + 1;
    loop {
        let rest = text.get(from..).ok_or(Malformed::SYNTAX)?;
        let run = memchr2(b'"', b'\\', rest).ok_or(Malformed::SYNTAX)?;
        if !is_plain(&rest[..run]) {
            return Err(Malformed::SYNTAX);
        }
        if rest[run] == b'"' {
            return Ok(from + run + 1);
        }
        from += run + escape_len(&rest[run..]).ok_or(Malformed::SYNTAX)?;
    }
}

/// Whether a run between quotes and escapes is UTF-8 without control characters. Escapes are ASCII, so each run stands alone.
fn is_plain(run: &[u8]) -> bool {
    let (least, all) = run.iter().fold((u8::MAX, 0), |(least, all), b| (least.min(*b), all | b));
    least >= b' ' && (all < 0x80 || std::str::from_utf8(run).is_ok())
}

/// The position after the number at `at`.
pub(super) fn number(text: &[u8], at: usize) -> Result<usize, Malformed> {
    let digits = |from: usize| text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = at + usize::from(text[at] == b'-');
    match digits(end) {
        0 => return Err(Malformed::SYNTAX),
        n if n > 1 && text[end] == b'0' => return Err(Malformed::SYNTAX),
        n => end += n,
    }
    if text.get(end) == Some(&b'.') {
        match digits(end + 1) {
            0 => return Err(Malformed::SYNTAX),
            n => end += 1 + n,
        }
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if text.len() <= end + 1 + signed {
            return Err(Malformed::SYNTAX);
        }
        match digits(end + 1 + signed) {
            0 => return Err(Malformed::SYNTAX),
            n => end += 1 + signed + n,
        }
    }
    Ok(end)
}

/// The position after `word`, which stands at `at`.
fn literal(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Malformed> {
    if text[at..].starts_with(word) { Ok(at + word.len()) } else { Err(Malformed::SYNTAX) }
}
