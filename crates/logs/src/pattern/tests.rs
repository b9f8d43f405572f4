use proptest::prelude::*;

use super::{Invalid, Pattern};

/// Which of these messages a pattern means.
fn meant<'a>(pattern: &str, messages: &[&'a str]) -> Vec<&'a str> {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|_| panic!("{pattern} is a pattern"));
    messages.iter().filter(|message| parsed.matches(message)).copied().collect()
}

const LINES: [&str; 6] = [
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
    "[ERROR 420] INVALID ARGUMENTS",
    "INTERNAL SERVER ERROR 500",
    "all is well",
];

#[test]
fn terms_must_all_be_there() {
    assert_eq!(meant("", &LINES), LINES);
    assert_eq!(meant("\" \"", &LINES), LINES);
    assert_eq!(meant("ERROR", &LINES), LINES[..5]);
    assert_eq!(meant("ERROR ARGUMENTS", &LINES), LINES[2..4]);
    assert_eq!(meant("error", &LINES), [""; 0]);
}

#[test]
fn one_optional_term_is_enough_and_beside_others_they_are_ignored() {
    assert_eq!(meant("?BAD ?MISSING", &LINES), [LINES[0], LINES[2]]);
    assert_eq!(meant("?well ERROR", &LINES), LINES[..5]);
}

#[test]
fn an_excluded_term_must_not_be_there() {
    assert_eq!(meant("ERROR -ARGUMENTS", &LINES), [LINES[0], LINES[1], LINES[4]]);
    assert_eq!(meant("-ERROR", &LINES), LINES[5..]);
    assert_eq!(meant("ERROR -\"SERVER ERROR\" -%4[12]%", &LINES), LINES[..2]);
}

