use std::fmt;

/// Where in a request a value stands: a chain of borrowed links, so that walking a document costs nothing and the words are only
/// put together when something is wrong there.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The request itself.
    Root,
    /// A member of a structure, by the model's name.
    Member(&'a Path<'a>, &'static str),
    /// An element of a list, from 0 here and from 1 in AWS's words.
    Element(&'a Path<'a>, usize),
    /// The value of a map under a key.
    Value(&'a Path<'a>, &'a str),
    /// A key of a map.
    Key(&'a Path<'a>),
}

/// What a request breaks of its model, in AWS's words.
///
/// AWS reports at most ten, joined by `; ` after `N validation error(s) detected: ` (facts recorded by kinesalite).
#[derive(Clone, Debug, Default)]
pub struct Violations {
    sentences: Vec<String>,
    count: usize,
    /// Where the required members are absent that have a sentence: at most [`VIOLATIONS_MAX`].
    missing: Vec<String>,
}

/// AWS prints at most this many violations of one request.
pub const VIOLATIONS_MAX: usize = 10;

impl Violations {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Notes that the value at `at`, shown as Java's `toString` shows it, fails `constraint`:
    /// ``Value 'x' at 'records.1.member.data' failed to satisfy constraint: Member must …``.
    pub fn note(&mut self, at: &Path<'_>, value: Option<&dyn fmt::Display>, constraint: fmt::Arguments<'_>) {
        match value {
            Some(value) => self.push(
                at,
                format_args!("Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"),
            ),
            None => {
                self.push(at, format_args!("Value null at '{at}' failed to satisfy constraint: {constraint}"))
            }
        }
    }

    /// Notes that the value at `at`, which AWS does not show (a blob, a secret), fails `constraint`:
    /// `Value at 'records.1.member.data' failed to satisfy constraint: Member must …` (amazon-kinesis-producer#680).
    pub fn note_unshown(&mut self, at: &Path<'_>, constraint: fmt::Arguments<'_>) {
        self.push(at, format_args!("Value at '{at}' failed to satisfy constraint: {constraint}"));
    }

    /// Notes that a required member is absent. Of the placeholder that stands there nothing else is said.
    pub fn note_missing(&mut self, at: &Path<'_>) {
        self.note(at, None, format_args!("Member must not be null"));
        if self.sentences.len() < VIOLATIONS_MAX {
            self.missing.push(at.to_string());
        }
    }

    fn push(&mut self, at: &Path<'_>, sentence: fmt::Arguments<'_>) {
        if !self.missing.is_empty() && self.is_placeholder(&at.to_string()) {
            return;
        }
        self.count += 1;
        if self.sentences.len() < VIOLATIONS_MAX {
            self.sentences.push(sentence.to_string());
        }
    }

    /// Whether what stands at `at` was made up here, in place of an absent member.
    fn is_placeholder(&self, at: &str) -> bool {
        self.missing.iter().any(|missing| {
            at.strip_prefix(missing.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.sentences.len();
        let plural = if shown == 1 { "" } else { "s" };
        write!(f, "{shown} validation error{plural} detected: {}", self.sentences.join("; "))
    }
}

impl fmt::Display for Path<'_> {
    /// `records.1.member.data`: member names in lower camel case, positions from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = |f: &mut fmt::Formatter<'_>, parent: &Path<'_>| match parent {
            Path::Root => Ok(()),
            _ => write!(f, "{parent}."),
        };
        match self {
            Path::Root => Ok(()),
            Path::Member(parent, name) => {
                step(f, parent)?;
                write_lower_camel(f, name)
            }
            Path::Element(parent, index) => {
                step(f, parent)?;
                write!(f, "{}.member", index + 1)
            }
            Path::Value(parent, key) => {
                step(f, parent)?;
                write!(f, "{key}.member")
            }
            Path::Key(parent) => write!(f, "{parent}"),
        }
    }
}

/// `StreamName` → `streamName`, `StreamARN` → `streamARN`, `ARN` → `aRN`: AWS lowers the first letter only.
fn write_lower_camel(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let mut chars = name.chars();
    if let Some(first) = chars.next() {
        write!(f, "{}", first.to_ascii_lowercase())?;
    }
    f.write_str(chars.as_str())
}
