use http::{HeaderMap, HeaderValue};

use super::*;

fn written(protocol: Protocol, shape: &Shape) -> Vec<u8> {
    protocol.encode(shape, &ENVELOPE, BytesMut::new()).to_vec()
}

/// What the SDK for Java writes through Jackson: indefinite maps, and tag 1 with milliseconds.
#[test]
fn cbor_as_the_sdk_for_java_writes_it_is_read() {
    let body = b"\xbf\x64Name\x7f\x61a\x61b\xff\x64Data\x5f\x41\x01\x42\x02\x03\xff\x62At\xc1\x1b\x00\x00\x01\x66\x35\x4f\xf4\x00\x65Words\x9f\x61x\xf6\xff\x67Unknown\xa1\x01\x82\xf6\xc2\x40\x65Count\xf6\xff";
    assert_eq!(Protocol::Cbor11.well_formed(body), Ok(()));
    let (shape, noted) = decode(Protocol::Cbor11, &body[..]).expect("legal");
    assert_eq!(noted, "");
    assert_eq!(shape.name, "ab");
    assert_eq!(shape.data.as_deref(), Some(&[1, 2, 3][..]));
    assert_eq!(shape.at, Some(Timestamp::from_millis(0x0166_354f_f400)));
    assert_eq!(shape.words, Some(vec!["x".into()]));
    assert_eq!(shape.count, None);
}

#[test]
fn the_two_kinds_of_cbor_write_times_each_in_its_way() {
    let at = |ms| Shape { at: Some(Timestamp::from_millis(ms)), ..Shape::default() };
    for (protocol, ms, bytes) in [
        (Protocol::Cbor11, 1_500, &b"\xbf\x64Name\x60\x62At\xc1\x19\x05\xdc\xff"[..]),
        (Protocol::RpcV2Cbor, 2_000, &b"\xbf\x64Name\x60\x62At\xc1\x02\xff"[..]),
        (Protocol::RpcV2Cbor, 1_500, &b"\xbf\x64Name\x60\x62At\xc1\xfb\x3f\xf8\0\0\0\0\0\0\xff"[..]),
    ] {
        assert_eq!(written(protocol, &at(ms)), bytes);
    }
}

#[test]
fn cbor_numbers_of_every_width_are_read() {
    for (number, count, ratio) in [
        (&b"\x01"[..], 1, 1.0),
        (&b"\x38\x63"[..], -100, -100.0),
        (&b"\x1a\xff\xff\xff\xff"[..], i32::MAX, 4_294_967_295.0),
        (&b"\xf9\x3e\x00"[..], 1, 1.5),
        (&b"\xfa\x3f\xc0\x00\x00"[..], 1, 1.5),
        (&b"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00"[..], 1, 1.5),
    ] {
        let body = [b"\xa3\x64Name\x60\x65Count", number, b"\x65Ratio", number].concat();
        let (shape, _) = decode(Protocol::RpcV2Cbor, body).expect("legal");
        assert_eq!((shape.count, shape.ratio), (Some(count), Some(ratio)));
    }
}

#[test]
fn cbor_of_the_wrong_type_is_refused_as_json_is() {
    for (value, sentence) in [
        (&b"\x64Name\xf5"[..], "class java.lang.Boolean can not be converted to an String"),
        (b"\x64Data\x61a", "class java.lang.String can not be converted to a Blob"),
        (b"\x65Words\xa0", "Start of structure or map found where not expected."),
        (b"\x64Tags\x80", "Start of list found where not expected"),
        (b"\x62At\xf5", "class java.lang.Boolean can not be converted to milliseconds since epoch"),
    ] {
        let body = [b"\xa1", value].concat();
        assert_eq!(decode(Protocol::Cbor11, body), Err(Malformed::because(sentence)));
    }
}

#[test]
fn well_formed_cbor_is_one_complete_map_or_array() {
    let deep = |levels: usize| [[0x81].repeat(levels - 1), vec![0x80]].concat();
    let max = crate::DEPTH_MAX as usize;
    let legal: [&[u8]; 6] =
        [b"\xa0", b"\x80", b"\xbf\xff", b"\x9f\x01\x9f\xff\xff", b"\xa1\x61a\xc1\x01", &deep(max)];
    let illegal: [&[u8]; 14] = [
        b"",
        b"\x01",
        b"\x61a",
        b"\xa1",
        b"\xa1\x61a",
        b"\xbf\x61a\xff",
        b"\x81\xff",
        b"\xff",
        b"\xa0\xa0",
        b"\x81\x61\xff",
        b"\x81\xc1\xff",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        &deep(max + 1),
    ];
    for body in legal {
        assert_eq!(crate::cbor::well_formed(body), Ok(()), "{body:x?}");
    }
    for body in illegal {
        assert_eq!(crate::cbor::well_formed(body), Err(Malformed::SYNTAX), "{body:x?}");
    }
}

