//! The protocols against each other, on a shape that reads and writes itself as generated code does.

use std::fmt;

use anabranch_types::Timestamp;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use proptest::prelude::*;

use crate::{
    Decode, Decoder, Encode, Encoder, Envelope, Fault, ListForm, Malformed, Path, Protocol, Refusal,
    TimestampForm, Violations,
};

mod hostile;
mod json;
mod other;

/// Every kind of value, and itself in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shape {
    pub(super) name: ByteString,
    pub(super) data: Option<Bytes>,
    pub(super) count: Option<i32>,
    pub(super) length: Option<i64>,
    pub(super) ratio: Option<f64>,
    pub(super) on: Option<bool>,
    pub(super) at: Option<Timestamp>,
    pub(super) at_iso: Option<Timestamp>,
    pub(super) tags: Option<Vec<(ByteString, ByteString)>>,
    pub(super) words: Option<Vec<ByteString>>,
    pub(super) flat: Option<Vec<i64>>,
    pub(super) shapes: Option<Vec<Shape>>,
    pub(super) shown: Option<ByteString>,
}

const NAMES: &[&str] = &[
    "Name", "Data", "Count", "Length", "Ratio", "On", "At", "AtIso", "Tags", "Words", "Flat", "Shapes",
    "Shown",
];

const FLAT: ListForm = ListForm { element: "member", flattened: true };

fn list<D: Decoder, T>(
    d: &mut D,
    form: ListForm,
    mut read: impl FnMut(&mut D, usize) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    d.begin_list(form)?;
    let mut values = Vec::new();
    while d.next_element()? {
        let index = values.len();
        values.push(read(d, index)?);
    }
    Ok(values)
}

fn map<D: Decoder>(d: &mut D) -> Result<Vec<(ByteString, ByteString)>, Malformed> {
    d.begin_map()?;
    let mut entries = Vec::new();
    while let Some(key) = d.next_key()? {
        entries.push((key, d.string()?));
    }
    Ok(entries)
}

impl Decode for Shape {
    fn decode<D: Decoder>(d: &mut D, at: &Path<'_>, violations: &mut Violations) -> Result<Self, Malformed> {
        let mut shape = Shape::default();
        let mut named = false;
        d.begin_structure()?;
        while let Some(index) = d.next_member(NAMES)? {
            match index {
                0 => (shape.name, named) = (d.string()?, true),
                1 => shape.data = Some(d.blob()?),
                2 => shape.count = Some(d.integer()?),
                3 => shape.length = Some(d.long()?),
                4 => shape.ratio = Some(d.double()?),
                5 => shape.on = Some(d.boolean()?),
                6 => shape.at = Some(d.timestamp(TimestampForm::Default)?),
                7 => shape.at_iso = Some(d.timestamp(TimestampForm::Iso8601)?),
                8 => shape.tags = Some(map(d)?),
                9 => shape.words = Some(list(d, ListForm::MEMBER, |d, _| d.string())?),
                10 => shape.flat = Some(list(d, FLAT, |d, _| d.long())?),
                11 => {
                    let at = Path::Member(at, "Shapes");
                    shape.shapes = Some(list(d, ListForm::MEMBER, |d, index| {
                        Shape::decode(d, &Path::Element(&at, index), violations)
                    })?);
                }
                _ => shape.shown = Some(d.string()?),
            }
        }
        if !named {
            violations.note_missing(&Path::Member(at, "Name"));
        }
        Ok(shape)
    }
}

impl Encode for Shape {
    fn encode<E: Encoder>(&self, e: &mut E) {
        e.begin_structure();
        e.member("Name");
        e.string(&self.name);
        fn member<E: Encoder, T>(
            e: &mut E,
            name: &'static str,
            value: &Option<T>,
            write: impl FnOnce(&mut E, &T),
        ) {
            if let Some(value) = value {
                e.member(name);
                write(e, value);
            }
        }
        member(e, "Data", &self.data, |e, v| e.blob(v));
        member(e, "Count", &self.count, |e, v| e.long(i64::from(*v)));
        member(e, "Length", &self.length, |e, v| e.long(*v));
        member(e, "Ratio", &self.ratio, |e, v| e.double(*v));
        member(e, "On", &self.on, |e, v| e.boolean(*v));
        member(e, "At", &self.at, |e, v| e.timestamp(*v, TimestampForm::Default));
        member(e, "AtIso", &self.at_iso, |e, v| e.timestamp(*v, TimestampForm::Iso8601));
        member(e, "Tags", &self.tags, |e, v| {
            e.begin_map(v.len());
            for (key, value) in v {
                e.key(key);
                e.string(value);
            }
            e.end_map();
        });
        member(e, "Words", &self.words, |e, v| {
            e.begin_list(ListForm::MEMBER, v.len());
            for word in v {
                e.element();
                e.string(word);
            }
            e.end_list();
        });
        member(e, "Flat", &self.flat, |e, v| {
            e.begin_list(FLAT, v.len());
            for number in v {
                e.element();
                e.long(*number);
            }
            e.end_list();
        });
        member(e, "Shapes", &self.shapes, |e, v| {
            e.begin_list(ListForm::MEMBER, v.len());
            for shape in v {
                e.element();
                shape.encode(e);
            }
            e.end_list();
        });
        member(e, "Shown", &self.shown, |e, v| e.display(v as &dyn fmt::Display));
        e.end_structure();
    }
}

