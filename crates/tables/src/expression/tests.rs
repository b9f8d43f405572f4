use anabranch_api::dynamodb::{AttributeValue, Error};
use bytestring::ByteString;

use super::{Placeholders, condition, projection, update};
use crate::errors::Place;
use crate::number::Number;
use crate::value::{Attributes, Blob, Value};

fn n(text: &str) -> Value {
    Value::N(Number::parse(text).unwrap())
}

fn s(text: &str) -> Value {
    Value::S(text.into())
}

/// What every condition here is asked of.
fn item() -> Attributes {
    let map = [("k".into(), s("v")), ("a.b".into(), n("3"))].into();
    [
        ("s".into(), s("hello")),
        ("n".into(), n("5")),
        ("b".into(), Value::B(vec![1, 2, 3])),
        ("members".into(), Value::Ss(["x".into(), "y".into()].into())),
        ("blobs".into(), Value::Bs([Blob(vec![1])].into())),
        ("l".into(), Value::L(vec![n("1"), s("two")])),
        ("m".into(), Value::M(map)),
        ("nil".into(), Value::Null),
        ("yes".into(), Value::Bool(true)),
    ]
    .into()
}

fn given() -> Placeholders {
    let text = |text: &str| AttributeValue { s: Some(text.into()), ..AttributeValue::default() };
    let number = |text: &str| AttributeValue { n: Some(text.into()), ..AttributeValue::default() };
    let values: Vec<(ByteString, AttributeValue)> = vec![
        (":hello".into(), text("hello")),
        (":he".into(), text("he")),
        (":x".into(), text("x")),
        (":two".into(), text("two")),
        (":S".into(), text("S")),
        (":ZZ".into(), text("ZZ")),
        (":one".into(), number("1")),
        (":five".into(), number("5.0")),
        (":nine".into(), number("9")),
        (":t".into(), AttributeValue { bool: Some(true), ..AttributeValue::default() }),
        (":l".into(), AttributeValue { l: Some(Vec::new()), ..AttributeValue::default() }),
    ];
    let names: Vec<(ByteString, ByteString)> =
        vec![("#ab".into(), "a.b".into()), ("#m".into(), "m".into()), ("#status".into(), "status".into())];
    Placeholders::new(Some(&names), Some(&values), &[(Place::Condition, true)]).unwrap()
}

fn sentence(error: Error) -> String {
    let text = error.to_string();
    text.strip_prefix("ValidationException: ").unwrap_or(&text).to_owned()
}

#[test]
fn conditions_hold_or_do_not() {
    let cases = [
        ("s = :hello", true),
        ("n = :five", true),
        (":five = n", true),
        ("n <> :five", false),
        ("n < :nine and n >= :one", true),
        ("s < :nine", false),
        ("gone = :one", false),
        ("gone <> :one", true),
        ("gone < :one", false),
        ("not gone < :one", true),
        ("NOT n = :five OR s = :hello AND yes = :t", true),
        ("(NOT n = :five OR s = :hello) AND yes <> :t", false),
        ("n BETWEEN :one AND :nine", true),
        ("n between :five and :five", true),
        ("n BETWEEN :nine AND :nine", false),
        ("n IN (:one, :five)", true),
        ("s IN (:he)", false),
        ("attribute_exists(nil)", true),
        ("attribute_exists(m.k)", true),
        ("attribute_exists(m.gone)", false),
        ("attribute_not_exists(l[2])", true),
        ("attribute_type(s, :S)", true),
        ("attribute_type(n, :S)", false),
        ("begins_with(s, :he)", true),
        ("begins_with(n, :he)", false),
        ("contains(s, :he)", true),
        ("contains(members, :x)", true),
        ("contains(l, :two)", true),
        ("contains(l, :one)", true),
        ("contains(n, :one)", false),
        ("size(s) = :five", true),
        ("size(l) < :nine", true),
        ("size(n) < :nine", false),
        ("#m.#ab < :five", true),
        ("l[1] = :two", true),
        ("l[0] = l[1]", false),
    ];
    for (source, expected) in cases {
        let condition = condition(Place::Condition, source, &given());
        assert_eq!(
            condition.unwrap_or_else(|e| panic!("{source}: {e}")).holds(&item()),
            expected,
            "{source}"
        );
    }
}

