//! Text with `*` and `?`, matched in linear time whatever the pattern.

use memchr::{memchr, memmem, memrchr};

/// `*` among the symbols of a pattern; no byte of UTF-8.
const MANY: u8 = 0xFF;
/// `?` among the symbols of a pattern; no byte of UTF-8.
const ONE: u8 = 0xFE;

/// How a text of a policy is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wildcards {
    /// `*` is any number of characters, `?` is one.
    Matched,
    /// Every character is itself.
    Literal,
}

/// A text with wildcards. Matching costs time in proportion to pattern and text together, but where a segment between two `*` holds
/// a `?`: there a 64th of the segment more for each byte of the text, or of what the text is longer by, if that is less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    symbols: Box<[u8]>,
    shape: Shape,
}

/// What makes the frequent patterns cheap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `*`
    Everything,
    /// No wildcard.
    Literal,
    /// A literal with one `*` behind it.
    Prefix,
    Mixed,
}

/// The symbols of a pattern while it is put together: UTF-8, [`MANY`] and [`ONE`].
#[derive(Clone, Debug, Default)]
pub(super) struct Symbols(Vec<u8>);

/// Counts what a match costs; nothing is counted outside tests.
pub(super) trait Meter {
    /// `steps` more symbols or words were looked at.
    fn add(&mut self, steps: usize);
}

impl Meter for () {
    fn add(&mut self, _steps: usize) {}
}

impl Symbols {
    /// Adds `text`.
    pub(super) fn push(&mut self, text: &str, wildcards: Wildcards) {
        if wildcards == Wildcards::Literal {
            self.0.extend_from_slice(text.as_bytes());
            return;
        }
        for byte in text.bytes() {
            match byte {
                b'*' if self.0.last() == Some(&MANY) => {}
                b'*' => self.0.push(MANY),
                b'?' => self.0.push(ONE),
                byte => self.0.push(byte),
            }
        }
    }

    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        matches(&self.0, text.as_bytes(), &mut ())
    }
}

impl Pattern {
    /// The pattern that `text` is.
    pub(super) fn new(text: &str, wildcards: Wildcards) -> Self {
        let mut symbols = Symbols::default();
        symbols.push(text, wildcards);
        Self::from(symbols)
    }

    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.as_bytes();
        match self.shape {
            Shape::Everything => true,
            Shape::Literal => text == &*self.symbols,
            Shape::Prefix => text.starts_with(&self.symbols[..self.symbols.len() - 1]),
            Shape::Mixed => matches(&self.symbols, text, &mut ()),
        }
    }

    /// Whether there is no wildcard in it.
    pub(super) fn is_literal(&self) -> bool {
        self.shape == Shape::Literal
    }

    /// Whether it is `*`.
    pub(super) fn is_everything(&self) -> bool {
        self.shape == Shape::Everything
    }
}

impl From<Symbols> for Pattern {
    fn from(Symbols(symbols): Symbols) -> Self {
        let wildcard = symbols.iter().position(|&symbol| symbol == MANY || symbol == ONE);
        let shape = match wildcard {
            None => Shape::Literal,
            Some(0) if *symbols == [MANY] => Shape::Everything,
            Some(at) if at + 1 == symbols.len() && symbols[at] == MANY => Shape::Prefix,
            Some(_) => Shape::Mixed,
        };
        Self { symbols: symbols.into(), shape }
    }
}

/// The ends are fixed; of what stands between two `*`, the leftmost place behind the one before is as good as any other.
fn matches(symbols: &[u8], text: &[u8], meter: &mut impl Meter) -> bool {
    meter.add(symbols.len());
    let (Some(first), Some(last)) = (memchr(MANY, symbols), memrchr(MANY, symbols)) else {
        return starts(symbols, text) == Some(text.len());
    };
    let Some(start) = starts(&symbols[..first], text) else { return false };
    let Some(end) = ends(&symbols[last + 1..], text) else { return false };
    if end < start {
        return false;
    }
    let mut rest = &text[start..end];
    let Some(middle) = symbols.get(first + 1..last) else { return true };
    for segment in middle.split(|&symbol| symbol == MANY) {
        let Some(behind) = find(segment, rest, meter) else { return false };
        rest = &rest[behind..];
    }
    true
}

/// How many bytes of `text` the segment takes at its beginning.
fn starts(segment: &[u8], text: &[u8]) -> Option<usize> {
    if memchr(ONE, segment).is_none() {
        return text.starts_with(segment).then_some(segment.len());
    }
    let mut at = 0;
    for &symbol in segment {
        let byte = *text.get(at)?;
        at += match symbol {
            ONE => character_bytes(byte),
            _ if symbol == byte => 1,
            _ => return None,
        };
    }
    Some(at)
}

/// Where in `text` the segment begins that ends with it.
fn ends(segment: &[u8], text: &[u8]) -> Option<usize> {
    if memchr(ONE, segment).is_none() {
        return text.ends_with(segment).then(|| text.len() - segment.len());
    }
    let mut at = text.len();
    for &symbol in segment.iter().rev() {
        at = at.checked_sub(1)?;
        match symbol {
            ONE => {
                while at > 0 && is_continuation(text[at]) {
                    at -= 1;
                }
            }
            _ if symbol == text[at] => {}
            _ => return None,
        }
    }
    Some(at)
}

/// Where the leftmost occurrence of the segment ends.
fn find(segment: &[u8], text: &[u8], meter: &mut impl Meter) -> Option<usize> {
    if memchr(ONE, segment).is_some() {
        return find_with_one(segment, text, meter);
    }
    let found = memmem::find(text, segment);
    meter.add(segment.len() + found.unwrap_or(text.len()));
    found.map(|at| at + segment.len())
}

/// Shift-And (Baeza-Yates and Gonnet 1992): bit `i` of the state says that the text read so far ends with the first `i + 1`
/// symbols. A `?` takes a character's first byte and keeps its bit over the bytes that belong to it.
///
/// A symbol takes at least a byte, so that only those words of the state are looked at that the text read can have reached and the
/// rest of the text can still complete.
fn find_with_one(segment: &[u8], text: &[u8], meter: &mut impl Meter) -> Option<usize> {
    let spare = text.len().checked_sub(segment.len())?;
    let words = segment.len().div_ceil(64);
    let mut places = vec![0_u64; words * 256];
    let mut ones = vec![0_u64; words];
    for (i, &symbol) in segment.iter().enumerate() {
        let row = if symbol == ONE { &mut ones[..] } else { &mut places[usize::from(symbol) * words..] };
        row[i / 64] |= 1 << (i % 64);
    }
    let complete = 1 << ((segment.len() - 1) % 64);
    let mut state = vec![0_u64; words];
    for (at, &byte) in text.iter().enumerate() {
        let row = &places[usize::from(byte) * words..][..words];
        let continues = is_continuation(byte);
        let (low, high) = (at.saturating_sub(spare) / 64, (at / 64).min(words - 1));
        let mut carry = if low == 0 { 1 } else { state[low - 1] >> 63 };
        for word in low..=high {
            let shifted = state[word] << 1 | carry;
            carry = state[word] >> 63;
            state[word] = match continues {
                true => shifted & row[word] | state[word] & ones[word],
                false => shifted & (row[word] | ones[word]),
            };
        }
        meter.add(high - low + 1);
        // The bytes that are left of a character the last symbol took match no other symbol.
        if state[words - 1] & complete != 0 {
            return Some(at + 1);
        }
    }
    None
}

/// Whether the byte is not the first of its character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// How many bytes the character has that begins with this one.
fn character_bytes(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests;