#[test]
fn a_form_is_read_as_sdks_write_it() {
    let form = "Action=DoIt&Version=2020-01-01&Name=a+b%2Fc&Words.member.2=b&Words.member.10=j&Words.member.1=a&Flat.1=5&Flat.2=6\
        &Tags.entry.1.key=k&Tags.entry.1.value=v&Shapes.member.1.Name=n&Shapes.member.1.Shapes.member.1.Name=m&At=2018-10-02T15%3A00%3A00.5Z&On=true&Ratio=1e3&Data=AQID&Count=7";
    assert_eq!(Protocol::Query.well_formed(form.as_bytes()), Ok(()));
    let (shape, noted) = decode(Protocol::Query, form).expect("legal");
    assert_eq!(noted, "");
    assert_eq!(shape.name, "a b/c");
    assert_eq!(shape.words, Some(vec!["a".into(), "b".into(), "j".into()]));
    assert_eq!(shape.flat, Some(vec![5, 6]));
    assert_eq!(shape.tags, Some(vec![("k".into(), "v".into())]));
    assert_eq!(shape.at, Some(Timestamp::from_millis(1_538_492_400_500)));
    assert_eq!((shape.on, shape.ratio, shape.count), (Some(true), Some(1000.0), Some(7)));
    assert_eq!(shape.data.as_deref(), Some(&[1, 2, 3][..]));
    let inner = &shape.shapes.as_ref().expect("one")[0];
    assert_eq!((&*inner.name, &*inner.shapes.as_ref().expect("one")[0].name), ("n", "m"));
    assert_eq!(crate::query::parameter(form, "Action").as_deref(), Some("DoIt"));
}

#[test]
fn an_empty_list_in_a_form_is_its_name_alone() {
    let (shape, noted) = decode(Protocol::Query, "Words=&Shapes=").expect("legal");
    assert_eq!((shape.words, shape.shapes), (Some(vec![]), Some(vec![])));
    assert!(noted.contains("'name'"), "{noted}");
    for form in
        ["Words=a", "Words.x.1=a", "Words.member.x=a", "Name.member.1=a", "Name=%zz", "Name=%ff", "Count=x"]
    {
        assert!(decode(Protocol::Query, form).is_err(), "{form}");
    }
}

#[test]
fn a_form_has_no_more_parameters_than_allowed() {
    let form = |n: usize| vec!["a=1"; n].join("&");
    let most = crate::query::PARAMETERS_MAX;
    assert_eq!(Protocol::Query.well_formed(form(most).as_bytes()), Ok(()));
    assert_eq!(Protocol::Query.well_formed(form(most + 1).as_bytes()), Err(Malformed::SYNTAX));
}

#[test]
fn an_answer_in_xml_stands_in_its_envelope() {
    let shape = Shape {
        name: "<&>\"".into(),
        tags: Some(vec![("k".into(), "v".into()), ("l".into(), "w".into())]),
        words: Some(vec!["a".into()]),
        flat: Some(vec![1, 2]),
        at: Some(Timestamp::from_millis(0)),
        ..Shape::default()
    };
    assert_eq!(
        String::from_utf8(written(Protocol::Query, &shape)).expect("UTF-8"),
        "<DoItResponse xmlns=\"https://example.amazonaws.com/doc/2020-01-01/\"><DoItResult><Name>&lt;&amp;&gt;&quot;</Name>\
         <At>1970-01-01T00:00:00Z</At><Tags><entry><key>k</key><value>v</value></entry><entry><key>l</key><value>w</value></entry></Tags>\
         <Words><member>a</member></Words><Flat>1</Flat><Flat>2</Flat></DoItResult>\
         <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoItResponse>"
    );
}

#[test]
fn an_operation_without_output_answers_nothing() {
    for (protocol, body) in [
        (Protocol::Json11, ""),
        (Protocol::Cbor11, ""),
        (Protocol::RpcV2Cbor, ""),
        (
            Protocol::Query,
            "<DoItResponse xmlns=\"https://example.amazonaws.com/doc/2020-01-01/\"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoItResponse>",
        ),
    ] {
        let written = protocol.encode(&(), &ENVELOPE, BytesMut::new()).freeze();
        assert_eq!(&written[..], body.as_bytes());
        assert_eq!(protocol.decode_answer::<()>(written, &mut Violations::default()), Ok(()));
    }
}

