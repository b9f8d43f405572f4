use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;

use super::Dialect;
use super::head::{Head, chunks, head, span};
use super::scan::skip;
use crate::arena::Arena;
use crate::mismatch::{Found, Wanted, boolean_of_text, mismatch};
use crate::{DEPTH_MAX, ListForm, Malformed, TimestampForm, time};

/// Reads a CBOR document: lengths definite and not, integers and floats wherever a number is due, null and undefined as absent. Strings and byte strings
/// are slices of it; what comes in chunks is put together in one arena. Tags are passed over: the shape knows what a timestamp is.
#[derive(Debug)]
pub struct Decoder {
    dialect: Dialect,
    body: Bytes,
    at: usize,
    /// The open containers, innermost last: how many entries are to come, or `None` until a break comes.
    open: Vec<Option<u64>>,
    arena: Arena,
}

impl Decoder {
    /// Reads `body`.
    pub fn new(dialect: Dialect, body: Bytes) -> Self {
        Self { dialect, body, at: 0, open: Vec::with_capacity(16), arena: Arena::default() }
    }

    /// The head of what stands next, tags passed; the position stays before it.
    #[inline]
    fn peek(&mut self) -> Result<(Head, usize), Malformed> {
        loop {
            match head(&self.body, self.at)? {
                (Head::Tag, len) => self.at += len,
                other => return Ok(other),
            }
        }
    }

    /// The head of what stands next, passed, when it is what `wanted` needs.
    #[inline]
    fn take<T>(&mut self, wanted: Wanted, fits: impl FnOnce(Head) -> Option<T>) -> Result<T, Malformed> {
        let (head, len) = self.peek()?;
        match fits(head) {
            Some(value) => {
                self.at += len;
                Ok(value)
            }
            None => Err(refusal(head, wanted)),
        }
    }

    fn enter(&mut self, entries: Option<u64>) -> Result<(), Malformed> {
        if self.open.len() >= DEPTH_MAX as usize {
            return Err(Malformed::SYNTAX);
        }
        self.open.push(entries);
        Ok(())
    }

    /// Whether the innermost container has another entry; `false` leaves it.
    #[inline]
    fn goes_on(&mut self) -> Result<bool, Malformed> {
        let left = match self.open.last_mut() {
            None => return Err(Malformed::SYNTAX),
            Some(Some(0)) => false,
            Some(Some(left)) => {
                *left -= 1;
                true
            }
            Some(None) => {
                let (head, len) = head(&self.body, self.at)?;
                let ends = head == Head::Break;
                self.at += if ends { len } else { 0 };
                !ends
            }
        };
        if !left {
            self.open.pop();
        }
        Ok(left)
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        self.at = skip(&self.body, self.at, DEPTH_MAX - self.open.len() as u32)?;
        Ok(())
    }

    #[inline]
    fn passes_null(&mut self) -> Result<bool, Malformed> {
        let (head, len) = self.peek()?;
        let null = head == Head::Null;
        self.at += if null { len } else { 0 };
        Ok(null)
    }

    /// The string or byte string whose head was just passed: a slice of the body, or its chunks put together.
    #[inline]
    fn run(&mut self, head: Head) -> Result<Bytes, Malformed> {
        match head {
            Head::Bytes(Some(len)) | Head::Text(Some(len)) => {
                let span = span(&self.body, self.at, len)?;
                self.at = span.end;
                Ok(self.body.slice(span))
            }
            _ => self.chunks(head),
        }
    }

    fn chunks(&mut self, head: Head) -> Result<Bytes, Malformed> {
        let mut len = 0;
        let end = chunks(&self.body, self.at, head, |chunk| len += chunk.len())?;
        let into = self.arena.reserve(len, self.body.len() - self.at);
        let mut to = 0;
        chunks(&self.body, self.at, head, |chunk| {
            into[to..to + chunk.len()].copy_from_slice(chunk);
            to += chunk.len();
        })?;
        self.at = end;
        Ok(self.arena.take(len))
    }

    #[inline]
    fn text(&mut self, wanted: Wanted) -> Result<ByteString, Malformed> {
        let head = self.take(wanted, |head| matches!(head, Head::Text(_)).then_some(head))?;
        ByteString::try_from(self.run(head)?).map_err(|_| Malformed::SYNTAX)
    }

    /// The index in `names` of the key that stands next, which is passed.
    fn index_of(&mut self, names: &[&str]) -> Result<Option<usize>, Malformed> {
        if let (Head::Text(Some(len)), head_len) = self.peek()? {
            let span = span(&self.body, self.at + head_len, len)?;
            self.at = span.end;
            let said = &self.body[span];
            return Ok(names.iter().position(|known| known.as_bytes() == said));
        }
        let said = self.key()?;
        Ok(names.iter().position(|known| *known == &*said))
    }

