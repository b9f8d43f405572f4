//! Whatever comes is read or refused, and nothing panics.

use super::*;

/// Whatever one protocol makes of `body`: what it calls well-formed and what it reads need not be the same, only both answered.
fn everything_on(body: &[u8]) {
    for protocol in PROTOCOLS {
        let _ = protocol.well_formed(body);
        let _ = decode(protocol, body.to_vec());
        let mut violations = Violations::default();
        let _ = protocol.decode_answer::<Shape>(body.to_vec().into(), &mut violations);
        let _ = protocol.read_error(None, body.to_vec().into());
    }
}

proptest! {
    #[test]
    fn any_bytes_never_panic(body: Vec<u8>) {
        everything_on(&body);
    }

    #[test]
    fn anything_like_a_document_never_panics(body in "[\\[\\]{}:,\"\\\\u0-9a-fN.eE+&=%<>/ -]{0,60}") {
        everything_on(body.as_bytes());
    }

    #[test]
    fn a_document_cut_or_changed_never_panics(shape in shape(), cut: prop::sample::Index, at: prop::sample::Index, byte: u8) {
        for protocol in PROTOCOLS {
            for body in [
                protocol.encode(&shape, &ENVELOPE, BytesMut::new()),
                protocol.encode_request(&shape, &ENVELOPE, BytesMut::new()),
            ] {
                everything_on(&body[..cut.index(body.len())]);
                let mut changed = body.to_vec();
                changed[at.index(body.len())] = byte;
                everything_on(&changed);
            }
        }
    }

    #[test]
    fn what_json_calls_well_formed_serde_json_reads(body in "[\\[\\]{}:,\"\\\\u0-9atrue ]{0,30}") {
        let ours = crate::json::well_formed(body.as_bytes()).is_ok();
        let theirs: Result<serde_json::Value, _> = serde_json::from_str(&body);
        let container = theirs.is_ok_and(|value| value.is_object() || value.is_array());
        prop_assert_eq!(ours, container, "{}", body);
    }
}

#[test]
fn a_document_cut_anywhere_is_not_well_formed() {
    let shape = Shape {
        name: "n".into(),
        words: Some(vec!["a".into()]),
        at: Some(Timestamp::default()),
        ..Shape::default()
    };
    for protocol in [Protocol::Json11, Protocol::Cbor11] {
        let body = protocol.encode(&shape, &ENVELOPE, BytesMut::new());
        for end in 0..body.len() {
            assert_eq!(protocol.well_formed(&body[..end]), Err(Malformed::SYNTAX), "{protocol:?} {end}");
            assert!(decode(protocol, body[..end].to_vec()).is_err(), "{protocol:?} {end}");
        }
    }
}

#[test]
fn deep_nesting_is_refused_by_every_protocol_before_the_stack_ends() {
    let levels = 100_000;
    let json = "{\"Shapes\":[".repeat(levels);
    let skipped = format!("{{\"Unknown\":{}", "[".repeat(levels));
    let cbor = [&b"\xa1\x66Shapes\x81"[..]].repeat(levels).concat();
    let skipped_cbor = [&b"\xa1\x67Unknown"[..], &[0x81].repeat(levels)].concat();
    let form = format!("{}Name=x", "Shapes.member.1.".repeat(levels));
    let xml = format!("<R><RResult>{}", "<Shapes><member>".repeat(levels));
    for body in [json.as_bytes(), skipped.as_bytes(), &cbor, &skipped_cbor, form.as_bytes(), xml.as_bytes()] {
        everything_on(body);
    }
    assert_eq!(decode(Protocol::Json11, json).unwrap_err(), Malformed::SYNTAX);
    assert_eq!(decode(Protocol::Json11, skipped).unwrap_err(), Malformed::SYNTAX);
    assert_eq!(decode(Protocol::Cbor11, cbor).unwrap_err(), Malformed::SYNTAX);
    assert_eq!(decode(Protocol::Cbor11, skipped_cbor).unwrap_err(), Malformed::SYNTAX);
    assert_eq!(decode(Protocol::Query, form).unwrap_err(), Malformed::SYNTAX);
}
