use anabranch_api::dynamodb::{
    AttributeAction, AttributeValue, AttributeValueUpdate, ComparisonOperator, ConditionalOperator,
    ExpectedAttributeValue,
};

use super::{expected, updates};
use crate::number::Number;
use crate::value::{Attributes, Value};

fn text(text: &str) -> AttributeValue {
    AttributeValue { s: Some(text.into()), ..AttributeValue::default() }
}

fn number(text: &str) -> AttributeValue {
    AttributeValue { n: Some(text.into()), ..AttributeValue::default() }
}

fn n(text: &str) -> Value {
    Value::N(Number::parse(text).unwrap())
}

fn item() -> Attributes {
    [
        ("s".into(), Value::S("hello".into())),
        ("n".into(), n("5")),
        ("set".into(), Value::Ns([Number::parse("1").unwrap()].into())),
        ("nil".into(), Value::Null),
    ]
    .into()
}

fn compare(operator: ComparisonOperator, operands: Vec<AttributeValue>) -> ExpectedAttributeValue {
    ExpectedAttributeValue {
        comparison_operator: Some(operator),
        attribute_value_list: Some(operands),
        ..ExpectedAttributeValue::default()
    }
}

fn exists(exists: Option<bool>, value: Option<AttributeValue>) -> ExpectedAttributeValue {
    ExpectedAttributeValue { exists, value, ..ExpectedAttributeValue::default() }
}

#[test]
fn what_is_expected_holds_or_does_not() {
    use ComparisonOperator as Op;
    let cases = [
        ("none", exists(Some(false), None), true),
        ("s", exists(Some(false), None), false),
        ("s", exists(None, Some(text("hello"))), true),
        ("n", exists(Some(true), Some(number("5.0"))), true),
        ("none", exists(None, Some(text("x"))), false),
        ("none", compare(Op::Ne, vec![text("x")]), true),
        ("none", compare(Op::NotContains, vec![text("x")]), false),
        ("s", compare(Op::NotContains, vec![text("x")]), true),
        ("s", compare(Op::Contains, vec![text("ell")]), true),
        ("set", compare(Op::Contains, vec![number("1.0")]), true),
        ("nil", compare(Op::NotNull, vec![]), true),
        ("none", compare(Op::Null, vec![]), true),
        ("n", compare(Op::Lt, vec![text("9")]), false),
        ("n", compare(Op::Between, vec![number("1"), number("5")]), true),
        ("n", compare(Op::In, vec![number("4"), number("5")]), true),
        ("set", compare(Op::In, vec![number("1")]), false),
        ("n", compare(Op::BeginsWith, vec![text("5")]), false),
    ];
    for (name, given, holds) in cases {
        let shown = format!("{name} {given:?}");
        let condition = expected(Some(&[(name.into(), given)]), None).unwrap().unwrap();
        assert_eq!(condition.holds(&item()), holds, "{shown}");
    }
}

#[test]
fn several_must_all_hold_unless_one_is_enough() {
    let given =
        [("s".into(), exists(None, Some(text("hello")))), ("n".into(), exists(None, Some(number("6"))))];
    for (operator, holds) in
        [(None, false), (Some(ConditionalOperator::And), false), (Some(ConditionalOperator::Or), true)]
    {
        assert_eq!(expected(Some(&given), operator).unwrap().unwrap().holds(&item()), holds);
    }
    assert_eq!(expected(Some(&[]), None), Ok(None));
    let refused = expected(None, Some(ConditionalOperator::Or)).expect_err("nothing to join").to_string();
    assert_eq!(refused, "ValidationException: ConditionalOperator cannot be used without Expected");
}

#[test]
fn what_cannot_be_expected_is_refused_for_its_reason() {
    use ComparisonOperator as Op;
    let both = ExpectedAttributeValue { value: Some(text("x")), ..compare(Op::Eq, vec![text("x")]) };
    let cases = [
        (exists(Some(true), None), "Value must be provided when Exists is true for Attribute: a"),
        (exists(Some(false), Some(text("x"))), "Value cannot be used when Exists is false for Attribute: a"),
        (both, "Value cannot be used when ComparisonOperator is specified for Attribute: a"),
        (compare(Op::Eq, vec![]), "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (compare(Op::Null, vec![text("x")]), "Invalid number of argument(s) for the NULL ComparisonOperator"),
        (compare(Op::In, vec![]), "Invalid number of argument(s) for the IN ComparisonOperator"),
        (
            compare(Op::BeginsWith, vec![number("1")]),
            "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
        ),
        (
            compare(Op::In, vec![number("1"), text("1")]),
            "AttributeValues inside AttributeValueList must be of same type",
        ),
    ];
    for (given, sentence) in cases {
        let refused = expected(Some(&[("a".into(), given)]), None).expect_err(sentence).to_string();
        assert_eq!(
            refused,
            format!("ValidationException: One or more parameter values were invalid: {sentence}")
        );
    }
}

fn change(action: Option<AttributeAction>, value: Option<AttributeValue>) -> AttributeValueUpdate {
    AttributeValueUpdate { action, value }
}

#[test]
fn updates_change_attribute_by_attribute() {
    use AttributeAction as Do;
    let list = |values: Vec<AttributeValue>| AttributeValue { l: Some(values), ..AttributeValue::default() };
    let set = |values: &[&str]| AttributeValue {
        ns: Some(values.iter().map(|v| (*v).into()).collect()),
        ..AttributeValue::default()
    };
    let cases = [
        ("n", change(None, Some(text("new"))), Some(Value::S("new".into()))),
        ("n", change(Some(Do::Add), Some(number("-7"))), Some(n("-2"))),
        ("none", change(Some(Do::Add), Some(number("3"))), Some(n("3"))),
        ("n", change(Some(Do::Delete), None), None),
        (
            "set",
            change(Some(Do::Add), Some(set(&["2"]))),
            Some(Value::Ns([Number::parse("1").unwrap(), Number::parse("2").unwrap()].into())),
        ),
        ("set", change(Some(Do::Delete), Some(set(&["1"]))), None),
        ("none", change(Some(Do::Add), Some(list(vec![number("1")]))), Some(Value::L(vec![n("1")]))),
    ];
    for (name, given, after) in cases {
        let changed = updates(&[(name.into(), given)]).unwrap().apply(&item()).unwrap();
        assert_eq!(changed.get(name), after.as_ref(), "{name}");
    }
    let mismatch = updates(&[("s".into(), change(Some(Do::Add), Some(number("1"))))]).unwrap();
    let refused = mismatch.apply(&item()).expect_err("a text is no number").to_string();
    assert_eq!(refused, "ValidationException: Type mismatch for attribute to update");
    let refused =
        updates(&[("a".into(), change(Some(Do::Put), None))]).expect_err("nothing to put").to_string();
    assert_eq!(
        refused,
        "ValidationException: One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"
    );
}
