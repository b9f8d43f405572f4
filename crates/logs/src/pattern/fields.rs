//! `[ip, user, ..., status = 4*, bytes > 1000 && bytes < 2000]`

use super::compare::{Comparison, Condition, Operand, REGEXES_MAX};
use super::cursor::Cursor;
use super::{Extracted, Invalid};

/// Most words of a line that are looked at.
const WORDS_MAX: usize = 1024;

/// Conditions on a line's words.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// As fields are named, with `$` before it. A word without a name is called by its place in the line, `$1` the first (LOGS API
    /// TestMetricFilter, examples).
    names: Vec<Option<String>>,
    conditions: Vec<Condition<Test>>,
    /// How many of the fields stand before `...`, if it stands there.
    before_gap: Option<usize>,
}

#[derive(Debug)]
struct Test {
    /// Whose word, by the field's place.
    field: usize,
    comparison: Comparison,
    operand: Operand,
}

impl Fields {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut cursor = Cursor::new(text);
        if !cursor.take("[") {
            return Err(Invalid);
        }
        let mut fields = Self::default();
        // `[]` is any line.
        if cursor.take("]") {
            fields.before_gap = Some(0);
            return if cursor.is_done() { Ok(fields) } else { Err(Invalid) };
        }
        loop {
            if cursor.take("...") {
                if fields.before_gap.replace(fields.names.len()).is_some() {
                    return Err(Invalid);
                }
            } else {
                fields.field(&mut cursor)?;
            }
            if !cursor.take(",") {
                break;
            }
        }
        let whole = cursor.take("]") && cursor.is_done();
        if whole && fields.regexes() <= REGEXES_MAX { Ok(fields) } else { Err(Invalid) }
    }

    /// Reads a field, with its condition if it has one.
    fn field(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Invalid> {
        let mut behind = *cursor;
        let place = self.names.len();
        self.names.push(named(&mut behind)?);
        if Comparison::parse(&mut behind.clone()).is_none() {
            *cursor = behind;
            return Ok(());
        }
        let names = &mut self.names;
        let mut test = |cursor: &mut Cursor<'_>| Test::parse(cursor, names, place);
        self.conditions.push(Condition::parse(cursor, &mut test)?);
        Ok(())
    }

    pub fn matches(&self, message: &str) -> bool {
        self.words(message).is_some_and(|words| self.holds(&words))
    }

    pub fn extract(&self, message: &str) -> Option<Extracted> {
        let words = self.words(message).filter(|words| self.holds(words))?;
        let named = words.iter().enumerate();
        Some(named.map(|(at, word)| (self.name(at, words.len()), (*word).to_owned())).collect())
    }

    pub fn value(&self, wanted: &str, message: &str) -> Option<String> {
        let words = self.words(message)?;
        let at = (0..words.len()).find(|at| self.name(*at, words.len()) == wanted)?;
        Some(words[at].to_owned())
    }

    pub fn regexes(&self) -> usize {
        let mut count = 0;
        for condition in &self.conditions {
            condition.each(&mut |test| count += usize::from(test.operand.is_regex()));
        }
        count
    }

    /// A line's words; none if the line has too few or too many.
    fn words<'a>(&self, message: &'a str) -> Option<Vec<&'a str>> {
        let words = split(message);
        let in_gap = words.len().checked_sub(self.names.len())?;
        (in_gap == 0 || self.before_gap.is_some()).then_some(words)
    }

    fn holds(&self, words: &[&str]) -> bool {
        let in_gap = words.len() - self.names.len();
        let is_before_gap = |field| self.before_gap.is_none_or(|before| field < before);
        let word = |field| words[if is_before_gap(field) { field } else { field + in_gap }];
        let holds = |test: &Test| test.operand.compares_text(test.comparison, word(test.field));
        self.conditions.iter().all(|condition| condition.holds(&holds))
    }

    /// What the word at a place, from 0 on, is called in a line of so many.
    fn name(&self, at: usize, words: usize) -> String {
        let (before, in_gap) = (self.before_gap.unwrap_or(words), words - self.names.len());
        let field = if at < before { Some(at) } else { at.checked_sub(in_gap).filter(|f| *f >= before) };
        field.and_then(|field| self.names[field].clone()).unwrap_or_else(|| format!("${}", at + 1))
    }
}

/// Reads a field's name; nothing is a field without one.
fn named(cursor: &mut Cursor<'_>) -> Result<Option<String>, Invalid> {
    let written = cursor.word().unwrap_or_default();
    if !written.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Err(Invalid);
    }
    Ok((!written.is_empty()).then(|| format!("${written}")))
}

impl Test {
    /// `name = operand`, of the field at `place` or another one; one that was not named before is the next of the line (LOGS API
    /// TestMetricFilter: `[…, request, status_code = 4* && bytes > 1000]`).
    fn parse(
        cursor: &mut Cursor<'_>,
        names: &mut Vec<Option<String>>,
        place: usize,
    ) -> Result<Self, Invalid> {
        let name = named(cursor)?;
        let is_it = |known: &Option<String>| *known == name;
        let field = match names[place..].iter().position(is_it) {
            Some(at) => place + at,
            None if name.is_none() => return Err(Invalid),
            None => names.iter().position(is_it).unwrap_or(names.len()),
        };
        if field == names.len() {
            names.push(name);
        }
        let comparison = Comparison::parse(cursor).ok_or(Invalid)?;
        Ok(Self { field, comparison, operand: Operand::parse(cursor, comparison)? })
    }
}

/// A line's words: what stands in quotation marks or brackets is one, without them.
fn split(message: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = message.trim();
    while !rest.is_empty() && words.len() < WORDS_MAX {
        let closing = match rest.as_bytes()[0] {
            b'"' => Some('"'),
            b'[' => Some(']'),
            _ => None,
        };
        let enclosed = closing.and_then(|closing| rest[1..].split_once(closing));
        let (word, behind) = match enclosed {
            Some((word, behind)) if behind.is_empty() || behind.starts_with(char::is_whitespace) => {
                (word, behind)
            }
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word);
        rest = behind.trim_start();
    }
    words
}
