//! The filter pattern language (LOGS FilterAndPatternSyntax): terms, JSON selectors, space-delimited fields.
//!
//! [`Pattern`] is the whole of it: parsed once, bounded by the text it was made of, and linear in what it looks at.

mod compare;
mod cursor;
mod fields;
mod json;
mod terms;

/// A filter pattern.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// Words and phrases in a line of text.
    Terms(terms::Terms),
    /// Conditions on the members of a JSON document.
    Json(json::Json),
    /// Conditions on the words of a line.
    Fields(fields::Fields),
}

/// The text is no filter pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

/// What a pattern's names stand for in an event: `$.a` or `$name` with its value.
pub(crate) type Extracted = Vec<(String, String)>;

impl Pattern {
    /// Reads a pattern; an empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        match text.as_bytes().first() {
            Some(b'{') => json::Json::parse(text).map(Pattern::Json),
            Some(b'[') => fields::Fields::parse(text).map(Pattern::Fields),
            _ => terms::Terms::parse(text).map(Pattern::Terms),
        }
    }

    /// Whether an event's message is meant.
    pub fn matches(&self, message: &str) -> bool {
        match self {
            Pattern::Terms(terms) => terms.matches(message),
            Pattern::Json(json) => json.matches(message),
            Pattern::Fields(fields) => fields.matches(message),
        }
    }

    /// What the pattern's names stand for, if the message is meant.
    pub fn extract(&self, message: &str) -> Option<Extracted> {
        match self {
            Pattern::Terms(terms) => terms.matches(message).then(Extracted::new),
            Pattern::Json(json) => json.extract(message),
            Pattern::Fields(fields) => fields.extract(message),
        }
    }

    /// The value behind `$.a.b` or `$name` in a message; also of a name that no condition has.
    pub fn value(&self, name: &str, message: &str) -> Option<String> {
        match self {
            Pattern::Terms(_) => None,
            Pattern::Json(_) => json::value(name, message),
            Pattern::Fields(fields) => fields.value(name, message),
        }
    }

    /// How many regular expressions it has.
    pub fn regexes(&self) -> usize {
        match self {
            Pattern::Terms(terms) => terms.regexes(),
            Pattern::Json(json) => json.regexes(),
            Pattern::Fields(fields) => fields.regexes(),
        }
    }

    /// Whether the pattern names what it looks at, so that a value can be taken from it.
    pub fn has_names(&self) -> bool {
        !matches!(self, Pattern::Terms(_))
    }
}

#[cfg(test)]
mod tests;
