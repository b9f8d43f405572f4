//! Policy variables (IAM reference_policies_variables).

use super::context::{ContextValue, Key, Lookup};
use super::pattern::{Pattern, Symbols, Wildcards};

/// A text of a policy that may hold variables. A variable's value is always literal: a `*` in it is a star.
#[derive(Clone, Debug)]
pub(super) enum Template {
    /// No variable is in it.
    Fixed(Pattern),
    /// Put together for each request.
    Variable(Box<[Piece]>),
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Box<str>, Wildcards),
    Value { key: Key, default: Option<Box<str>> },
}

/// Whether `${…}` is a variable: in documents of 2012-10-17 alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variables {
    /// They are replaced.
    Replaced,
    /// They are text.
    Literal,
}

/// Whether letters of different case are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Kept,
    Ignored,
}

impl Template {
    /// The template that `text` is. What only looks like a variable (no closing brace, a default without quotes) is text.
    pub(super) fn new(text: &str, variables: Variables, wildcards: Wildcards) -> Self {
        if variables == Variables::Literal || !text.contains("${") {
            return Self::Fixed(Pattern::new(text, wildcards));
        }
        let pieces = pieces(text, wildcards);
        if pieces.iter().any(|piece| matches!(piece, Piece::Value { .. })) {
            return Self::Variable(pieces.into());
        }
        let mut symbols = Symbols::default();
        for piece in &pieces {
            if let Piece::Text(text, wildcards) = piece {
                symbols.push(text, *wildcards);
            }
        }
        Self::Fixed(Pattern::from(symbols))
    }

    /// Whether the whole of `text` matches; nothing does where a variable has neither value nor default. With [`Case::Ignored`] the
    /// caller gives text and template in lower case.
    pub(super) fn matches(&self, text: &str, case: Case, lookup: &dyn Lookup) -> bool {
        match self {
            Self::Fixed(pattern) => pattern.matches(text),
            Self::Variable(pieces) => {
                resolve(pieces, case, lookup).is_some_and(|symbols| symbols.matches(text))
            }
        }
    }

    /// The context keys its variables are.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let pieces: &[Piece] = match self {
            Self::Fixed(_) => &[],
            Self::Variable(pieces) => pieces,
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Value { key, .. } => Some(key),
            Piece::Text(..) => None,
        })
    }
}

/// A key of many values cannot be a variable (IAM reference_policies_condition-single-vs-multi-valued-context-keys).
fn resolve(pieces: &[Piece], case: Case, lookup: &dyn Lookup) -> Option<Symbols> {
    let mut symbols = Symbols::default();
    for piece in pieces {
        match piece {
            Piece::Text(text, wildcards) => symbols.push(text, *wildcards),
            Piece::Value { key, default } => match (lookup.value(key), default) {
                (Some(ContextValue::One(value)), _) if case == Case::Ignored => {
                    symbols.push(&value.to_lowercase(), Wildcards::Literal);
                }
                (Some(ContextValue::One(value)), _) => symbols.push(&value, Wildcards::Literal),
                (_, Some(default)) => symbols.push(default, Wildcards::Literal),
                (_, None) => return None,
            },
        }
    }
    Some(symbols)
}

fn pieces(text: &str, wildcards: Wildcards) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, inside) = (&rest[..at], &rest[at + 2..]);
        let (piece, behind) = match variable(inside) {
            Some(found) => found,
            None => (Piece::Text("${".into(), Wildcards::Literal), inside),
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.into(), wildcards));
        }
        pieces.push(piece);
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.into(), wildcards));
    }
    pieces
}

/// The variable whose `${` has been read, and what is behind its brace.
fn variable(text: &str) -> Option<(Piece, &str)> {
    let end = text.find(['}', ','])?;
    let (name, rest) = (text[..end].trim(), &text[end + 1..]);
    if name.is_empty() {
        return None;
    }
    if text.as_bytes()[end] == b',' {
        let (default, rest) = rest.trim_start().strip_prefix('\'')?.split_once('\'')?;
        let rest = rest.trim_start().strip_prefix('}')?;
        return Some((Piece::Value { key: Key::new(name), default: Some(default.into()) }, rest));
    }
    let piece = match name {
        "*" | "?" | "$" => Piece::Text(name.into(), Wildcards::Literal),
        name => Piece::Value { key: Key::new(name), default: None },
    };
    Some((piece, rest))
}

#[cfg(test)]
mod tests {
    use super::{Case, Template, Variables};
    use crate::iam::policy::context::{ContextValue, Key, Lookup};
    use crate::iam::policy::pattern::Wildcards;

    struct Alice;

    impl Lookup for Alice {
        fn value(&self, key: &Key) -> Option<ContextValue<'_>> {
            match &*key.lower {
                "aws:username" => Some(ContextValue::One("Alice".into())),
                "aws:principaltag/star" => Some(ContextValue::One("a*".into())),
                "aws:tagkeys" => Some(ContextValue::Many(vec!["a".into()])),
                _ => None,
            }
        }
    }

    #[test]
    fn variables_are_replaced_as_the_table_says() {
        let cases = [
            ("user/${aws:username}", "user/Alice", true),
            ("user/${AWS:UserName}/*", "user/Alice/x", true),
            ("user/${aws:username}", "user/Bob", false),
            ("${aws:PrincipalTag/star}", "a*", true),
            ("${aws:PrincipalTag/star}", "ab", false),
            ("${aws:PrincipalTag/star}*", "a*b", true),
            ("${aws:PrincipalTag/none}", "", false),
            ("${aws:PrincipalTag/none}", "${aws:PrincipalTag/none}", false),
            ("${aws:PrincipalTag/none, 'all'}/x", "all/x", true),
            ("${aws:PrincipalTag/none,'all'}", "all", true),
            ("${aws:PrincipalTag/none, '*'}", "*", true),
            ("${aws:PrincipalTag/none, '*'}", "x", false),
            ("${aws:PrincipalTag/none, ''}", "", true),
            ("${aws:PrincipalTag/none, 'a}b'}", "a}b", true),
            ("${aws:username, 'x'}", "Alice", true),
            ("${aws:TagKeys}", "a", false),
            ("${aws:TagKeys, 'x'}", "x", true),
            ("${*}", "*", true),
            ("${*}", "x", false),
            ("${?}${$}", "?$", true),
            ("a${*}*", "a*bc", true),
            ("${$}{aws:username}", "${aws:username}", true),
            ("${aws:username", "${aws:username", true),
            ("${aws:username, all}", "${aws:username, all}", true),
            ("${}", "${}", true),
        ];
        for (template, text, expected) in cases {
            let template = Template::new(template, Variables::Replaced, Wildcards::Matched);
            assert_eq!(template.matches(text, Case::Kept, &Alice), expected, "{template:?} {text}");
        }
    }

    #[test]
    fn an_older_document_has_no_variables() {
        let template = Template::new("${aws:username}", Variables::Literal, Wildcards::Literal);
        assert!(template.matches("${aws:username}", Case::Kept, &Alice));
        assert_eq!(template.keys().count(), 0);
    }

    #[test]
    fn values_follow_where_case_is_ignored() {
        let template = Template::new("x-${aws:username}", Variables::Replaced, Wildcards::Literal);
        assert!(template.matches("x-alice", Case::Ignored, &Alice));
        assert_eq!(template.keys().map(|key| &*key.name).collect::<Vec<_>>(), ["aws:username"]);
    }
}
