//! `[ip, user, ..., status = 4*, bytes > 1000 && bytes < 2000]`

use super::compare::{Comparison, Condition, Operand, REGEXES_MAX};
use super::cursor::Cursor;
use super::{Extracted, Invalid};

/// Most words of a line that are looked at.
const WORDS_MAX: usize = 1024;

/// Conditions on a line's words.
#[derive(Debug)]
pub(crate) struct Fields {
    fields: Vec<Field>,
    /// How many of them stand before `...`, if it stands there.
    before_gap: Option<usize>,
}

#[derive(Debug)]
struct Field {
    /// As it is named, with `$` before it; by its place if it has no name.
    name: String,
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
        loop {
            if cursor.take("...") {
                if fields.before_gap.replace(fields.fields.len()).is_some() {
                    return Err(Invalid);
                }
            } else {
                let place = fields.fields.len() + 1;
                fields.fields.push(Field::parse(&mut cursor, place)?);
            }
            if !cursor.take(",") {
                break;
            }
        }
        let whole = cursor.take("]") && cursor.is_done();
        if whole && fields.regexes() <= REGEXES_MAX { Ok(fields) } else { Err(Invalid) }
    }

    pub fn matches(&self, message: &str) -> bool {
        self.words(message).is_some_and(|words| self.holds(&words))
    }

    pub fn extract(&self, message: &str) -> Option<Extracted> {
        let words = self.words(message).filter(|words| self.holds(words))?;
        let named = self.fields.iter().zip(words);
        Some(named.map(|(field, word)| (field.name.clone(), word.to_owned())).collect())
    }

    pub fn value(&self, name: &str, message: &str) -> Option<String> {
        let place = self.fields.iter().position(|field| field.name == name)?;
        self.words(message)?.get(place).map(|word| (*word).to_owned())
    }

    pub fn regexes(&self) -> usize {
        let mut count = 0;
        for condition in self.fields.iter().filter_map(|field| field.condition.as_ref()) {
            condition.each(&mut |test| count += usize::from(test.operand.is_regex()));
        }
        count
    }

    fn holds(&self, words: &[&str]) -> bool {
        self.fields.iter().zip(words).all(|(field, word)| {
            let Some(condition) = &field.condition else { return true };
            condition.holds(&|test| test.operand.compares_text(test.comparison, word))
        })
    }

    /// The words that stand for the fields; none if the line has too few or too many.
    fn words<'a>(&self, message: &'a str) -> Option<Vec<&'a str>> {
        let mut words = split(message);
        match self.before_gap {
            None => (words.len() == self.fields.len()).then_some(words),
            Some(before) => {
                let left_out = words.len().checked_sub(self.fields.len())?;
                words.drain(before..before + left_out);
                Some(words)
            }
        }
    }
}

impl Field {
    fn parse(cursor: &mut Cursor<'_>, place: usize) -> Result<Self, Invalid> {
        let mut first = *cursor;
        let written = first.word().unwrap_or_default();
        let name = if written.is_empty() { format!("${place}") } else { format!("${written}") };
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
