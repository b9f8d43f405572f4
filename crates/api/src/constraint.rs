//! Lengths, ranges and patterns of the models, and AWS's sentences about them.

use std::fmt;
use std::sync::OnceLock;

use anabranch_wire::{Path, Violations};
use bytes::Bytes;
use bytestring::ByteString;
use regex::Regex;

use crate::shown::{Show, Shown};

/// A string's constraint. Lengths count characters.
pub(crate) struct Text {
    pub length: Length,
    pub pattern: Option<Pattern>,
    /// Whether AWS leaves the value out of its sentences.
    pub sensitive: bool,
}

/// A least and a greatest length.
#[derive(Clone, Copy)]
pub(crate) struct Length {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// What a whole string must match.
pub(crate) struct Pattern {
    /// As the model has it, and as AWS's sentence quotes it.
    text: &'static str,
    /// For the patterns that are checked per record.
    by_hand: Option<fn(&str) -> bool>,
    /// In the engine's syntax, anchored.
    translated: &'static str,
    compiled: OnceLock<Regex>,
}

/// A blob's constraint. AWS never shows a blob.
pub(crate) struct Blob {
    pub length: Length,
}

/// A list's or a map's constraint.
pub(crate) struct Count {
    pub length: Length,
}

/// An integer's constraint.
pub(crate) struct Range {
    pub min: Option<i64>,
    pub max: Option<i64>,
}

/// A real number's constraint.
pub(crate) struct Real {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl Pattern {
    /// A pattern with a matcher of our own.
    pub(crate) const fn by_hand(text: &'static str, matcher: fn(&str) -> bool) -> Self {
        Self { text, by_hand: Some(matcher), translated: "", compiled: OnceLock::new() }
    }

    /// A pattern for the engine, which is linear in the text. The generator has compiled it once.
    pub(crate) const fn regex(text: &'static str, translated: &'static str) -> Self {
        Self { text, by_hand: None, translated, compiled: OnceLock::new() }
    }

    fn is_match(&self, text: &str) -> bool {
        match self.by_hand {
            Some(matcher) => matcher(text),
            None => {
                let compile =
                    || Regex::new(self.translated).expect("the generator has compiled every pattern");
                self.compiled.get_or_init(compile).is_match(text)
            }
        }
    }
}

impl Length {
    /// Calls `broken` with each sentence that a length of `len` deserves.
    fn check(self, len: u64, mut broken: impl FnMut(fmt::Arguments<'_>)) {
        if let Some(max) = self.max.filter(|max| len > *max) {
            broken(format_args!("Member must have length less than or equal to {max}"));
        }
        if let Some(min) = self.min.filter(|min| len < *min) {
            broken(format_args!("Member must have length greater than or equal to {min}"));
        }
    }

    /// Whether a string of `bytes` bytes has a legal number of characters, whatever they are.
    fn admits_any_of(self, bytes: u64) -> bool {
        self.max.is_none_or(|max| bytes <= max) && self.min.is_none_or(|min| bytes.div_ceil(4) >= min)
    }
}

impl Text {
    /// Notes what `value` breaks.
    pub(crate) fn check(&self, value: &str, at: &Path<'_>, violations: &mut Violations) {
        if !self.length.admits_any_of(value.len() as u64) {
            let characters = value.chars().count() as u64;
            self.length.check(characters, |sentence| self.note(value, at, violations, sentence));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|p| !p.is_match(value)) {
            let sentence = format_args!("Member must satisfy regular expression pattern: {}", pattern.text);
            self.note(value, at, violations, sentence);
        }
    }

    fn note(&self, value: &str, at: &Path<'_>, violations: &mut Violations, sentence: fmt::Arguments<'_>) {
        if self.sensitive {
            violations.note_unshown(at, sentence);
        } else {
            violations.note(at, Some(&value), sentence);
        }
    }

    fn admits(&self, value: &str) -> bool {
        let mut admitted = true;
        if !self.length.admits_any_of(value.len() as u64) {
            self.length.check(value.chars().count() as u64, |_| admitted = false);
        }
        admitted && self.pattern.as_ref().is_none_or(|p| p.is_match(value))
    }

