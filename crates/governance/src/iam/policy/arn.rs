//! ARNs against patterns of ARNs, part by part (IAM reference_policies_elements_resource).

use super::context::{Key, Lookup};
use super::pattern::{Pattern, Wildcards};
use super::variable::{Case, Template, Variables};

/// The parts of an ARN; the last holds all colons that are left.
const PARTS: usize = 6;

/// Splits at colons, the last part taking the rest.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.splitn(PARTS, ':')
}

/// A text with the places where its parts begin, found once for all patterns.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArnText<'a> {
    text: &'a str,
    starts: [usize; PARTS],
    count: usize,
}

/// A pattern of ARNs. A wildcard stays within its part; in the last part, `*` is any text. Variables are found in the last part alone
/// (after the fifth colon).
#[derive(Clone, Debug)]
pub(super) enum ArnPattern {
    /// `*`
    Everything,
    /// No wildcard stands before the last of six parts, so that the text needs no splitting.
    Whole(Pattern),
    /// Part by part.
    Parts(Box<[Pattern]>, Template),
}

impl<'a> ArnText<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut starts = [0; PARTS];
        let mut count = 1;
        for at in memchr::memchr_iter(b':', text.as_bytes()).take(PARTS - 1) {
            starts[count] = at + 1;
            count += 1;
        }
        Self { text, starts, count }
    }

    /// The part at `index`, of those that have another behind them.
    fn part(&self, index: usize) -> &'a str {
        &self.text[self.starts[index]..self.starts[index + 1] - 1]
    }

    /// All text from the part at `index` on.
    fn from(&self, index: usize) -> &'a str {
        &self.text[self.starts[index]..]
    }
}

impl ArnPattern {
    pub(super) fn new(text: &str, variables: Variables) -> Self {
        let mut all: Vec<&str> = parts(text).collect();
        let last = all.pop().unwrap_or_default();
        let last = Template::new(last, variables, Wildcards::Matched);
        let before: Box<[_]> = all.iter().map(|part| Pattern::new(part, Wildcards::Matched)).collect();
        match &last {
            Template::Fixed(pattern) if before.is_empty() && pattern.is_everything() => Self::Everything,
            Template::Fixed(_) if variables == Variables::Replaced && text.contains("${") => {
                Self::Parts(before, last)
            }
            Template::Fixed(_) if before.len() == PARTS - 1 && before.iter().all(Pattern::is_literal) => {
                Self::Whole(Pattern::new(text, Wildcards::Matched))
            }
            _ => Self::Parts(before, last),
        }
    }

    /// Whether a resource is one of those meant. A pattern of fewer parts takes whatever is behind them.
    pub(super) fn matches(&self, arn: &ArnText<'_>, lookup: &dyn Lookup) -> bool {
        match self {
            Self::Everything => true,
            Self::Whole(pattern) => pattern.matches(arn.text),
            Self::Parts(before, last) => {
                before.len() < arn.count
                    && before.iter().enumerate().all(|(i, part)| part.matches(arn.part(i)))
                    && last.matches(arn.from(before.len()), Case::Kept, lookup)
            }
        }
    }

    /// Whether an ARN matches as `ArnLike` and `ArnEquals` mean it: all six parts of both, each against its own; `*` alone is any
    /// ARN.
    pub(super) fn matches_strictly(&self, arn: &ArnText<'_>, lookup: &dyn Lookup) -> bool {
        let six = match self {
            Self::Parts(before, _) => before.len() == PARTS - 1,
            Self::Everything | Self::Whole(_) => true,
        };
        six && arn.count == PARTS && self.matches(arn, lookup)
    }

    /// The context keys its variables are.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let last = match self {
            Self::Parts(_, last) => Some(last),
            Self::Everything | Self::Whole(_) => None,
        };
        last.into_iter().flat_map(Template::keys)
    }
}

#[cfg(test)]
mod tests {
    use super::{ArnPattern, ArnText};
    use crate::iam::policy::context::{ContextValue, Key, Lookup};
    use crate::iam::policy::variable::Variables;

    struct Nobody;

    impl Lookup for Nobody {
        fn value(&self, _key: &Key) -> Option<ContextValue<'_>> {
            None
        }
    }

    #[test]
    fn arns_match_part_by_part() {
        let orders = "arn:aws:kinesis:us-east-1:111111111111:stream/orders";
        let consumer = "arn:aws:kinesis:us-east-1:111111111111:stream/orders/consumer/c:1700000000";
        // Pattern, text, as a resource, as ArnLike.
        let cases = [
            ("*", orders, true, true),
            ("*", "*", true, false),
            ("arn:aws:kinesis:*:*:*", "*", false, false),
            (orders, orders, true, true),
            ("arn:aws:kinesis:us-east-1:111111111111:stream/*", orders, true, true),
            ("arn:aws:kinesis:us-east-1:111111111111:stream/*", consumer, true, true),
            ("arn:aws:kinesis:us-east-1:111111111111:stream/*/consumer/*:*", consumer, true, true),
            ("arn:aws:kinesis:us-east-1:*:stream/orders", orders, true, true),
            ("arn:aws:kinesis:us-east-?:*:stream/order?", orders, true, true),
            ("arn:aws:kinesis:*:stream/orders", orders, false, false),
            ("arn:aws:kinesis:*", orders, true, false),
            ("arn:aws:kin*", orders, true, false),
            ("arn:*", orders, true, false),
            ("arn:*", "arn", false, false),
            ("arn:aws:kinesis:*", "arn:aws:kinesis", false, false),
            ("arn:aws:kinesis:*", "arn:aws:kinesis:", true, false),
            ("*:*:*:*:*:*", "a:b:c:d:e", false, false),
            ("arn:aws:*:*:*:*", orders, true, true),
            ("arn:aws:kinesis:us-east-1:111111111111:Stream/orders", orders, false, false),
            ("arn:aws:kinesis:us-east-1:111111111111:stream/orders:*", orders, false, false),
            ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", true, true),
            ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a", false, false),
            (
                "arn:aws:kinesis:us-east-1:${*}:stream/x",
                "arn:aws:kinesis:us-east-1:${*}:stream/x",
                true,
                true,
            ),
            ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", true, true),
            ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", false, false),
        ];
        for (pattern, text, resource, strict) in cases {
            let compiled = ArnPattern::new(pattern, Variables::Replaced);
            let arn = ArnText::new(text);
            assert_eq!(compiled.matches(&arn, &Nobody), resource, "{pattern} {text}");
            assert_eq!(compiled.matches_strictly(&arn, &Nobody), strict, "{pattern} {text}");
        }
    }
}
