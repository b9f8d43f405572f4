use StateValue::{Alarm, InsufficientData, Ok as Okay};

use super::*;

/// a is in ALARM, o in OK, i in INSUFFICIENT_DATA, and there is no other.
fn state_of(alarm: &str) -> Option<StateValue> {
    match alarm {
        "a" | "with space" | "q\"uote" | "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a" => Some(Alarm),
        "o" => Some(Okay),
        "i" => Some(InsufficientData),
        _ => None,
    }
}

#[test]
fn rules_hold_as_they_read() {
    let cases = [
        ("TRUE", true),
        ("FALSE", false),
        ("ALARM(a)", true),
        ("ALARM(o)", false),
        ("OK(o) AND INSUFFICIENT_DATA(i)", true),
        ("ALARM(\"with space\")", true),
        (r#"ALARM("q\"uote")"#, true),
        ("ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:a)", true),
        ("ALARM( a ) AND NOT ALARM(o)", true),
        ("NOT NOT ALARM(a)", true),
        ("FALSE AND FALSE OR TRUE", true),
        ("FALSE AND (FALSE OR TRUE)", false),
        ("TRUE OR TRUE AND FALSE", true),
        ("NOT (ALARM(a) AND ALARM(o))", true),
        ("AT_LEAST(2, ALARM, (a, o, i))", false),
        ("AT_LEAST(1, ALARM, (a, o, i))", true),
        ("AT_LEAST(34%, ALARM, (a, o, i))", false),
        ("AT_LEAST(33%, ALARM, (a, o, i))", true),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).unwrap().holds(&state_of), expected, "{text}");
    }
}

#[test]
fn a_rule_names_its_alarms() {
    let rule = parse("ALARM(a) AND (OK(\"b c\") OR NOT ALARM(a)) OR AT_LEAST(1, OK, (d))").unwrap();
    assert_eq!(rule.alarms(), ["a", "b c", "a", "d"]);
}

#[test]
fn what_is_no_rule_is_refused_with_its_place() {
    let cases = [
        ("", "expected ALARM, OK, INSUFFICIENT_DATA, NOT, TRUE or FALSE at position 0"),
        ("ALARM", "expected an opening parenthesis at position 5"),
        ("ALARM()", "expected the name or ARN of an alarm at position 6"),
        ("ALARM(a", "expected a closing parenthesis at position 7"),
        ("ALARM(a) ALARM(b)", "expected AND, OR or the end at position 9"),
        ("ALARM(a) AND", "expected ALARM, OK, INSUFFICIENT_DATA, NOT, TRUE or FALSE at position 12"),
        ("(TRUE", "expected a closing parenthesis at position 5"),
        ("alarm(a)", "expected ALARM, OK, INSUFFICIENT_DATA, NOT, TRUE or FALSE at position 0"),
        ("ALARM(\"a)", "the string at position 6 has no end"),
        ("AT_LEAST(4, ALARM, (a, b))", "expected how many of the alarms at position 9"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn what_is_too_deep_or_too_long_is_refused_without_harm() {
    let deep = |n| format!("{}TRUE{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(50)).is_ok());
    assert_eq!(parse(&deep(51)), Err(Invalid::Depth));
    assert_eq!(parse(&"(".repeat(10_240)), Err(Invalid::Depth));
    assert_eq!(parse(&"TRUE AND ".repeat(251)), Err(Invalid::Elements));
    assert!(parse(&"NOT ".repeat(2000)).is_err());
}