#[test]
fn a_phrase_stands_in_quotes() {
    assert_eq!(meant("\"INTERNAL SERVER ERROR\"", &LINES), [LINES[4]]);
    assert_eq!(meant("\"[ERROR 4\"", &LINES), LINES[..4]);
    assert_eq!(meant(r#""say \"yes\"""#, &["say \"yes\"", "say yes"]), ["say \"yes\""]);
}

#[test]
fn a_regular_expression_stands_between_percent_signs() {
    assert_eq!(
        meant("%ERROR 4(0|1)%".replace(['(', ')'], "").as_str(), &["ERROR 40", "1", "ERROR 3"]),
        ["ERROR 40", "1"]
    );
    assert_eq!(meant(r"%\d{3}%", &LINES), LINES[..5]);
    assert_eq!(meant("%^all%", &LINES), LINES[5..]);
    for refused in ["%a(b)%", "%a!%", "%ü%", "%", "%%", "%[%", "%a{1000}{1000}{1000}%"] {
        assert_eq!(Pattern::parse(refused).err(), Some(Invalid), "{refused}");
    }
}

const EVENT: &str = r#"{
  "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
  "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null,
  "cluster.name": "c", "ThisFlag": true, "OtherFlag": false, "status": 404, "text": "12", "latency": 1.5e2, "n": -3
}"#;

#[test]
fn selectors_select_in_a_document() {
    for (pattern, expected) in [
        (r#"{ $.eventType = "UpdateTrail" }"#, true),
        (r#"{ $.eventType = "updateTrail" }"#, false),
        (r#"{$.eventType=UpdateTrail}"#, true),
        (r#"{ $.eventType = "Update*" }"#, true),
        (r#"{ $.eventType = *Trail }"#, true),
        (r#"{ $.eventType = * }"#, true),
        (r#"{ $.sourceIPAddress != 123.123.* }"#, true),
        (r#"{ $.sourceIPAddress != 111.111.* }"#, false),
        (r#"{ $.arrayKey[0] = "value" }"#, true),
        (r#"{ $.arrayKey[1] = "value" }"#, false),
        (r#"{ $.arrayKey[*] = "another value" }"#, true),
        (r#"{ $.objectList[1].id = 2 }"#, true),
        (r#"{ $.objectList[*].id = 3 }"#, false),
        (r#"{ $.SomeObject IS NULL }"#, true),
        (r#"{ $.eventType IS NULL }"#, false),
        (r#"{ $.SomeOtherObject NOT EXISTS }"#, true),
        (r#"{ $.SomeObject NOT EXISTS }"#, false),
        (r#"{ $.SomeObject EXISTS }"#, true),
        (r#"{ $.ThisFlag IS TRUE }"#, true),
        (r#"{ $.OtherFlag is true }"#, false),
        (r#"{ $.OtherFlag IS FALSE }"#, true),
        (r#"{ $.status >= 400 && $.status < 500 }"#, true),
        (r#"{ $.status = 4* }"#, true),
        (r#"{ $.latency = 150 }"#, true),
        (r#"{ $.latency <= 1.5e2 }"#, true),
        (r#"{ $.n = -3 }"#, true),
        (r#"{ $.n > -3 }"#, false),
        (r#"{ $.missing != "a" }"#, false),
        (r#"{ $.eventType = %Trail$% }"#, true),
        (r#"{ $.eventType != %Trail$% }"#, false),
        (r#"{ $.['cluster.name'] = "c" }"#, true),
        (r#"{ $['cluster.name'] = "c" }"#, true),
        (r#"{ $.status = 1 || $.status = 404 && $.ThisFlag IS FALSE }"#, false),
        (r#"{ ($.status = 404 || $.status = 1) && $.ThisFlag IS TRUE }"#, true),
        (r#"{ $.status = 404 || ($.status = 1 && $.ThisFlag IS FALSE) }"#, true),
    ] {
        assert_eq!(Pattern::parse(pattern).map(|p| p.matches(EVENT)), Ok(expected), "{pattern}");
    }
}

impl PartialEq for Pattern {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

#[test]
fn what_is_no_document_matches_no_selector() {
    let pattern = Pattern::parse("{ $.a NOT EXISTS }").unwrap();
    assert_eq!(
        ["{}", "[1]", "plain", "{broken", ""].map(|m| pattern.matches(m)),
        [true, true, false, false, false]
    );
}

const ACCESS: [&str; 3] = [
    r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#,
    r#"127.0.0.1 Prod frank [10/Oct/2000:13:35:22 -0700] "GET /about.html HTTP/1.0" 500 5324"#,
    r#"127.0.0.1 Prod frank [10/Oct/2000:13:50:35 -0700] "GET /contact.html HTTP/1.0" 200 4355"#,
];

#[test]
fn words_of_a_line_are_fields() {
    let whole = "[ip, server, username, timestamp, request, status_code, bytes]";
    assert_eq!(meant(whole, &ACCESS), ACCESS);
    assert_eq!(meant("[ip, server]", &ACCESS), [""; 0]);
    assert_eq!(
        meant("[ip, server, username, timestamp, request, status_code=4*, bytes]", &ACCESS),
        ACCESS[..1]
    );
    assert_eq!(meant("[ip, ..., status_code = 4* || status_code = 5*, bytes]", &ACCESS), ACCESS[..2]);
    assert_eq!(meant("[..., bytes > 4000 && bytes < 5000]", &ACCESS), ACCESS[2..]);
    assert_eq!(meant("[..., request = %about|contact%, status_code, bytes]", &ACCESS), ACCESS[1..]);
    assert_eq!(meant("[ip = 127.0.0.1, user, ...]", &ACCESS), ACCESS);
    let beside = "[ip, server, username, timestamp, request, status_code = 4* && bytes > 1000]";
    assert_eq!(meant(beside, &ACCESS), ACCESS[..1]);
    assert_eq!(meant("[ip, ..., status_code = 200 || bytes > 5000]", &ACCESS), ACCESS[1..]);
    assert_eq!(meant("[ip, ..., status_code, bytes > 1000 && ip = 127.*]", &ACCESS), ACCESS);
    assert_eq!(meant("[ip, ..., status_code, bytes > 1000 && ip = 128.*]", &ACCESS), [""; 0]);
    assert_eq!(meant("[..., status_code != 200, bytes]", &ACCESS), ACCESS[..2]);
    assert_eq!(
        meant("[w1=ERROR, ...]", &["ERROR here", "[ERROR] there", "none"]),
        ["ERROR here", "[ERROR] there"]
    );
}

#[test]
fn names_stand_for_values() {
    let fields = Pattern::parse("[ip, ..., status_code = 4*, bytes]").unwrap();
    let found = fields.extract(ACCESS[0]).unwrap();
    let shown: Vec<String> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let gap = ["$2=Prod", "$3=frank", "$4=10/Oct/2000:13:25:15 -0700", "$5=GET /index.html HTTP/1.0"];
    let expected = [&["$ip=127.0.0.1"][..], &gap, &["$status_code=404", "$bytes=1534"]].concat();
    assert_eq!(shown, expected);
    assert_eq!(fields.value("$5", ACCESS[0]).as_deref(), Some("GET /index.html HTTP/1.0"));
    assert_eq!(fields.value("$1", ACCESS[0]), None, "it is called $ip");
    assert_eq!(fields.extract(ACCESS[1]), None);
    assert_eq!(fields.value("$bytes", ACCESS[0]).as_deref(), Some("1534"));

    let json = Pattern::parse("{ $.status > 400 && $.objectList[1].id = 2 && $.none NOT EXISTS }").unwrap();
    let expected =
        [("$.status", "404"), ("$.objectList[1].id", "2")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(json.extract(EVENT).unwrap(), expected);
    assert_eq!(json.value("$.latency", EVENT).as_deref(), Some("150.0"));
    assert_eq!(json.value("$.none", EVENT), None);
    assert_eq!(Pattern::parse("ERROR").unwrap().extract(LINES[0]), Some(Vec::new()));
}

/// The examples of LOGS API TestMetricFilter, with the names that words have.
#[test]
fn words_without_a_name_are_called_by_their_place() {
    let line = r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    for (pattern, expected) in [
        ("[]", "$1 $2 $3 $4 $5 $6 $7"),
        ("[..., size]", "$1 $2 $3 $4 $5 $6 $size"),
        ("[..., status_code=404, size]", "$1 $2 $3 $4 $5 $status_code $size"),
        ("[..., request=*.html*, status_code=4*,]", "$1 $2 $3 $4 $request $status_code $7"),
        (
            "[ip, identity, user_id, timestamp, request, status_code, size]",
            "$ip $identity $user_id $timestamp $request $status_code $size",
        ),
    ] {
        let found = Pattern::parse(pattern).unwrap().extract(line).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{pattern}");
    }
    assert_eq!(meant("[]", &["", "any line"]), ["", "any line"]);
}

/// The examples of LOGS FilterAndPatternSyntax on conditions that are put together, and on what a selector does not select.
#[test]
fn conditions_are_put_together_as_in_the_manual() {
    let document = r#"{
      "user": {"id": 1, "email": "John.Stiles@example.com"},
      "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
      "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]], "latency": 1200
    }"#;
    for (pattern, expected) in [
        (r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, true),
        (r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#, false),
        (
            r#"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }"#,
            true,
        ),
        (
            r#"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }"#,
            false,
        ),
        ("{ $.coordinates[1][2] = 6 }", true),
        ("{ $.actions = 1 }", false),
        ("{ $.actions != 1 }", false),
        ("{ $.user != 1 }", false),
        ("{ $.latency > +1000 }", true),
        ("{ $.latency < 10e3 }", true),
        ("{ $.latency < 10e-3 }", false),
        ("{ $.latency <= 1200.5 }", true),
    ] {
        assert_eq!(Pattern::parse(pattern).map(|p| p.matches(document)), Ok(expected), "{pattern}");
    }
    let lines = ["ERROR WARN message", "ERROR message", "WARN message"];
    assert_eq!(meant("ERROR", &lines), lines[..2]);
    assert_eq!(meant("?ERROR ?WARN", &lines), lines);
    assert_eq!(meant("ERROR WARN", &lines), lines[..1]);
    assert_eq!(meant("ERROR -WARN", &lines), lines[1..2]);
    assert_eq!(meant("[w1=ERROR, w2]", &lines), lines[1..2]);
    assert_eq!(meant("[w1=ERROR || w1=WARN, w2]", &lines), lines[1..]);
    assert_eq!(meant("[..., w1!=ERROR&&w1!=WARN, w2]", &lines), [""; 0]);
}

#[test]
fn what_is_no_pattern_is_refused() {
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(40), ")".repeat(40));
    for refused in [
        "a.b",
        "\"open",
        "-",
        "?",
        "{",
        "{ }",
        "{ $ = 1 }",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a > \"x\" }",
        "{ $.a = 1",
        "{ $.a = 1 } more",
        "{ $.a[x] = 1 }",
        "{ $.a IS MAYBE }",
        "{ $.a NOT THERE }",
        "{ $.a = 1 && }",
        "[",
        "[a",
        "[a, ..., b, ...]",
        "[a = ]",
        "[a = 1 && = 2]",
        "[a] more",
        "[a.b]",
        &deep,
    ] {
        assert_eq!(Pattern::parse(refused).err(), Some(Invalid), "{refused}");
    }
    let nine = "%a% ".repeat(9);
    assert_eq!(Pattern::parse(&nine).err(), Some(Invalid));
}

proptest! {
    #[test]
    fn no_text_and_no_message_brings_it_down(text in ".{0,80}", message in ".{0,80}") {
        for text in [text.clone(), format!("{{ $.{text} }}"), format!("[{text}]")] {
            if let Ok(pattern) = Pattern::parse(&text) {
                prop_assert_eq!(pattern.extract(&message).is_some(), pattern.matches(&message));
            }
        }
    }
}
