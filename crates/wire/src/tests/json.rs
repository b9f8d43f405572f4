use super::*;

fn read(body: &str) -> Result<(Shape, String), Malformed> {
    decode(Protocol::Json11, body.to_owned())
}

fn says(body: &str) -> Option<String> {
    read(body).expect_err(body).message.map(|message| message.into_owned())
}

/// The sentences of kinesalite, test/helpers.js `assertType`, recorded on AWS.
#[test]
fn a_value_of_the_wrong_type_is_refused_in_awss_words() {
    let number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to";
    let structure = "Start of structure or map found where not expected.";
    let list = "Start of list found where not expected";
    let cases: &[(&str, &[(&str, &str)])] = &[
        (
            "Name",
            &[
                ("true", "class java.lang.Boolean can not be converted to an String"),
                ("23", &format!("{number} an String")),
                ("-2147483648", &format!("{number} an String")),
                ("34.56", &format!("{number} an String")),
                ("[]", list),
                ("{}", structure),
            ],
        ),
        (
            "Count",
            &[
                ("\"23\"", "class java.lang.String can not be converted to an Integer"),
                ("true", "class java.lang.Boolean can not be converted to an Integer"),
                ("[]", list),
                ("{}", structure),
            ],
        ),
        (
            "Length",
            &[
                ("\"23\"", "class java.lang.String can not be converted to an Long"),
                ("true", "class java.lang.Boolean can not be converted to an Long"),
            ],
        ),
        (
            "On",
            &[
                ("\"23\"", "'23' can not be converted to an Boolean"),
                ("\"hello\"", "'HELLO' can not be converted to an Boolean"),
                ("23", &format!("{number} an Boolean")),
                ("[]", list),
                ("{}", structure),
            ],
        ),
        (
            "Data",
            &[
                ("true", "class java.lang.Boolean can not be converted to a Blob"),
                ("34.56", &format!("{number} a Blob")),
                ("[]", list),
                ("{}", structure),
                (
                    "\"23456\"",
                    "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5",
                ),
                ("\"=+/=\"", "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
                (
                    "\"+/+=\"",
                    "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
                ),
            ],
        ),
        (
            "At",
            &[
                ("\"23\"", "class java.lang.String can not be converted to milliseconds since epoch"),
                ("true", "class java.lang.Boolean can not be converted to milliseconds since epoch"),
                ("[]", list),
                ("{}", structure),
            ],
        ),
        (
            "Words",
            &[
                ("\"23\"", "Expected list or null"),
                ("true", "Expected list or null"),
                ("34.56", "Expected list or null"),
                ("{}", structure),
            ],
        ),
        ("Tags", &[("\"23\"", "Expected map or null"), ("23", "Expected map or null"), ("[]", list)]),
        ("Shapes", &[("[true]", "Expected null"), ("[\"23\"]", "Expected null"), ("[[]]", list)]),
    ];
    for (member, values) in cases {
        for (value, sentence) in *values {
            let body = format!("{{\"Name\":\"n\",\"{member}\":{value}}}");
            assert_eq!(says(&body).as_deref(), Some(*sentence), "{body}");
        }
    }
}

#[test]
fn unknown_members_and_nulls_count_as_absent() {
    let (shape, noted) = read(
        r#" { "Unknown" : [ {"a":[1,"\"]}"]} , null ] , "Data" : null , "Words":[null,"a",null],
            "Tags":{"a":null,"b":"c"}, "\u004eame" : "n" , "Shapes" : [ { "Name" : null } ] } "#,
    )
    .expect("legal");
    assert_eq!(shape.name, "n");
    assert_eq!(shape.data, None);
    assert_eq!(shape.words, Some(vec!["a".into()]));
    assert_eq!(shape.tags, Some(vec![("b".into(), "c".into())]));
    assert_eq!(
        noted,
        "1 validation error detected: Value null at 'shapes.1.member.name' failed to satisfy constraint: Member must not be null"
    );
}

/// kinesalite, validations/index.js `checkType`: fractions are cut off, and what is too great is held at the end.
#[test]
fn numbers_are_cut_to_their_type() {
    for (text, count, length) in [
        ("1", 1, 1),
        ("-0", 0, 0),
        ("34.56", 34, 34),
        ("1e3", 1_000, 1_000),
        ("2147483648", i32::MAX, 2_147_483_648),
        ("-2147483649", i32::MIN, -2_147_483_649),
        ("9223372036854775807", i32::MAX, i64::MAX),
        ("9223372036854775808", i32::MAX, i64::MAX),
        ("-1e400", i32::MIN, i64::MIN),
    ] {
        let (shape, _) = read(&format!("{{\"Name\":\"\",\"Count\":{text},\"Length\":{text}}}")).expect(text);
        assert_eq!((shape.count, shape.length), (Some(count), Some(length)), "{text}");
    }
}