#[test]
fn an_empty_body_is_an_empty_structure_where_the_protocol_says_so() {
    for protocol in [Protocol::RestJson, Protocol::RpcV2Cbor, Protocol::Query] {
        assert_eq!(protocol.well_formed(b""), Ok(()));
        assert!(decode(protocol, Bytes::new()).is_ok_and(|(_, noted)| noted.contains("'name'")));
    }
    for protocol in [Protocol::Json10, Protocol::Json11, Protocol::Cbor11] {
        assert_eq!(protocol.well_formed(b""), Err(Malformed::SYNTAX));
    }
}

#[test]
fn errors_are_written_in_each_protocols_form() {
    let refusal = Refusal {
        code: "NotHereException",
        query_code: None,
        status: 400,
        fault: Fault::Sender,
        message: Some("a<b"),
        message_member: "message",
        members: None,
        request_id: "id-1",
    };
    let json = r#"{"__type":"NotHereException","message":"a<b"}"#;
    let answer = Protocol::Json11.error(&refusal);
    assert_eq!(
        (answer.status, answer.content_type, &answer.body[..]),
        (400, "application/x-amz-json-1.1", json.as_bytes())
    );
    assert_eq!(answer.headers, []);
    let silent = Protocol::Json11.error(&Refusal { message: None, ..refusal });
    assert_eq!(&silent.body[..], br#"{"__type":"NotHereException"}"#);
    let more = Protocol::Json10.error(&Refusal { members: Some(br#""Item":{}"#), ..refusal });
    assert_eq!(&more.body[..], br#"{"__type":"NotHereException","message":"a<b","Item":{}}"#);
    let malformed = Malformed::because("Expected null");
    let serialization = Protocol::Json11.error(&Refusal::serialization(&malformed, "id-1"));
    assert_eq!(&serialization.body[..], br#"{"__type":"SerializationException","Message":"Expected null"}"#);
    let rest = Protocol::RestJson.error(&refusal);
    assert_eq!(rest.headers, [("x-amzn-ErrorType", "NotHereException".to_owned())]);
    let cbor = Protocol::Cbor11.error(&refusal);
    assert_eq!(&cbor.body[..], b"\xa2\x66__type\x70NotHereException\x67message\x63a<b");
    let rpc = Protocol::RpcV2Cbor.error(&Refusal { query_code: Some("NotHere"), ..refusal });
    assert_eq!(
        rpc.headers,
        [("smithy-protocol", "rpc-v2-cbor".to_owned()), ("x-amzn-query-error", "NotHere;Sender".to_owned())]
    );
    let query = Protocol::Query.error(&Refusal { query_code: Some("NotHere"), ..refusal });
    assert_eq!(
        std::str::from_utf8(&query.body).expect("UTF-8"),
        "<ErrorResponse><Error><Type>Sender</Type><Code>NotHere</Code><Message>a&lt;b</Message></Error><RequestId>id-1</RequestId></ErrorResponse>"
    );
}

#[test]
fn an_errors_namespace_and_url_are_cut_off() {
    for (header, body, code) in [
        (None, r#"{"__type":"com.amazonaws.kinesis#XException"}"#, "XException"),
        (Some("XException:http://internal.amazon.com/coral/"), "{}", "XException"),
        (None, r#"{"code":"XException"}"#, "XException"),
    ] {
        assert_eq!(Protocol::RestJson.read_error(header, Bytes::from_static(body.as_bytes())).code, code);
    }
}

#[test]
fn the_protocol_is_told_from_the_headers() {
    for (content_type, marker, protocol) in [
        (Some("application/x-amz-json-1.1"), None, Some(Protocol::Json11)),
        (Some("   application/x-amz-json-1.1   ;whatever"), None, Some(Protocol::Json11)),
        (Some("application/x-amz-json-1.0"), None, Some(Protocol::Json10)),
        (Some("application/x-amz-json-1.1asdf"), None, None),
        (Some("application/x-amz-cbor-1.1"), None, Some(Protocol::Cbor11)),
        (Some("application/x-www-form-urlencoded; charset=utf-8"), None, Some(Protocol::Query)),
        (Some("application/json"), None, Some(Protocol::RestJson)),
        (Some("application/cbor"), Some("rpc-v2-cbor"), Some(Protocol::RpcV2Cbor)),
        (None, Some("rpc-v2-cbor"), Some(Protocol::RpcV2Cbor)),
        (Some("application/cbor"), None, None),
        (None, None, None),
    ] {
        let mut headers = HeaderMap::new();
        content_type.map(|value| headers.insert("content-type", HeaderValue::from_static(value)));
        marker.map(|value| headers.insert("smithy-protocol", HeaderValue::from_static(value)));
        assert_eq!(Protocol::detect(&headers), protocol, "{content_type:?}");
    }
}

/// The check value that catalogues of checksums give for "123456789".
#[test]
fn the_checksum_is_that_of_ieee_802_3() {
    assert_eq!(crate::crc32(b"123456789"), 0xcbf4_3926);
}
