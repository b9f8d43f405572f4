//! `[ip, user, ..., status = 4*, bytes > 1000 && bytes < 2000]`

use super::compare::{Comparison, Condition, Operand, REGEXES_MAX};
use super::cursor::Cursor;
use super::{Extracted, Invalid};

/// Most words of a line that are looked at.
const WORDS_MAX: usize = 1024;

/// A word of a line, and the field that it stands for.
type Column<'f, 'a> = (Option<&'f Field>, &'a str);

/// Conditions on a line's words.
#[derive(Debug)]
pub(crate) struct Fields {
    fields: Vec<Field>,
    /// How many of them stand before `...`, if it stands there.
    before_gap: Option<usize>,
}

#[derive(Debug)]
struct Field {
    /// As it is named, with `$` before it. A word without a name is called by its place in the line, `$1` the first (LOGS API
    /// TestMetricFilter, examples).
    name: Option<String>,
    condition: Option<Condition<Test>>,
}

#[derive(Debug)]
struct Test {
    comparison: Comparison,
    operand: Operand,
}

impl Fields {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut cursor = Cursor::new(text);
        if !cursor.take("[") {
            return Err(Invalid);
        }
        let mut fields = Self { fields: Vec::new(), before_gap: None };
        // `[]` is any line.
        if cursor.take("]") {
            fields.before_gap = Some(0);
            return if cursor.is_done() { Ok(fields) } else { Err(Invalid) };
        }
        loop {
            if cursor.take("...") {
                if fields.before_gap.replace(fields.fields.len()).is_some() {
                    return Err(Invalid);
                }
            } else {
                fields.fields.push(Field::parse(&mut cursor)?);
            }
            if !cursor.take(",") {
                break;
            }
        }
        let whole = cursor.take("]") && cursor.is_done();
        if whole && fields.regexes() <= REGEXES_MAX { Ok(fields) } else { Err(Invalid) }
    }

    pub fn matches(&self, message: &str) -> bool {
        self.columns(message).is_some_and(|columns| holds(&columns))
    }

    pub fn extract(&self, message: &str) -> Option<Extracted> {
        let columns = self.columns(message).filter(|columns| holds(columns))?;
        let named = columns.into_iter().enumerate();
        Some(named.map(|(at, (field, word))| (name(field, at), word.to_owned())).collect())
    }

    pub fn value(&self, wanted: &str, message: &str) -> Option<String> {
        let mut columns = self.columns(message)?.into_iter().enumerate();
        columns.find(|(at, (field, _))| name(*field, *at) == wanted).map(|(_, (_, word))| word.to_owned())
    }

    pub fn regexes(&self) -> usize {
        let mut count = 0;
        for condition in self.fields.iter().filter_map(|field| field.condition.as_ref()) {
            condition.each(&mut |test| count += usize::from(test.operand.is_regex()));
        }
        count
    }

    /// A line's words, each with the field that it stands for if it is in no gap; none if the line has too few or too many.
    fn columns<'a>(&self, message: &'a str) -> Option<Vec<Column<'_, 'a>>> {
        let words = split(message);
        let in_gap = words.len().checked_sub(self.fields.len())?;
        if in_gap > 0 && self.before_gap.is_none() {
            return None;
        }
        let (before, behind) = self.fields.split_at(self.before_gap.unwrap_or(self.fields.len()));
        let gap = std::iter::repeat_n(None, in_gap);
        let fields = before.iter().map(Some).chain(gap).chain(behind.iter().map(Some));
        Some(fields.zip(words).collect())
    }
}

fn holds(columns: &[Column<'_, '_>]) -> bool {
    columns.iter().all(|(field, word)| {
        let Some(condition) = field.and_then(|field| field.condition.as_ref()) else { return true };
        condition.holds(&|test| test.operand.compares_text(test.comparison, word))
    })
}

/// What the word at a place, from 0 on, is called.
fn name(field: Option<&Field>, at: usize) -> String {
    field.and_then(|field| field.name.clone()).unwrap_or_else(|| format!("${}", at + 1))
}

impl Field {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Invalid> {
        let mut first = *cursor;
        let written = first.word().unwrap_or_default();
        let name = (!written.is_empty()).then(|| format!("${written}"));
        let is_name = written.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !is_name {
            return Err(Invalid);
        }
        let mut ahead = first;
        let is_compared = Comparison::parse(&mut ahead).is_some();
        if !is_compared {
            *cursor = first;
            return Ok(Self { name, condition: None });
        }
        let mut test = |cursor: &mut Cursor<'_>| Test::parse(cursor, written);
        let condition = Condition::parse(cursor, &mut test)?;
        Ok(Self { name, condition: Some(condition) })
    }
}

impl Test {
    /// `name = operand`, of this name.
    fn parse(cursor: &mut Cursor<'_>, name: &str) -> Result<Self, Invalid> {
        if cursor.word().unwrap_or_default() != name {
            return Err(Invalid);
        }
        let comparison = Comparison::parse(cursor).ok_or(Invalid)?;
        Ok(Self { comparison, operand: Operand::parse(cursor, comparison)? })
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
