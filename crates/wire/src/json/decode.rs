use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;
use memchr::{memchr, memchr2};

use super::string::unescape;
use super::{number, scan};
use crate::arena::Arena;
use crate::mismatch::{Found, Wanted, boolean_of_text, mismatch};
use crate::{DEPTH_MAX, ListForm, Malformed, TimestampForm, base64, time};

/// Reads a JSON document. Strings without escapes are slices of it; what has to be unescaped or decoded goes into one arena.
#[derive(Debug)]
pub struct Decoder {
    text: Bytes,
    at: usize,
    depth: u32,
    /// Whether a container was just entered, so that no comma comes before its first value.
    fresh: bool,
    arena: Arena,
}

/// A string's place in the text, without its quotes.
#[derive(Clone, Copy)]
struct Token {
    from: usize,
    to: usize,
    escaped: bool,
}

impl Decoder {
    /// Reads `text`.
    pub fn new(text: Bytes) -> Self {
        Self { text, at: 0, depth: 0, fresh: false, arena: Arena::default() }
    }

    /// What stands next; the position moves to it.
    #[inline]
    fn found(&mut self) -> Result<Found, Malformed> {
        self.at = scan::space(&self.text, self.at);
        Ok(match self.text.get(self.at).ok_or(Malformed::SYNTAX)? {
            b'"' => Found::Text,
            b'{' => Found::Map,
            b'[' => Found::List,
            b't' | b'f' => Found::Boolean,
            b'n' => Found::Null,
            b'-' | b'0'..=b'9' => Found::Number,
            _ => return Err(Malformed::SYNTAX),
        })
    }

    /// Moves to what stands next, which has to be `due`.
    #[inline]
    fn expect(&mut self, due: Found, wanted: Wanted) -> Result<(), Malformed> {
        match self.found()? {
            found if found == due => Ok(()),
            found => Err(mismatch(found, wanted)),
        }
    }

    /// Passes the byte `due`, if it stands next.
    #[inline]
    fn pass(&mut self, due: u8) -> bool {
        self.at = scan::space(&self.text, self.at);
        let stands = self.text.get(self.at) == Some(&due);
        self.at += usize::from(stands);
        stands
    }

    fn enter(&mut self, opening: Found, wanted: Wanted) -> Result<(), Malformed> {
        self.expect(opening, wanted)?;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Malformed::SYNTAX);
        }
        self.at += 1;
        self.fresh = true;
        Ok(())
    }

    /// Whether the container goes on, with its comma passed; `false` when `closing` stood next, which leaves it.
    #[inline]
    fn goes_on(&mut self, closing: u8) -> Result<bool, Malformed> {
        let first = std::mem::replace(&mut self.fresh, false);
        if self.pass(closing) {
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if first || self.pass(b',') { Ok(true) } else { Err(Malformed::SYNTAX) }
    }

    /// The next member's name, its colon passed; `None` at the end of the object.
    #[inline]
    fn name(&mut self) -> Result<Option<Token>, Malformed> {
        if !self.goes_on(b'}')? {
            return Ok(None);
        }
        let found = self.found()?;
        if found != Found::Text {
            return Err(Malformed::SYNTAX);
        }
        let name = self.token()?;
        if self.pass(b':') { Ok(Some(name)) } else { Err(Malformed::SYNTAX) }
    }

    /// Passes the value that stands next, whatever it is.
    fn skip(&mut self) -> Result<(), Malformed> {
        self.at = scan::value(&self.text, self.at, DEPTH_MAX - self.depth)?;
        Ok(())
    }

    /// Passes a null, if one stands next.
    #[inline]
    fn passes_null(&mut self) -> Result<bool, Malformed> {
        let null = self.found()? == Found::Null;
        if null {
            self.skip()?;
        }
        Ok(null)
    }

    /// The string that stands next, its opening quote at the position.
    #[inline]
    fn token(&mut self) -> Result<Token, Malformed> {
        let from = self.at + 1;
        let mut to = from;
        let mut escaped = false;
        loop {
            let rest = self.text.get(to..).ok_or(Malformed::SYNTAX)?;
            to += memchr2(b'"', b'\\', rest).ok_or(Malformed::SYNTAX)?;
            if self.text[to] == b'"' {
                self.at = to + 1;
                return Ok(Token { from, to, escaped });
            }
            escaped = true;
            to += 2;
        }
    }

    /// What a string says.
    #[inline]
    fn bytes_of(&mut self, token: Token) -> Result<Bytes, Malformed> {
        if !token.escaped {
            return Ok(self.text.slice(token.from..token.to));
        }
        let raw = &self.text[token.from..token.to];
        let into = self.arena.reserve(raw.len(), self.text.len() - token.from);
        let len = unescape(raw, into).ok_or(Malformed::SYNTAX)?;
        Ok(self.arena.take(len))
    }

    #[inline]
    fn text_of(&mut self, token: Token) -> Result<ByteString, Malformed> {
        ByteString::try_from(self.bytes_of(token)?).map_err(|_| Malformed::SYNTAX)
    }

    /// Which of `names` the string says.
    #[inline]
    fn index_of(&mut self, name: Token, names: &[&str]) -> Result<Option<usize>, Malformed> {
        if name.escaped {
            let said = self.bytes_of(name)?;
            return Ok(names.iter().position(|known| known.as_bytes() == &said[..]));
        }
        let said = &self.text[name.from..name.to];
        Ok(names.iter().position(|known| known.as_bytes() == said))
    }

    /// The number that stands next.
    fn number(&mut self, wanted: Wanted) -> Result<&[u8], Malformed> {
        self.expect(Found::Number, wanted)?;
        let from = self.at;
        self.at = scan::number(&self.text, from)?;
        Ok(&self.text[from..self.at])
    }

    /// The string that stands next, where another type is wanted which a string may say as well.
    fn said(&mut self) -> Result<Bytes, Malformed> {
        let token = self.token()?;
        self.bytes_of(token)
    }
}