#[test]
fn conditions_that_cannot_be_read_are_refused_for_their_reason() {
    let deep = format!("{}s = :x{}", "(NOT ".repeat(70), ")".repeat(70));
    let long = format!("s = :x{}", " ".repeat(4096));
    let many = vec!["s = :x"; 200].join(" OR ");
    let cases = [
        (" ", "The expression can not be empty;"),
        (long.as_str(), "Expression size has exceeded the maximum allowed size;"),
        ("INVALID SYNTAX", "Syntax error; token: \"SYNTAX\", near: \"INVALID SYNTAX\""),
        ("s = ", "Syntax error; token: \"<EOF>\", near: \"=\""),
        ("s = :x)", "Syntax error; token: \")\", near: \":x)\""),
        ("s ! :x", "Syntax error; token: \"!\", near: \"s ! :x\""),
        (
            "s = :none",
            "An expression attribute value used in expression is not defined; attribute value: :none",
        ),
        (
            "#none = :x",
            "An expression attribute name used in the document path is not defined; attribute name: #none",
        ),
        ("status = :x", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("((s = :x))", "The expression has redundant parentheses;"),
        ("frob(s)", "Invalid function name; function: frob"),
        ("size(s)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "if_not_exists(s, :x)",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "attribute_exists(:x)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_type(s, :ZZ)",
            "Invalid attribute type name found; type: ZZ, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "begins_with(s, :one)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "s < :t",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "n BETWEEN :nine AND :one",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound;",
        ),
        (
            "s = s",
            "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [s]",
        ),
        (
            "contains(s)",
            "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1",
        ),
        (deep.as_str(), "The expression has too many levels of nesting;"),
        (many.as_str(), "The expression contains too many operators;"),
    ];
    for (source, expected) in cases {
        let error = condition(Place::Condition, source, &given()).expect_err(source);
        assert_eq!(sentence(error), format!("Invalid ConditionExpression: {expected}"), "{source}");
    }
}

#[test]
fn updates_that_cannot_be_read_are_refused_for_their_reason() {
    let cases = [
        ("INVALID SYNTAX", "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\""),
        ("SET s = :x SET n = :x", "The \"SET\" section can only be used once in an update expression;"),
        (
            "SET #m = :x, m.k = :x",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, k]",
        ),
        (
            "SET m.k = :x REMOVE m[0]",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, k], path two: [m, [0]]",
        ),
        ("ADD n :x", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
        (
            "DELETE members :one",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER",
        ),
        (
            "SET n = n + :x",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "SET l = list_append(l, :x)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
        ),
        ("SET n = size(n)", "The function is not allowed in an update expression; function: size"),
        (
            "SET n = if_not_exists(:x, :x)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET n = if_not_exists(m.k, m.k)",
            "The first operand must be distinct from the remaining operands for this operator or function; operator: if_not_exists, first operand: [m, k]",
        ),
        ("SET n", "Syntax error; token: \"<EOF>\", near: \"n\""),
    ];
    for (source, expected) in cases {
        let error = update(source, &given()).expect_err(source);
        assert_eq!(sentence(error), format!("Invalid UpdateExpression: {expected}"), "{source}");
    }
}

#[test]
fn a_projection_keeps_each_path_in_its_frame() {
    let paths = projection("m.k, l[1], gone, s, l[7]", &given()).unwrap();
    let part = crate::path::project(&item(), &paths);
    let expected: Attributes = [
        ("m".into(), Value::M([("k".into(), s("v"))].into())),
        ("l".into(), Value::L(vec![s("two")])),
        ("s".into(), s("hello")),
    ]
    .into();
    assert_eq!(part, expected);
    let error = projection("m, m.k", &given()).expect_err("overlap");
    assert!(sentence(error).starts_with("Invalid ProjectionExpression: Two document paths overlap"));
}

#[test]
fn placeholders_must_be_used() {
    let given = given();
    condition(Place::Condition, "s = :x", &given).unwrap();
    let unused = sentence(given.all_used().expect_err("most are unused"));
    assert_eq!(
        unused,
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#ab, #m, #status}"
    );
    let values: Vec<(ByteString, AttributeValue)> = vec![(":x".into(), AttributeValue::default())];
    let refused = Placeholders::new(None, Some(&values), &[(Place::Condition, false)]).err().map(sentence);
    let expected =
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null";
    assert_eq!(refused.as_deref(), Some(expected));
}
