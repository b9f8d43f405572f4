//! Well-formedness of CBOR without allocation and without recursion.

use super::head::{Head, chunks, head, span};
use crate::{DEPTH_MAX, Malformed};

/// Whether `body` is one CBOR map or array: every item complete, text in UTF-8, at most [`DEPTH_MAX`] levels, nothing after it.
pub fn well_formed(body: &[u8]) -> Result<(), Malformed> {
    let (top, _) = head(body, 0)?;
    if !matches!(top, Head::Map(_) | Head::List(_)) {
        return Err(Malformed::SYNTAX);
    }
    if skip(body, 0, DEPTH_MAX)? == body.len() { Ok(()) } else { Err(Malformed::SYNTAX) }
}

/// The position after the value at `at` with everything in it; at most `depth_max` levels.
pub(super) fn skip(body: &[u8], at: usize, depth_max: u32) -> Result<usize, Malformed> {
    let mut open = Open { frames: [Frame::Items(0); DEPTH_MAX as usize], depth: 0, depth_max };
    let mut at = at;
    let mut tagged = false;
    loop {
        let (head, len) = head(body, at)?;
        at += len;
        if head == Head::Tag {
            tagged = true;
            continue;
        }
        if head == Head::Break && tagged {
            return Err(Malformed::SYNTAX);
        }
        tagged = false;
        if head == Head::Break {
            open.end()?;
        } else {
            open.count();
        }
        match head {
            Head::List(Some(len)) => open.push(Frame::Items(len))?,
            Head::Map(Some(len)) => open.push(Frame::Items(len.checked_mul(2).ok_or(Malformed::SYNTAX)?))?,
            Head::List(None) => open.push(Frame::List)?,
            Head::Map(None) => open.push(Frame::Map(0))?,
            Head::Bytes(Some(len)) => at = span(body, at, len)?.end,
            Head::Text(Some(len)) => {
                let text = span(body, at, len)?;
                at = text.end;
                is_text(&body[text])?;
            }
            Head::Bytes(None) | Head::Text(None) => at = pass_chunks(body, at, head)?,
            _ => {}
        }
        if open.close_complete() {
            return Ok(at);
        }
    }
}

/// The position after the chunks of a string or byte string, whose head was `whole`.
fn pass_chunks(body: &[u8], at: usize, whole: Head) -> Result<usize, Malformed> {
    let mut texts = Ok(());
    let end = chunks(body, at, whole, |chunk| {
        if matches!(whole, Head::Text(_)) && texts.is_ok() {
            texts = is_text(chunk);
        }
    })?;
    texts.map(|()| end)
}

fn is_text(bytes: &[u8]) -> Result<(), Malformed> {
    std::str::from_utf8(bytes).map(drop).map_err(|_| Malformed::SYNTAX)
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