pub(super) const ENVELOPE: Envelope<'static> = Envelope {
    operation: "DoIt",
    namespace: "https://example.amazonaws.com/doc/2020-01-01/",
    version: "2020-01-01",
    request_id: "id-1",
};

pub(super) const PROTOCOLS: [Protocol; 6] = [
    Protocol::Json10,
    Protocol::Json11,
    Protocol::Cbor11,
    Protocol::Query,
    Protocol::RestJson,
    Protocol::RpcV2Cbor,
];

/// Decodes a request; what the shape notes is part of the result.
pub(super) fn decode(protocol: Protocol, body: impl Into<Bytes>) -> Result<(Shape, String), Malformed> {
    let mut violations = Violations::default();
    let shape = protocol.decode(body.into(), &mut violations)?;
    let noted = if violations.is_empty() { String::new() } else { violations.to_string() };
    Ok((shape, noted))
}

fn shape() -> impl Strategy<Value = Shape> {
    let text = || "\\PC{0,12}|[\\x00-\\x7f]{0,6}".prop_map(ByteString::from);
    let time = || (-10_000_000_000_000_i64..10_000_000_000_000).prop_map(Timestamp::from_millis);
    let leaf = (
        (
            text(),
            prop::option::of(any::<Vec<u8>>().prop_map(Bytes::from)),
            any::<Option<i32>>(),
            any::<Option<i64>>(),
        ),
        (
            prop::option::of(prop::num::f64::ANY.prop_filter("a NaN equals nothing", |f| !f.is_nan())),
            any::<Option<bool>>(),
        ),
        (prop::option::of(time()), prop::option::of(time())),
        prop::option::of(prop::collection::vec((text(), text()), 1..4)),
        prop::option::of(prop::collection::vec(text(), 0..4)),
        prop::option::of(prop::collection::vec(any::<i64>(), 1..13)),
        prop::option::of("[0-9]{1,40}".prop_map(ByteString::from)),
    );
    let leaf = leaf.prop_map(
        |((name, data, count, length), (ratio, on), (at, at_iso), tags, words, flat, shown)| Shape {
            name,
            data,
            count,
            length,
            ratio,
            on,
            at,
            at_iso,
            tags,
            words,
            flat,
            shown,
            shapes: None,
        },
    );
    leaf.prop_recursive(4, 24, 4, |inner| {
        (inner.clone(), prop::option::of(prop::collection::vec(inner, 1..4)))
            .prop_map(|(shape, shapes)| Shape { shapes, ..shape })
    })
}

/// What XML 1.0 cannot say is replaced when it is written.
fn sayable(text: &ByteString) -> ByteString {
    let unsayable =
        |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    text.chars()
        .map(|c| if unsayable(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect::<String>()
        .into()
}

fn sayable_shape(shape: Shape) -> Shape {
    Shape {
        name: sayable(&shape.name),
        tags: shape.tags.map(|tags| tags.iter().map(|(k, v)| (sayable(k), sayable(v))).collect()),
        words: shape.words.map(|words| words.iter().map(sayable).collect()),
        shapes: shape.shapes.map(|shapes| shapes.into_iter().map(sayable_shape).collect()),
        ..shape
    }
}

proptest! {
    #[test]
    fn every_protocol_reads_the_request_it_writes(shape in shape()) {
        for protocol in PROTOCOLS {
            let body = protocol.encode_request(&shape, &ENVELOPE, BytesMut::new()).freeze();
            prop_assert_eq!(protocol.well_formed(&body), Ok(()));
            prop_assert_eq!(decode(protocol, body), Ok((shape.clone(), String::new())), "{:?}", protocol);
        }
    }

    #[test]
    fn every_protocol_reads_the_answer_it_writes(shape in shape()) {
        for protocol in PROTOCOLS {
            let body = protocol.encode(&shape, &ENVELOPE, BytesMut::new()).freeze();
            let mut violations = Violations::default();
            let read: Result<Shape, Malformed> = protocol.decode_answer(body, &mut violations);
            let expected = if protocol == Protocol::Query { sayable_shape(shape.clone()) } else { shape.clone() };
            prop_assert_eq!(read, Ok(expected), "{:?}", protocol);
        }
    }

    #[test]
    fn every_error_comes_back(code in "[A-Z][A-Za-z]{0,20}", message in prop::option::of("[ -~]{1,40}")) {
        for protocol in PROTOCOLS {
            let refusal = Refusal {
                code: &code, query_code: None, status: 400, fault: Fault::Sender,
                message: message.as_deref(), message_member: "message", members: None, request_id: "id-1",
            };
            let answer = protocol.error(&refusal);
            let error_type = answer.headers.iter().find(|(name, _)| *name == "x-amzn-ErrorType");
            let read = protocol.read_error(error_type.map(|(_, value)| &**value), answer.body.clone());
            prop_assert_eq!(&read.code, &code);
            let shown = if protocol == Protocol::Query { Some(message.clone().unwrap_or_default()) } else { message.clone() };
            prop_assert_eq!(read.message, shown);
        }
    }
}
