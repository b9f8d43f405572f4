use std::cmp::Ordering;

/// An operator with what stands before and behind its name (IAM reference_policies_elements_condition_operators).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::iam::policy) struct Operator {
    pub(super) test: TestKind,
    /// Whether the condition holds where no value passes the test.
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    pub(super) quantifier: Option<Quantifier>,
}

/// How the values of a key of many are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    All,
    Any,
}

/// How a value of the request is compared with one of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::iam::policy) enum TestKind {
    Text,
    TextIgnoringCase,
    TextLike,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Arn,
    Null,
}

/// What the comparison of two ordered values has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::iam::policy) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether `ordering` says so.
    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Operator {
    /// The operator of this name, in whatever case; `Null` takes no `IfExists`.
    pub(in crate::iam::policy) fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            None => (None, &*name),
            Some(("forallvalues", name)) => (Some(Quantifier::All), name),
            Some(("foranyvalue", name)) => (Some(Quantifier::Any), name),
            Some(_) => return None,
        };
        let (if_exists, name) = name.strip_suffix("ifexists").map_or((false, name), |name| (true, name));
        let (test, negated) = named(name)?;
        if test == TestKind::Null && if_exists {
            return None;
        }
        Some(Self { test, negated, if_exists, quantifier })
    }

    /// How a value is compared.
    pub(in crate::iam::policy) fn test(&self) -> TestKind {
        self.test
    }
}

/// The comparison of this name, and whether it is a negated one.
fn named(name: &str) -> Option<(TestKind, bool)> {
    let found = match name {
        "stringequals" => (TestKind::Text, false),
        "stringnotequals" => (TestKind::Text, true),
        "stringequalsignorecase" => (TestKind::TextIgnoringCase, false),
        "stringnotequalsignorecase" => (TestKind::TextIgnoringCase, true),
        "stringlike" => (TestKind::TextLike, false),
        "stringnotlike" => (TestKind::TextLike, true),
        "bool" => (TestKind::Bool, false),
        "binaryequals" => (TestKind::Binary, false),
        "ipaddress" => (TestKind::Address, false),
        "notipaddress" => (TestKind::Address, true),
        "arnequals" | "arnlike" => (TestKind::Arn, false),
        "arnnotequals" | "arnnotlike" => (TestKind::Arn, true),
        "null" => (TestKind::Null, false),
        _ => match (name.strip_prefix("numeric"), name.strip_prefix("date")) {
            (Some(order), _) => ordered(order).map(|(order, negated)| (TestKind::Number(order), negated))?,
            (_, Some(order)) => ordered(order).map(|(order, negated)| (TestKind::Date(order), negated))?,
            (None, None) => return None,
        },
    };
    Some(found)
}

fn ordered(name: &str) -> Option<(Order, bool)> {
    let order = match name {
        "equals" => Order::Equal,
        "notequals" => return Some((Order::Equal, true)),
        "lessthan" => Order::Less,
        "lessthanequals" => Order::LessOrEqual,
        "greaterthan" => Order::Greater,
        "greaterthanequals" => Order::GreaterOrEqual,
        _ => return None,
    };
    Some((order, false))
}

#[cfg(test)]
mod tests {
    use super::Operator;

    #[test]
    fn operators_have_these_names() {
        let known = [
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
            "Bool",
            "BinaryEquals",
            "IpAddress",
            "NotIpAddress",
            "ArnEquals",
            "ArnNotEquals",
            "ArnLike",
            "ArnNotLike",
        ];
        for name in known {
            for written in [
                name.to_owned(),
                format!("{name}IfExists"),
                format!("ForAllValues:{name}"),
                name.to_lowercase(),
            ] {
                assert!(Operator::parse(&written).is_some(), "{written}");
            }
            assert!(Operator::parse(&format!("ForAnyValue:{name}IfExists")).is_some_and(|o| o.if_exists));
        }
        assert!(Operator::parse("Null").is_some());
        let unknown = [
            "",
            "x",
            "NullIfExists",
            "ForAnyValue::StringEquals",
            "ForSomeValues:Bool",
            "DateLike",
            "BoolNot",
            "Numeric",
        ];
        for name in unknown {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
