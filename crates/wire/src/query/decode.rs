use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;

use super::form::{Parameter, parse, position};
use crate::mismatch::{Found, Wanted, mismatch};
use crate::{DEPTH_MAX, ListForm, Malformed, TimestampForm, text};

/// Reads a form's parameters. They are sorted, so that whatever belongs to one value is one run of them, and reading them is linear.
#[derive(Debug)]
pub struct Decoder {
    parameters: Vec<Parameter>,
    open: Vec<Run>,
    /// The value that stands next.
    next: Run,
}

/// The parameters `from..to`, whose names agree in their first `prefix` bytes: complete segments, each with its dot.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: usize,
    to: usize,
    prefix: usize,
}

impl Decoder {
    /// Reads `body`, a form or a query string. `Action` and `Version` are members that no shape knows.
    pub fn new(body: &Bytes) -> Result<Self, Malformed> {
        let parameters = parse(body)?;
        let next = Run { from: 0, to: parameters.len(), prefix: 0 };
        Ok(Self { parameters, open: Vec::new(), next })
    }

    /// The segment of the run's first parameter that comes after its prefix.
    fn segment(&self, at: usize, prefix: usize) -> &str {
        let rest = self.parameters[at].name.get(prefix..).unwrap_or_default();
        rest.split('.').next().unwrap_or_default()
    }

    /// Splits off the first part of `run` whose names agree in one segment more.
    fn split(&self, run: &mut Run) -> Option<Run> {
        if run.from >= run.to {
            return None;
        }
        let segment = self.segment(run.from, run.prefix);
        let same = |at: &usize| self.segment(*at, run.prefix) == segment;
        let to = (run.from..run.to).take_while(same).last()? + 1;
        let part = Run { from: run.from, to, prefix: run.prefix + segment.len() + 1 };
        run.from = to;
        Some(part)
    }

    /// What the parts of `part` are called.
    fn called(&self, part: Run) -> &str {
        let name = &self.parameters[part.from].name;
        name[..(part.prefix - 1).min(name.len())].rsplit('.').next().unwrap_or_default()
    }

    /// The part of `run` called `segment`.
    fn part(&self, mut run: Run, segment: &str) -> Option<Run> {
        while let Some(part) = self.split(&mut run) {
            if self.called(part) == segment {
                return Some(part);
            }
        }
        None
    }

    /// What belongs to the value that stands next when it is no scalar. SDKs write an empty list as `Name=`.
    fn inside(&self, wanted: Wanted) -> Result<Run, Malformed> {
        let mut run = self.next;
        while run.from < run.to && self.parameters[run.from].name.len() < run.prefix {
            if !self.parameters[run.from].value.is_empty() {
                return Err(mismatch(Found::Text, wanted));
            }
            run.from += 1;
        }
        Ok(run)
    }

    fn enter(&mut self, run: Run) -> Result<(), Malformed> {
        if self.open.len() >= DEPTH_MAX as usize {
            return Err(Malformed::SYNTAX);
        }
        self.open.push(run);
        Ok(())
    }

    /// The next part of the innermost container, which becomes what stands next; `None` leaves the container.
    fn advance(&mut self) -> Option<Run> {
        let mut run = self.open.pop()?;
        let part = self.split(&mut run)?;
        self.open.push(run);
        self.next = part;
        Some(part)
    }

    /// The scalar that stands next. Of several parameters with its name the first counts.
    fn scalar(&self, wanted: Wanted) -> Result<&ByteString, Malformed> {
        let first = self.parameters.get(self.next.from).ok_or(Malformed::SYNTAX)?;
        if first.name.len() < self.next.prefix { Ok(&first.value) } else { Err(mismatch(Found::Map, wanted)) }
    }
}

impl crate::Decoder for Decoder {
    fn begin_structure(&mut self) -> Result<(), Malformed> {
        self.enter(self.inside(Wanted::Structure)?)
    }

    fn next_member(&mut self, names: &'static [&'static str]) -> Result<Option<usize>, Malformed> {
        while let Some(part) = self.advance() {
            let called = self.called(part);
            if let Some(index) = names.iter().position(|known| *known == called) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn begin_list(&mut self, form: ListForm) -> Result<(), Malformed> {
        let run = self.inside(Wanted::List)?;
        if form.flattened || run.from >= run.to {
            return self.enter(run);
        }
        let elements = self.part(run, form.element).ok_or_else(|| mismatch(Found::Map, Wanted::List))?;
        self.enter(elements)
    }

    fn next_element(&mut self) -> Result<bool, Malformed> {
        match self.advance() {
            None => Ok(false),
            Some(part) if position(self.called(part)).is_some() => Ok(true),
            Some(_) => Err(mismatch(Found::Map, Wanted::List)),
        }
    }

    fn begin_map(&mut self) -> Result<(), Malformed> {
        let run = self.inside(Wanted::Map)?;
        self.enter(self.part(run, "entry").unwrap_or(Run { from: run.to, ..run }))
    }

    fn next_key(&mut self) -> Result<Option<ByteString>, Malformed> {
        while let Some(entry) = self.advance() {
            let Some(value) = self.part(entry, "value") else { continue };
            self.next = self.part(entry, "key").ok_or(Malformed::SYNTAX)?;
            let key = self.scalar(Wanted::Text)?.clone();
            self.next = value;
            return Ok(Some(key));
        }
        Ok(None)
    }

    fn string(&mut self) -> Result<ByteString, Malformed> {
        self.scalar(Wanted::Text).cloned()
    }

    fn blob(&mut self) -> Result<Bytes, Malformed> {
        text::blob(self.scalar(Wanted::Blob)?)
    }

    fn integer(&mut self) -> Result<i32, Malformed> {
        text::integer(self.scalar(Wanted::Integer)?)
    }

    fn long(&mut self) -> Result<i64, Malformed> {
        text::long(self.scalar(Wanted::Long)?)
    }

    fn double(&mut self) -> Result<f64, Malformed> {
        text::double(self.scalar(Wanted::Double)?)
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        text::boolean(self.scalar(Wanted::Boolean)?)
    }

    fn timestamp(&mut self, form: TimestampForm) -> Result<Timestamp, Malformed> {
        text::timestamp(self.scalar(Wanted::Timestamp)?, form)
    }
}