    /// Notes, with one sentence about the whole list, that an element breaks the constraint.
    pub(crate) fn check_elements(&self, all: &Vec<ByteString>, at: &Path<'_>, violations: &mut Violations) {
        if !all.iter().all(|value| self.admits(value)) {
            violations.note(at, Some(&Show(all)), format_args!("Member must satisfy constraint: [{self}]"));
        }
    }

    /// The same about the keys of a map.
    pub(crate) fn check_keys<T>(&self, all: &Vec<(ByteString, T)>, at: &Path<'_>, violations: &mut Violations)
    where
        Vec<(ByteString, T)>: Shown,
    {
        if !all.iter().all(|(key, _)| self.admits(key)) {
            violations.note(at, Some(&Show(all)), format_args!("Map keys must satisfy constraint: [{self}]"));
        }
    }

    /// The same about the values of a map.
    pub(crate) fn check_values(
        &self,
        all: &Vec<(ByteString, ByteString)>,
        at: &Path<'_>,
        violations: &mut Violations,
    ) {
        if !all.iter().all(|(_, value)| self.admits(value)) {
            violations.note(
                at,
                Some(&Show(all)),
                format_args!("Map value must satisfy constraint: [{self}]"),
            );
        }
    }
}

impl fmt::Display for Text {
    /// Every sentence of the constraint, as AWS lists them about elements.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = self.length.max.map(|n| format!("Member must have length less than or equal to {n}"));
        let min = self.length.min.map(|n| format!("Member must have length greater than or equal to {n}"));
        let pattern = self
            .pattern
            .as_ref()
            .map(|p| format!("Member must satisfy regular expression pattern: {}", p.text));
        let all: Vec<String> = [max, min, pattern].into_iter().flatten().collect();
        f.write_str(&all.join(", "))
    }
}

impl Blob {
    /// Notes what `value` breaks.
    pub(crate) fn check(&self, value: &Bytes, at: &Path<'_>, violations: &mut Violations) {
        self.length.check(value.len() as u64, |sentence| violations.note_unshown(at, sentence));
    }
}

impl Count {
    /// Notes when there are too many or too few.
    pub(crate) fn check<T>(&self, all: &Vec<T>, at: &Path<'_>, violations: &mut Violations)
    where
        Vec<T>: Shown,
    {
        self.length.check(all.len() as u64, |sentence| violations.note(at, Some(&Show(all)), sentence));
    }
}

impl Range {
    /// Notes what `value` breaks.
    pub(crate) fn check(&self, value: i64, at: &Path<'_>, violations: &mut Violations) {
        check_bounds(value, self.min, self.max, at, violations);
    }
}

impl Real {
    /// Notes what `value` breaks.
    pub(crate) fn check(&self, value: f64, at: &Path<'_>, violations: &mut Violations) {
        check_bounds(value, self.min, self.max, at, violations);
    }
}

fn check_bounds<N: PartialOrd + fmt::Display>(
    value: N,
    min: Option<N>,
    max: Option<N>,
    at: &Path<'_>,
    violations: &mut Violations,
) {
    if let Some(max) = max.filter(|max| value > *max) {
        let sentence = format_args!("Member must have value less than or equal to {max}");
        violations.note(at, Some(&value), sentence);
    }
    if let Some(min) = min.filter(|min| value < *min) {
        let sentence = format_args!("Member must have value greater than or equal to {min}");
        violations.note(at, Some(&value), sentence);
    }
}

/// `[a-zA-Z0-9_.-]+`
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// `^(0|([1-9]\d{0,38}))$`
pub(crate) fn is_number_of_39_digits(text: &str) -> bool {
    is_number(text, 39)
}

/// `^(0|([1-9]\d{0,128}))$`
pub(crate) fn is_number_of_129_digits(text: &str) -> bool {
    is_number(text, 129)
}

/// `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`
pub(crate) fn is_account_alias(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let hyphens_apart = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
    (3..=63).contains(&text.len()) && letters && hyphens_apart
}

fn is_number(text: &str, digits_max: usize) -> bool {
    let digits = (1..=digits_max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}