/// The value of base64 text; `rest` is how much of the document it may yet be asked for.
fn undo_base64(arena: &mut Arena, text: &[u8], rest: usize) -> Option<Bytes> {
    let into = arena.reserve(base64::decoded_len_max(text.len()), base64::decoded_len_max(rest));
    let len = base64::decode(text, into)?;
    Some(arena.take(len))
}

impl crate::Decoder for Decoder {
    fn begin_structure(&mut self) -> Result<(), Malformed> {
        self.enter(Found::Map, Wanted::Structure)
    }

    fn next_member(&mut self, names: &'static [&'static str]) -> Result<Option<usize>, Malformed> {
        while let Some(name) = self.name()? {
            if self.passes_null()? {
                continue;
            }
            match self.index_of(name, names)? {
                Some(index) => return Ok(Some(index)),
                None => self.skip()?,
            }
        }
        Ok(None)
    }

    fn begin_list(&mut self, _: ListForm) -> Result<(), Malformed> {
        self.enter(Found::List, Wanted::List)
    }

    fn next_element(&mut self) -> Result<bool, Malformed> {
        while self.goes_on(b']')? {
            if !self.passes_null()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn begin_map(&mut self) -> Result<(), Malformed> {
        self.enter(Found::Map, Wanted::Map)
    }

    fn next_key(&mut self) -> Result<Option<ByteString>, Malformed> {
        while let Some(name) = self.name()? {
            if !self.passes_null()? {
                return self.text_of(name).map(Some);
            }
        }
        Ok(None)
    }

    fn string(&mut self) -> Result<ByteString, Malformed> {
        self.expect(Found::Text, Wanted::Text)?;
        let token = self.token()?;
        self.text_of(token)
    }

    /// Nearly all base64 has no escapes, so it is decoded up to the next quote at once: a backslash is no base64. Some clients escape its slashes.
    fn blob(&mut self) -> Result<Bytes, Malformed> {
        self.expect(Found::Text, Wanted::Blob)?;
        let from = self.at + 1;
        let len = memchr(b'"', &self.text[from..]).ok_or(Malformed::SYNTAX)?;
        let rest = self.text.len() - from;
        if let Some(value) = undo_base64(&mut self.arena, &self.text[from..from + len], rest) {
            self.at = from + len + 1;
            return Ok(value);
        }
        let token = self.token()?;
        let text = self.bytes_of(token)?;
        undo_base64(&mut self.arena, &text, rest).ok_or_else(|| base64::refusal(&text))
    }

    fn integer(&mut self) -> Result<i32, Malformed> {
        let long = number::long(self.number(Wanted::Integer)?);
        Ok(long.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }

    fn long(&mut self) -> Result<i64, Malformed> {
        self.number(Wanted::Long).map(number::long)
    }

    /// Also the three strings that stand for what JSON has no number for (Smithy, AWS JSON 1.1, "Shape serialization").
    fn double(&mut self) -> Result<f64, Malformed> {
        if self.found()? != Found::Text {
            return self.number(Wanted::Double).map(number::double);
        }
        match &self.said()?[..] {
            b"NaN" => Ok(f64::NAN),
            b"Infinity" => Ok(f64::INFINITY),
            b"-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(mismatch(Found::Text, Wanted::Double)),
        }
    }

    /// A string that says a boolean is one too, and so is a number with a fraction, but no whole one (kinesalite, test/helpers.js
    /// `assertType`, `Boolean`).
    fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.found()? {
            Found::Boolean => {
                let value = self.text[self.at] == b't';
                self.skip()?;
                Ok(value)
            }
            Found::Text => boolean_of_text(&self.said()?),
            Found::Number => {
                let token = self.number(Wanted::Boolean)?;
                if token.contains(&b'.') { Ok(true) } else { Err(mismatch(Found::Number, Wanted::Boolean)) }
            }
            found => Err(mismatch(found, Wanted::Boolean)),
        }
    }

    fn timestamp(&mut self, form: TimestampForm) -> Result<Timestamp, Malformed> {
        let as_text = matches!(form, TimestampForm::Iso8601 | TimestampForm::HttpDate);
        let parsed = match self.found()? {
            Found::Text if as_text => {
                let said = self.said()?;
                std::str::from_utf8(&said).ok().and_then(|text| time::parse(text, form))
            }
            Found::Number => time::of_seconds(number::double(self.number(Wanted::Timestamp)?)),
            found => return Err(mismatch(found, Wanted::Timestamp)),
        };
        parsed.ok_or_else(|| mismatch(Found::Text, Wanted::Timestamp))
    }
}
