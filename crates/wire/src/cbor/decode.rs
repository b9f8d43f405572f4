use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;
use minicbor::data::Type;

use super::Dialect;
use super::scan::{skip, syntax};
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

    fn tokens(&self) -> minicbor::Decoder<'_> {
        let mut tokens = minicbor::Decoder::new(&self.body);
        tokens.set_position(self.at);
        tokens
    }

    /// Reads one token.
    fn take<T>(
        &mut self,
        read: impl FnOnce(&mut minicbor::Decoder<'_>) -> Result<T, minicbor::decode::Error>,
    ) -> Result<T, Malformed> {
        let mut tokens = self.tokens();
        let value = read(&mut tokens).map_err(syntax)?;
        self.at = tokens.position();
        Ok(value)
    }

    /// The type of what stands next, tags passed.
    fn kind(&mut self) -> Result<Type, Malformed> {
        loop {
            match self.tokens().datatype().map_err(syntax)? {
                Type::Tag => self.take(|t| t.tag().map(drop))?,
                kind => return Ok(kind),
            }
        }
    }

    fn found(&mut self) -> Result<Found, Malformed> {
        Ok(match self.kind()? {
            Type::Null | Type::Undefined => Found::Null,
            Type::Bool => Found::Boolean,
            Type::String | Type::StringIndef => Found::Text,
            Type::Bytes | Type::BytesIndef => Found::Bytes,
            Type::Array | Type::ArrayIndef => Found::List,
            Type::Map | Type::MapIndef => Found::Map,
            Type::Break | Type::Simple | Type::Unknown(_) | Type::Tag => return Err(Malformed::SYNTAX),
            _ => Found::Number,
        })
    }

    fn enter(&mut self, due: Found, wanted: Wanted) -> Result<(), Malformed> {
        match self.found()? {
            found if found != due => return Err(mismatch(found, wanted)),
            _ if self.open.len() >= DEPTH_MAX as usize => return Err(Malformed::SYNTAX),
            _ => {}
        }
        let entries = self.take(|t| if due == Found::List { t.array() } else { t.map() })?;
        self.open.push(entries);
        Ok(())
    }

    /// Whether the innermost container has another entry; `false` leaves it.
    fn goes_on(&mut self) -> Result<bool, Malformed> {
        let left = match self.open.last_mut() {
            None => return Err(Malformed::SYNTAX),
            Some(Some(0)) => false,
            Some(Some(left)) => {
                *left -= 1;
                true
            }
            Some(None) => {
                let ends = self.tokens().datatype().map_err(syntax)? == Type::Break;
                self.at += usize::from(ends);
                !ends
            }
        };
        if !left {
            self.open.pop();
        }
        Ok(left)
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        let mut tokens = self.tokens();
        skip(&mut tokens, DEPTH_MAX - self.open.len() as u32)?;
        self.at = tokens.position();
        Ok(())
    }

    fn passes_null(&mut self) -> Result<bool, Malformed> {
        let null = self.found()? == Found::Null;
        if null {
            self.skip()?;
        }
        Ok(null)
    }

    /// The string or byte string that stands next: a slice of the body, or its chunks put together.
    fn run(&mut self, kind: Type) -> Result<Bytes, Malformed> {
        let len = match kind {
            Type::String => self.take(|t| t.str().map(str::len))?,
            Type::Bytes => self.take(|t| t.bytes().map(<[u8]>::len))?,
            _ => return self.chunks(kind),
        };
        Ok(self.body.slice(self.at - len..self.at))
    }

    fn chunks(&mut self, kind: Type) -> Result<Bytes, Malformed> {
        let mut len = 0;
        each_chunk(&mut self.tokens(), kind, |chunk| len += chunk.len())?;
        let into = self.arena.reserve(len, self.body.len() - self.at);
        let mut to = 0;
        let mut tokens = minicbor::Decoder::new(&self.body);
        tokens.set_position(self.at);
        each_chunk(&mut tokens, kind, |chunk| {
            into[to..to + chunk.len()].copy_from_slice(chunk);
            to += chunk.len();
        })?;
        self.at = tokens.position();
        Ok(self.arena.take(len))
    }

    fn text(&mut self, kind: Type) -> Result<ByteString, Malformed> {
        ByteString::try_from(self.run(kind)?).map_err(|_| Malformed::SYNTAX)
    }

    /// A key of a map.
    fn name(&mut self) -> Result<ByteString, Malformed> {
        match self.kind()? {
            kind @ (Type::String | Type::StringIndef) => self.text(kind),
            _ => Err(Malformed::SYNTAX),
        }
    }

    /// The number that stands next, which has to be one.
    fn number(&mut self, wanted: Wanted) -> Result<Number, Malformed> {
        match self.found()? {
            Found::Number => {}
            found => return Err(mismatch(found, wanted)),
        }
        match self.kind()? {
            Type::F16 | Type::F32 | Type::F64 => self.take(|t| t.f64()).map(Number::Float),
            _ => self.take(|t| t.int()).map(|int| Number::Integer(i128::from(int))),
        }
    }
}

/// Shows `see` each chunk of the string or byte string that stands next.
fn each_chunk(
    tokens: &mut minicbor::Decoder<'_>,
    kind: Type,
    mut see: impl FnMut(&[u8]),
) -> Result<(), Malformed> {
    if kind == Type::StringIndef {
        for chunk in tokens.str_iter().map_err(syntax)? {
            see(chunk.map_err(syntax)?.as_bytes());
        }
    } else {
        for chunk in tokens.bytes_iter().map_err(syntax)? {
            see(chunk.map_err(syntax)?);
        }
    }
    Ok(())
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
        self.enter(Found::Map, Wanted::Structure)
    }

    fn next_member(&mut self, names: &'static [&'static str]) -> Result<Option<usize>, Malformed> {
        while self.goes_on()? {
            let name = self.name()?;
            if self.passes_null()? {
                continue;
            }
            match names.iter().position(|known| *known == &*name) {
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
        while self.goes_on()? {
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
        while self.goes_on()? {
            let name = self.name()?;
            if !self.passes_null()? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn string(&mut self) -> Result<ByteString, Malformed> {
        match self.found()? {
            Found::Text => {
                let kind = self.kind()?;
                self.text(kind)
            }
            found => Err(mismatch(found, Wanted::Text)),
        }
    }

    fn blob(&mut self) -> Result<Bytes, Malformed> {
        match self.found()? {
            Found::Bytes => {
                let kind = self.kind()?;
                self.run(kind)
            }
            found => Err(mismatch(found, Wanted::Blob)),
        }
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
        match self.found()? {
            Found::Boolean => self.take(|t| t.bool()),
            Found::Text => boolean_of_text(self.string()?.as_bytes()),
            found => Err(mismatch(found, Wanted::Boolean)),
        }
    }

    fn timestamp(&mut self, _: TimestampForm) -> Result<Timestamp, Malformed> {
        let number = self.number(Wanted::Timestamp)?;
        let time = match self.dialect {
            Dialect::Cbor11 => Some(Timestamp::from_millis(number.long())),
            Dialect::RpcV2 => time::of_seconds(number.double()),
        };
        time.ok_or_else(|| mismatch(Found::Number, Wanted::Timestamp))
    }
}
