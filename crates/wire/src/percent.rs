//! Percent-encoding (RFC 3986, 2.1) as paths, query strings and forms have it.

use std::borrow::Cow;
use std::fmt;

/// Whether a plus sign is a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    /// Forms and the query strings that browsers make of them.
    IsSpace,
    /// Paths, and what is signed.
    IsPlus,
}

/// Whether every `%` in `text` is followed by two hexadecimal digits.
pub(crate) fn is_encoded(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).all(|at| byte(&text[at..]).is_some())
}

/// Undoes the encoding into `into`, which is at least as long; answers how many bytes it became; `None` for an escape that is none.
pub(crate) fn decode_into(text: &[u8], plus: Plus, into: &mut [u8]) -> Option<usize> {
    let (mut from, mut to) = (0, 0);
    while let Some(b) = text.get(from) {
        (into[to], from) = match b {
            b'%' => (byte(&text[from..])?, from + 3),
            b'+' if plus == Plus::IsSpace => (b' ', from + 1),
            other => (*other, from + 1),
        };
        to += 1;
    }
    Some(to)
}

/// Undoes the encoding; `None` for an escape that is none, and for what is then no UTF-8.
pub(crate) fn decode(text: &str, plus: Plus) -> Option<Cow<'_, str>> {
    if is_plain(text.as_bytes(), plus) {
        return Some(Cow::Borrowed(text));
    }
    let mut into = vec![0; text.len()];
    let len = decode_into(text.as_bytes(), plus, &mut into)?;
    into.truncate(len);
    String::from_utf8(into).ok().map(Cow::Owned)
}

/// Whether the text says itself.
pub(crate) fn is_plain(text: &[u8], plus: Plus) -> bool {
    !text.iter().any(|b| *b == b'%' || (*b == b'+' && plus == Plus::IsSpace))
}

/// The byte that the escape at the beginning of `text` stands for.
fn byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(1)? << 4 | digit(2)?).ok()
}

/// Text encoded so that only RFC 3986's unreserved characters stay, and slashes where the path keeps them; hexadecimal in upper
/// case, as SigV4 has it.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'a> {
    text: &'a [u8],
    slash_stays: bool,
}

impl<'a> Encoded<'a> {
    /// A part of a path or of a query string.
    pub(crate) fn part(text: &'a [u8]) -> Self {
        Self { text, slash_stays: false }
    }

    /// A whole path.
    pub(crate) fn path(text: &'a [u8]) -> Self {
        Self { text, slash_stays: true }
    }
}

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stays = |b: u8| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'-' | b'_' | b'.' | b'~')
                || (b == b'/' && self.slash_stays)
        };
        let mut rest = self.text;
        while !rest.is_empty() {
            let run = rest.iter().take_while(|b| stays(**b)).count();
            // What stays is ASCII.
            f.write_str(std::str::from_utf8(&rest[..run]).unwrap_or_default())?;
            if let Some(b) = rest.get(run) {
                write!(f, "%{b:02X}")?;
            }
            rest = rest.get(run + 1..).unwrap_or_default();
        }
        Ok(())
    }
}
