//! What a value is compared with: text with wildcards, a number, a regular expression; and conditions put together of such.

use regex::Regex;

use super::Invalid;
use super::cursor::Cursor;

/// Most regular expressions of one pattern (LOGS FilterAndPatternSyntaxForMetricFilters: two for JSON and delimited patterns of filters that are
/// kept; a search may have more, and this many bound what it costs).
pub(super) const REGEXES_MAX: usize = 8;
/// What one compiled regular expression may take in memory.
const REGEX_BYTES_MAX: usize = 1 << 20;
/// How deep parentheses may stand in each other.
const DEPTH_MAX: usize = 32;
/// Besides letters and digits, what a regular expression may hold (LOGS FilterAndPatternSyntax, "Supported regular expressions").
const REGEX_SYMBOLS: &str = ":_#=@/;,- ^$?[]{}|\\*+.";

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// With what.
#[derive(Debug)]
pub(super) enum Operand {
    /// In quotes, or no number.
    Text(Glob),
    /// Digits without quotes.
    Number { value: f64, text: Glob },
    /// Between percent signs.
    Matching(Regex),
}

/// Conditions that are put together.
#[derive(Debug)]
pub(super) enum Condition<Leaf> {
    All(Vec<Condition<Leaf>>),
    Any(Vec<Condition<Leaf>>),
    One(Leaf),
}

/// Text in which `*` stands for anything.
#[derive(Debug)]
pub(super) struct Glob {
    /// What stands between the stars.
    parts: Vec<String>,
}

impl<Leaf> Condition<Leaf> {
    /// Reads conditions with `&&`, `||` and parentheses; `&&` binds closer.
    pub fn parse(
        cursor: &mut Cursor<'_>,
        leaf: &mut impl FnMut(&mut Cursor<'_>) -> Result<Leaf, Invalid>,
    ) -> Result<Self, Invalid> {
        Self::any(cursor, leaf, 0)
    }

    fn any(
        cursor: &mut Cursor<'_>,
        leaf: &mut impl FnMut(&mut Cursor<'_>) -> Result<Leaf, Invalid>,
        depth: usize,
    ) -> Result<Self, Invalid> {
        let mut alternatives = vec![Self::all(cursor, leaf, depth)?];
        while cursor.take("||") {
            alternatives.push(Self::all(cursor, leaf, depth)?);
        }
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Condition::Any(alternatives) })
    }

    fn all(
        cursor: &mut Cursor<'_>,
        leaf: &mut impl FnMut(&mut Cursor<'_>) -> Result<Leaf, Invalid>,
        depth: usize,
    ) -> Result<Self, Invalid> {
        let mut demands = vec![Self::one(cursor, leaf, depth)?];
        while cursor.take("&&") {
            demands.push(Self::one(cursor, leaf, depth)?);
        }
        Ok(if demands.len() == 1 { demands.remove(0) } else { Condition::All(demands) })
    }

    fn one(
        cursor: &mut Cursor<'_>,
        leaf: &mut impl FnMut(&mut Cursor<'_>) -> Result<Leaf, Invalid>,
        depth: usize,
    ) -> Result<Self, Invalid> {
        if !cursor.take("(") {
            return leaf(cursor).map(Condition::One);
        }
        if depth == DEPTH_MAX {
            return Err(Invalid);
        }
        let inner = Self::any(cursor, leaf, depth + 1)?;
        if cursor.take(")") { Ok(inner) } else { Err(Invalid) }
    }

    /// Whether it holds, given what its leaves do.
    pub fn holds(&self, leaf: &impl Fn(&Leaf) -> bool) -> bool {
        match self {
            Condition::All(demands) => demands.iter().all(|demand| demand.holds(leaf)),
            Condition::Any(alternatives) => alternatives.iter().any(|one| one.holds(leaf)),
            Condition::One(one) => leaf(one),
        }
    }

    /// Calls `each` with every leaf, from left to right.
    pub fn each<'a>(&'a self, each: &mut impl FnMut(&'a Leaf)) {
        match self {
            Condition::All(several) | Condition::Any(several) => {
                several.iter().for_each(|one| one.each(each))
            }
            Condition::One(leaf) => each(leaf),
        }
    }
}

impl Comparison {
    /// Reads `=`, `!=`, `<`, `<=`, `>` or `>=`.
    pub fn parse(cursor: &mut Cursor<'_>) -> Option<Self> {
        let known = [
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        known.into_iter().find(|(sign, _)| cursor.take(sign)).map(|(_, comparison)| comparison)
    }

    fn of_numbers(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
        }
    }

    fn of_equality(self, equal: bool) -> bool {
        match self {
            Comparison::Equal => equal,
            Comparison::NotEqual => !equal,
            _ => false,
        }
    }

    /// Whether it is of text as of numbers.
    fn is_equality(self) -> bool {
        matches!(self, Comparison::Equal | Comparison::NotEqual)
    }
}

impl Operand {
    /// Reads what a comparison is with: `"text"`, `%regex%`, or a word up to a character that ends it. Order is of numbers alone.
    pub fn parse(cursor: &mut Cursor<'_>, comparison: Comparison) -> Result<Self, Invalid> {
        let operand = if let Some(quoted) = cursor.quoted()? {
            Operand::Text(Glob::new(&quoted))
        } else if let Some(source) = cursor.regex()? {
            Operand::Matching(compile(source)?)
        } else {
            let word = cursor.word().ok_or(Invalid)?;
            match word.parse::<f64>() {
                Ok(value) if value.is_finite() => Operand::Number { value, text: Glob::new(word) },
                _ => Operand::Text(Glob::new(word)),
            }
        };
        let is_number = matches!(operand, Operand::Number { .. });
        if comparison.is_equality() || is_number { Ok(operand) } else { Err(Invalid) }
    }

    /// Whether text compares so with it; text that is a number compares as one.
    pub fn compares_text(&self, comparison: Comparison, text: &str) -> bool {
        match self {
            Operand::Text(glob) => comparison.of_equality(glob.matches(text)),
            Operand::Matching(regex) => comparison.of_equality(regex.is_match(text)),
            Operand::Number { value, text: glob } => match text.parse::<f64>() {
                Ok(number) => comparison.of_numbers(number, *value),
                Err(_) => comparison.of_equality(glob.matches(text)),
            },
        }
    }

    /// Whether a number compares so with it.
    pub fn compares_number(&self, comparison: Comparison, number: f64, written: &str) -> bool {
        match self {
            Operand::Number { value, .. } => comparison.of_numbers(number, *value),
            Operand::Text(glob) => comparison.of_equality(glob.matches(written)),
            Operand::Matching(regex) => comparison.of_equality(regex.is_match(written)),
        }
    }

    pub fn is_regex(&self) -> bool {
        matches!(self, Operand::Matching(_))
    }
}

impl Glob {
    pub fn new(text: &str) -> Self {
        Self { parts: text.split('*').map(str::to_owned).collect() }
    }

    /// Whether all of the text is meant. Each part is looked for once, from where the one before it ended.
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

/// Compiles a regular expression of AWS's subset, which has no groups: what matches takes time linear in the text.
pub(super) fn compile(source: &str) -> Result<Regex, Invalid> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || REGEX_SYMBOLS.contains(c);
    let mut escaped = false;
    for c in source.chars() {
        // Behind a backslash stands any symbol, as itself.
        if !(allowed(c) || escaped && c.is_ascii_punctuation()) {
            return Err(Invalid);
        }
        escaped = c == '\\' && !escaped;
    }
    regex::RegexBuilder::new(source).size_limit(REGEX_BYTES_MAX).build().map_err(|_| Invalid)
}
