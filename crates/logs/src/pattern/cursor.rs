//! A place in a pattern's text.

use super::Invalid;

/// What ends a word that stands without quotes, besides white space.
const WORD_ENDS: &[char] = &[',', ')', '(', '}', ']', '[', '"', '=', '!', '<', '>', '|', '&'];

/// What is left to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Takes this sign, behind white space, if it stands here.
    pub fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(rest) = rest.strip_prefix(sign) else { return false };
        self.rest = rest;
        true
    }

    /// Takes this word, whatever its case, if it stands here alone.
    pub fn take_word(&mut self, expected: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.word().is_some_and(|word| word.eq_ignore_ascii_case(expected));
        if found {
            *self = ahead;
        }
        found
    }

    /// Text between quotation marks, in which a backslash takes the next character as it is; none if none begins here.
    pub fn quoted(&mut self) -> Result<Option<String>, Invalid> {
        let rest = self.rest.trim_start();
        let Some(inner) = rest.strip_prefix('"') else { return Ok(None) };
        let (mut text, mut escaped) = (String::new(), false);
        for (at, c) in inner.char_indices() {
            match c {
                '"' if !escaped => {
                    self.rest = &inner[at + 1..];
                    return Ok(Some(text));
                }
                '\\' if !escaped => escaped = true,
                c => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        Err(Invalid)
    }

    /// What stands between percent signs; none if none begins here.
    pub fn regex(&mut self) -> Result<Option<&'a str>, Invalid> {
        let rest = self.rest.trim_start();
        let Some(inner) = rest.strip_prefix('%') else { return Ok(None) };
        let (source, rest) = inner.split_once('%').ok_or(Invalid)?;
        self.rest = rest;
        if source.is_empty() { Err(Invalid) } else { Ok(Some(source)) }
    }

    /// A word up to white space or a sign.
    pub fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || WORD_ENDS.contains(&c)).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    /// Up to white space.
    pub fn until_space(&mut self) -> &'a str {
        let rest = self.rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (taken, rest) = rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The characters for which this holds, from here on.
    pub fn while_chars(&mut self, holds: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !holds(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes this character if it stands right here.
    pub fn take_here(&mut self, c: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(c) else { return false };
        self.rest = rest;
        true
    }

    /// Whether this character stands right here.
    pub fn peeks(&self, c: char) -> bool {
        self.rest.starts_with(c)
    }

    /// Whether nothing but white space is left.
    pub fn is_done(&self) -> bool {
        self.rest.trim_start().is_empty()
    }
}