#[test]
fn times_are_seconds_with_a_fraction() {
    for (text, ms) in
        [("1538492400.123", 1_538_492_400_123), ("1.5384924E9", 1_538_492_400_000), ("-0.5", -500), ("0", 0)]
    {
        let (shape, _) = read(&format!("{{\"Name\":\"\",\"At\":{text}}}")).expect(text);
        assert_eq!(shape.at, Some(Timestamp::from_millis(ms)), "{text}");
    }
}

#[test]
fn strings_without_escapes_are_slices_of_the_body_and_blobs_share_one_arena() {
    let body = Bytes::from_static(br#"{"Name":"plain","Words":["a\nb"],"Shapes":[{"Name":"x","Data":"AQID"},{"Name":"y","Data":"BAUG"}]}"#);
    let (shape, _) = decode(Protocol::Json11, body.clone()).expect("legal");
    assert!(body.as_ptr_range().contains(&shape.name.as_bytes().as_ptr()));
    let shapes = shape.shapes.expect("two");
    let blobs: Vec<&Bytes> = shapes.iter().filter_map(|s| s.data.as_ref()).collect();
    assert_eq!((&blobs[0][..], &blobs[1][..]), (&[1, 2, 3][..], &[4, 5, 6][..]));
    let apart = blobs[1].as_ptr() as usize - blobs[0].as_ptr() as usize;
    assert!(apart < body.len(), "both stand in one piece of memory");
    assert_eq!(shape.words, Some(vec!["a\nb".into()]));
}

#[test]
fn escapes_are_undone_and_half_a_surrogate_pair_is_refused() {
    for (escaped, plain) in [
        (r"\u00e4", "ä"),
        (r"\ud83d\ude00", "😀"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u0000", "\0"),
    ] {
        let (shape, _) = read(&format!("{{\"Name\":\"a{escaped}b\"}}")).expect(escaped);
        assert_eq!(shape.name, format!("a{plain}b"));
    }
    for escaped in [r"\ud83d", r"\ud83dx", r"\ud83d\u0041", r"\ude00"] {
        assert_eq!(says(&format!("{{\"Name\":\"{escaped}\"}}")), None, "{escaped}");
    }
    let (shape, _) = read(r#"{"Name":"","Data":"AQ\u003d\u003d"}"#).expect("escaped base64");
    assert_eq!(shape.data.as_deref(), Some(&[1][..]));
}

#[test]
fn what_is_written_is_plain_json() {
    let shape = Shape {
        name: "a\"\\\n\u{1}ä".into(),
        data: Some(Bytes::from_static(&[1, 2, 3, 4])),
        ratio: Some(1.5),
        at: Some(Timestamp::from_millis(1_538_492_400_120)),
        at_iso: Some(Timestamp::from_millis(0)),
        tags: Some(vec![("k".into(), "v".into())]),
        words: Some(vec!["a".into(), "b".into()]),
        shapes: Some(vec![]),
        shown: Some("123".into()),
        ..Shape::default()
    };
    let written = Protocol::Json11.encode(&shape, &ENVELOPE, BytesMut::new());
    assert_eq!(
        std::str::from_utf8(&written).expect("UTF-8"),
        r#"{"Name":"a\"\\\n\u0001ä","Data":"AQIDBA==","Ratio":1.5,"At":1538492400.12,"AtIso":"1970-01-01T00:00:00Z","Tags":{"k":"v"},"Words":["a","b"],"Shapes":[],"Shown":"123"}"#
    );
}

#[test]
fn well_formed_is_the_grammar_of_json() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let legal = [
        "{}",
        " [ ] ",
        r#"{"a":[1,-0,1.5e-3,2E+9,true,false,null,"",{"b":{}}],"c":"\u00e4\\"}"#,
        "[[],[[]],{}]",
        &deep(crate::DEPTH_MAX as usize),
    ];
    let illegal = [
        "",
        " ",
        "hello",
        "true",
        "null",
        "1",
        "\"a\"",
        "{",
        "}",
        "[",
        "{]",
        "[}",
        "{}x",
        "{}{}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "[01]",
        "[-]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[1e+]",
        "[+1]",
        "[nul]",
        "[tru]",
        "[NaN]",
        "['a']",
        "[\"a]",
        "[\"\\x\"]",
        "[\"\\u12g4\"]",
        "[\"\\u12\"]",
        "[\"\n\"]",
        "[\"\t\"]",
        "[\"\\\"]",
        "\u{feff}{}",
        "[1e",
        "[-",
        &deep(crate::DEPTH_MAX as usize + 1),
    ];
    for text in legal {
        assert_eq!(crate::json::well_formed(text.as_bytes()), Ok(()), "{text}");
    }
    for text in illegal {
        assert_eq!(crate::json::well_formed(text.as_bytes()), Err(Malformed::SYNTAX), "{text}");
    }
    assert_eq!(crate::json::well_formed(b"[\"\xff\"]"), Err(Malformed::SYNTAX));
    assert_eq!(
        crate::json::well_formed(b"[\"\xe4\\n\xb8\"]"),
        Err(Malformed::SYNTAX),
        "a character cut by an escape"
    );
}
