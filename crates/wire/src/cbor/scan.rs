//! Well-formedness of CBOR without allocation and without recursion.

use minicbor::Decoder;
use minicbor::data::Type;

use crate::{DEPTH_MAX, Malformed};

/// Whether `body` is one CBOR map or array: every item complete, text in UTF-8, at most [`DEPTH_MAX`] levels, nothing after it.
pub fn well_formed(body: &[u8]) -> Result<(), Malformed> {
    let mut tokens = Decoder::new(body);
    let top = tokens.datatype().map_err(syntax)?;
    if !matches!(top, Type::Map | Type::MapIndef | Type::Array | Type::ArrayIndef) {
        return Err(Malformed::SYNTAX);
    }
    skip(&mut tokens, DEPTH_MAX)?;
    if tokens.position() == body.len() { Ok(()) } else { Err(Malformed::SYNTAX) }
}

/// Passes one value with everything in it; at most `depth_max` levels.
pub(super) fn skip(tokens: &mut Decoder<'_>, depth_max: u32) -> Result<(), Malformed> {
    let mut open = Open { frames: [Frame::Items(0); DEPTH_MAX as usize], depth: 0, depth_max };
    loop {
        let kind = tokens.datatype().map_err(syntax)?;
        if kind == Type::Tag {
            tokens.tag().map_err(syntax)?;
            if tokens.datatype().map_err(syntax)? == Type::Break {
                return Err(Malformed::SYNTAX);
            }
            continue;
        }
        if kind == Type::Break {
            open.end()?;
            tokens.set_position(tokens.position() + 1);
        } else {
            open.count();
            match kind {
                Type::Array | Type::ArrayIndef => open.push(items(tokens.array().map_err(syntax)?, 1)?)?,
                Type::Map | Type::MapIndef => open.push(items(tokens.map().map_err(syntax)?, 2)?)?,
                _ => scalar(tokens, kind)?,
            }
        }
        if open.close_complete() {
            return Ok(());
        }
    }
}

/// An open container.
#[derive(Clone, Copy)]
enum Frame {
    /// This many items are to come.
    Items(u64),
    /// Items come until a break.
    List,
    /// Keys and values come until a break; so many have come, modulo two.
    Map(u8),
}

struct Open {
    frames: [Frame; DEPTH_MAX as usize],
    depth: usize,
    depth_max: u32,
}

impl Open {
    fn push(&mut self, frame: Frame) -> Result<(), Malformed> {
        if self.depth >= self.frames.len().min(self.depth_max as usize) {
            return Err(Malformed::SYNTAX);
        }
        self.frames[self.depth] = frame;
        self.depth += 1;
        Ok(())
    }

    /// Counts an item of the innermost container.
    fn count(&mut self) {
        if let Some(last) = self.depth.checked_sub(1) {
            match &mut self.frames[last] {
                Frame::Items(left) => *left -= 1,
                Frame::List => {}
                Frame::Map(parity) => *parity ^= 1,
            }
        }
    }

    /// A break: it ends a container of indefinite length, and no map between a key and its value.
    fn end(&mut self) -> Result<(), Malformed> {
        match self.depth.checked_sub(1).map(|last| self.frames[last]) {
            Some(Frame::List | Frame::Map(0)) => {
                self.depth -= 1;
                Ok(())
            }
            _ => Err(Malformed::SYNTAX),
        }
    }

    /// Leaves what is complete; whether nothing is open any more.
    fn close_complete(&mut self) -> bool {
        while self.depth > 0 && matches!(self.frames[self.depth - 1], Frame::Items(0)) {
            self.depth -= 1;
        }
        self.depth == 0
    }
}

fn items(len: Option<u64>, each: u64) -> Result<Frame, Malformed> {
    match len {
        Some(len) => len.checked_mul(each).map(Frame::Items).ok_or(Malformed::SYNTAX),
        None if each == 2 => Ok(Frame::Map(0)),
        None => Ok(Frame::List),
    }
}

/// Passes a value that holds no others.
fn scalar(tokens: &mut Decoder<'_>, kind: Type) -> Result<(), Malformed> {
    let passed = match kind {
        Type::Bool => tokens.bool().map(drop),
        Type::Null => tokens.null(),
        Type::Undefined => tokens.undefined(),
        Type::F16 => tokens.f16().map(drop),
        Type::F32 => tokens.f32().map(drop),
        Type::F64 => tokens.f64().map(drop),
        Type::Simple => tokens.simple().map(drop),
        Type::Bytes => tokens.bytes().map(drop),
        Type::BytesIndef => tokens.bytes_iter().and_then(|mut chunks| chunks.try_for_each(|c| c.map(drop))),
        Type::String => tokens.str().map(drop),
        Type::StringIndef => tokens.str_iter().and_then(|mut chunks| chunks.try_for_each(|c| c.map(drop))),
        _ => tokens.int().map(drop),
    };
    passed.map_err(syntax)
}

pub(super) fn syntax(_: minicbor::decode::Error) -> Malformed {
    Malformed::SYNTAX
}