    /// The key that stands next.
    fn key(&mut self) -> Result<ByteString, Malformed> {
        self.text(Wanted::Text).map_err(|_| Malformed::SYNTAX)
    }

    /// The number that stands next.
    fn number(&mut self, wanted: Wanted) -> Result<Number, Malformed> {
        self.take(wanted, |head| match head {
            Head::Integer(int) => Some(Number::Integer(int)),
            Head::Float(float) => Some(Number::Float(float)),
            _ => None,
        })
    }
}

/// The refusal of what begins with `head` where `wanted` is due.
#[cold]
fn refusal(head: Head, wanted: Wanted) -> Malformed {
    let found = match head {
        Head::Null => Found::Null,
        Head::Boolean(_) => Found::Boolean,
        Head::Integer(_) | Head::Float(_) => Found::Number,
        Head::Text(_) => Found::Text,
        Head::Bytes(_) => Found::Bytes,
        Head::List(_) => Found::List,
        Head::Map(_) => Found::Map,
        Head::Break | Head::Simple | Head::Tag => return Malformed::SYNTAX,
    };
    mismatch(found, wanted)
}

/// A number as it came.
#[derive(Clone, Copy)]
enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    /// Cut to an integer and held at the ends, as AWS does with numbers in JSON. A float is cast to the nearest integer there is.
    fn long(self) -> i64 {
        match self {
            Number::Integer(int) => int.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64,
            Number::Float(float) => float as i64,
        }
    }

    fn double(self) -> f64 {
        match self {
            Number::Integer(int) => int as f64,
            Number::Float(float) => float,
        }
    }
}

impl crate::Decoder for Decoder {
    fn begin_structure(&mut self) -> Result<(), Malformed> {
        let entries = self.take(Wanted::Structure, entries_of_map)?;
        self.enter(entries)
    }

    fn next_member(&mut self, names: &'static [&'static str]) -> Result<Option<usize>, Malformed> {
        while self.goes_on()? {
            let index = self.index_of(names)?;
            if self.passes_null()? {
                continue;
            }
            match index {
                Some(index) => return Ok(Some(index)),
                None => self.skip()?,
            }
        }
        Ok(None)
    }

    fn begin_list(&mut self, _: ListForm) -> Result<(), Malformed> {
        let elements = self.take(Wanted::List, |head| match head {
            Head::List(elements) => Some(elements),
            _ => None,
        })?;
        self.enter(elements)
    }

    fn next_element(&mut self) -> Result<bool, Malformed> {
        while self.goes_on()? {
            if !self.passes_null()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn begin_map(&mut self) -> Result<(), Malformed> {
        let entries = self.take(Wanted::Map, entries_of_map)?;
        self.enter(entries)
    }

    fn next_key(&mut self) -> Result<Option<ByteString>, Malformed> {
        while self.goes_on()? {
            let key = self.key()?;
            if !self.passes_null()? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    fn string(&mut self) -> Result<ByteString, Malformed> {
        self.text(Wanted::Text)
    }

    fn blob(&mut self) -> Result<Bytes, Malformed> {
        let head = self.take(Wanted::Blob, |head| matches!(head, Head::Bytes(_)).then_some(head))?;
        self.run(head)
    }

    fn integer(&mut self) -> Result<i32, Malformed> {
        let long = self.number(Wanted::Integer)?.long();
        Ok(long.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }

    fn long(&mut self) -> Result<i64, Malformed> {
        self.number(Wanted::Long).map(Number::long)
    }

    fn double(&mut self) -> Result<f64, Malformed> {
        self.number(Wanted::Double).map(Number::double)
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        if let (Head::Text(_), _) = self.peek()? {
            return boolean_of_text(self.text(Wanted::Boolean)?.as_bytes());
        }
        self.take(Wanted::Boolean, |head| match head {
            Head::Boolean(value) => Some(value),
            _ => None,
        })
    }

    fn timestamp(&mut self, _: TimestampForm) -> Result<Timestamp, Malformed> {
        let number = self.number(Wanted::Timestamp)?;
        let time = match self.dialect {
            Dialect::Cbor11 => Some(time::of_millis(number.long())),
            Dialect::RpcV2 => time::of_seconds(number.double()),
        };
        time.ok_or_else(|| mismatch(Found::Number, Wanted::Timestamp))
    }
}

fn entries_of_map(head: Head) -> Option<Option<u64>> {
    match head {
        Head::Map(entries) => Some(entries),
        _ => None,
    }
}
