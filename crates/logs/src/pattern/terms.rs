//! `ERROR -debug "exact phrase" ?this ?that %regex%`

use regex::Regex;

use super::Invalid;
use super::compare::{REGEXES_MAX, compile};
use super::cursor::Cursor;

/// Words and phrases that an event has, or has not.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    required: Vec<Term>,
    excluded: Vec<Term>,
    /// One of them is enough; ignored beside others (LOGS FilterAndPatternSyntax).
    optional: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(String),
    Matching(Regex),
}

impl Terms {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut cursor = Cursor::new(text);
        let mut terms = Terms::default();
        while !cursor.is_done() {
            let kind = if cursor.take("?") {
                &mut terms.optional
            } else if cursor.take("-") {
                &mut terms.excluded
            } else {
                &mut terms.required
            };
            kind.push(Term::parse(&mut cursor)?);
        }
        if terms.regexes() > REGEXES_MAX { Err(Invalid) } else { Ok(terms) }
    }

    pub fn matches(&self, message: &str) -> bool {
        let has = |term: &Term| term.is_in(message);
        if self.excluded.iter().any(has) {
            return false;
        }
        if self.required.is_empty() && self.excluded.is_empty() && !self.optional.is_empty() {
            return self.optional.iter().any(has);
        }
        self.required.iter().all(has)
    }

    pub fn regexes(&self) -> usize {
        let all = self.required.iter().chain(&self.excluded).chain(&self.optional);
        all.filter(|term| matches!(term, Term::Matching(_))).count()
    }
}

impl Term {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Invalid> {
        if let Some(quoted) = cursor.quoted()? {
            return Ok(Term::Text(quoted));
        }
        if let Some(source) = cursor.regex()? {
            return compile(source).map(Term::Matching);
        }
        let word = cursor.until_space();
        // What is not a letter, a digit or an underscore stands in quotes (LOGS FilterAndPatternSyntax).
        let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_word { Ok(Term::Text(word.to_owned())) } else { Err(Invalid) }
    }

    fn is_in(&self, message: &str) -> bool {
        match self {
            Term::Text(text) => message.contains(text.as_str()),
            Term::Matching(regex) => regex.is_match(message),
        }
    }
}
