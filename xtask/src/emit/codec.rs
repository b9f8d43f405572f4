//! `Decode` and `Encode` of structures.

use std::fmt::Write;

use crate::model::{Kind, Reference, Shape};
use crate::naming;
use crate::resolve::{Direction, Repr, Resolved};

pub fn emit(r: &Resolved<'_>, out: &mut String) {
    for name in &r.emitted {
        let shape = r.model.shape(name);
        if shape.kind == Kind::Structure && !shape.exception && !shape.eventstream {
            decode_impl(r, name, shape, out);
            encode_impl(r, name, shape, out);
        }
    }
}

/// The members that stand in the document: those bound to the path, the query or a header are bound elsewhere.
fn document<'a>(r: &'a Resolved<'a>, shape: &'a Shape) -> Vec<(&'a String, &'a Reference)> {
    r.members(shape)
        .filter(|(name, reference)| reference.location.is_none() && shape.payload.as_ref() != Some(name))
        .collect()
}

fn decode_impl(r: &Resolved<'_>, name: &str, shape: &Shape, out: &mut String) {
    let ty = r.type_name(name);
    let members = document(r, shape);
    let names: Vec<String> =
        members.iter().map(|(n, m)| format!("{:?}", m.location_name.as_ref().unwrap_or(n))).collect();
    let mut arms = String::new();
    let mut required = Vec::new();
    for (i, (member, reference)) in members.iter().enumerate() {
        let value = decode(r, reference, r.direction(name));
        let needs_path = value.contains("at, violations");
        let path =
            if needs_path { format!("let at = &Path::Member(at, {member:?});\n") } else { String::new() };
        let field = naming::member(member);
        let value = if r.is_required(name, member) { value } else { format!("Some({value})") };
        let _ = writeln!(arms, "{i} => {{\n{path}value.{field} = {value};\n}}");
        if r.is_required(name, member) {
            required.push(format!("({i}, {member:?})"));
        }
    }
    let seen = if required.is_empty() {
        ("", "", String::new())
    } else {
        (
            "let mut seen = 0_u64;\n",
            "seen |= 1 << index;\n",
            format!("codec::note_missing(seen, &[{}], at, violations);\n", required.join(", ")),
        )
    };
    let at = if arms.contains("(at, ") || !required.is_empty() { "at" } else { "_at" };
    let violations =
        if arms.contains("violations") || !required.is_empty() { "violations" } else { "_violations" };
    let body = if members.is_empty() {
        "d.begin_structure()?;\nwhile d.next_member(&[])?.is_some() {}\nOk(Self::default())".to_owned()
    } else {
        format!(
            "static NAMES: &[&str] = &[{}];\nlet mut value = Self::default();\n{}d.begin_structure()?;\n\
             while let Some(index) = d.next_member(NAMES)? {{\n{}match index {{\n{arms}_ => {{}}\n}}\n}}\n{}Ok(value)",
            names.join(", "),
            seen.0,
            seen.1,
            seen.2
        )
    };
    let _ = writeln!(
        out,
        "impl Decode for {ty} {{\nfn decode<D: Decoder>(d: &mut D, {at}: &Path<'_>, {violations}: &mut Violations) -> Result<Self, Malformed> {{\n{body}\n}}\n}}\n"
    );
}

/// An expression that reads a value; `d`, `at` and `violations` are in scope.
fn decode(r: &Resolved<'_>, reference: &Reference, direction: Direction) -> String {
    let shape = r.model.shape(&reference.shape);
    match r.repr(&reference.shape, direction) {
        Repr::Structure => format!("{}::decode(d, at, violations)?", r.type_name(&reference.shape)),
        Repr::Enum => "codec::enumeration(d, at, violations)?".to_owned(),
        Repr::List => match &shape.member {
            Some(member) if r.repr(&member.shape, direction) == Repr::Enum => {
                format!(
                    "codec::enumerations(d, {}, {}, at, violations)?",
                    list_form(reference, shape),
                    len_max(shape)
                )
            }
            Some(member) => format!(
                "codec::list(d, {}, {}, at, violations, {})?",
                list_form(reference, shape),
                len_max(shape),
                closure(&decode(r, member, direction))
            ),
            None => String::new(),
        },
        Repr::Map => match &shape.value {
            Some(value) => {
                format!("codec::map(d, at, violations, {})?", closure(&decode(r, value, direction)))
            }
            None => String::new(),
        },
        Repr::Text => "d.string()?".to_owned(),
        Repr::Blob => "d.blob()?".to_owned(),
        Repr::Integer => "d.integer()?".to_owned(),
        Repr::Long => "d.long()?".to_owned(),
        Repr::Double => "d.double()?".to_owned(),
        Repr::Boolean => "d.boolean()?".to_owned(),
        Repr::Timestamp => format!("d.timestamp({})?", timestamp_form(reference, shape)),
        Repr::Checked(path) => format!(
            "codec::checked(d, at, violations, {path}::parse, &{})?",
            super::checks::text_constant(r, &reference.shape)
        ),
        Repr::Displayed(_) => "codec::parsed(d)?".to_owned(),
    }
}

/// A closure that reads what the expression reads; every such expression ends with `?`.
fn closure(expression: &str) -> String {
    let arguments = if expression.contains("at, violations") { "at, violations" } else { "_, _" };
    format!("|d, {arguments}| {}", expression.trim_end_matches('?'))
}

fn list_form(reference: &Reference, shape: &Shape) -> String {
    let element = shape.member.as_ref().and_then(|m| m.location_name.as_deref()).unwrap_or("member");
    match (element, shape.flattened || reference.flattened) {
        ("member", false) => "ListForm::MEMBER".to_owned(),
        (element, flattened) => format!("ListForm {{ element: {element:?}, flattened: {flattened} }}"),
    }
}

fn len_max(shape: &Shape) -> String {
    shape.max.as_ref().map_or_else(|| "usize::MAX".to_owned(), ToString::to_string)
}

fn timestamp_form(reference: &Reference, shape: &Shape) -> &'static str {
    match reference.timestamp_format.as_ref().or(shape.timestamp_format.as_ref()).map(String::as_str) {
        Some("unixTimestamp") => "TimestampForm::EpochSeconds",
        Some("iso8601") => "TimestampForm::Iso8601",
        Some("rfc822") => "TimestampForm::HttpDate",
        _ => "TimestampForm::Default",
    }
}

fn encode_impl(r: &Resolved<'_>, name: &str, shape: &Shape, out: &mut String) {
    let ty = r.type_name(name);
    let mut body = String::new();
    for (member, reference) in document(r, shape) {
        let field = naming::member(member);
        let wire = reference.location_name.as_ref().unwrap_or(member);
        let direction = r.direction(name);
        if r.is_required(name, member) {
            let _ = writeln!(
                body,
                "e.member({wire:?});\n{}",
                encode(r, reference, direction, &format!("&self.{field}"))
            );
        } else {
            let _ = writeln!(
                body,
                "if let Some(v) = &self.{field} {{\ne.member({wire:?});\n{}}}",
                encode(r, reference, direction, "v")
            );
        }
    }
    let _ = writeln!(
        out,
        "impl Encode for {ty} {{\nfn encode<E: Encoder>(&self, e: &mut E) {{\ne.begin_structure();\n{body}e.end_structure();\n}}\n}}\n"
    );
}

/// Statements that write a value; `v` is an expression of its reference.
fn encode(r: &Resolved<'_>, reference: &Reference, direction: Direction, v: &str) -> String {
    let value = encode_value(r, reference, direction, v);
    if r.is_secret(&reference.shape) { format!("e.secret();\n{value}") } else { value }
}

fn encode_value(r: &Resolved<'_>, reference: &Reference, direction: Direction, v: &str) -> String {
    let shape = r.model.shape(&reference.shape);
    let plain = v.strip_prefix('&');
    let copied = plain.map_or_else(|| format!("*{v}"), str::to_owned);
    match r.repr(&reference.shape, direction) {
        Repr::Structure => format!("{}.encode(e);\n", plain.unwrap_or(v)),
        Repr::Enum => format!("e.string({}.as_str());\n", plain.unwrap_or(v)),
        Repr::List => {
            let Some(member) = &shape.member else { return String::new() };
            format!(
                "e.begin_list({}, {}.len());\nfor v in {v} {{\ne.element();\n{}}}\ne.end_list();\n",
                list_form(reference, shape),
                plain.unwrap_or(v),
                encode(r, member, direction, "v")
            )
        }
        Repr::Map => {
            let Some(value) = &shape.value else { return String::new() };
            format!(
                "e.begin_map({}.len());\nfor (key, v) in {v} {{\ne.key(key);\n{}}}\ne.end_map();\n",
                plain.unwrap_or(v),
                encode(r, value, direction, "v")
            )
        }
        Repr::Text => format!("e.string({v});\n"),
        Repr::Blob => format!("e.blob({v});\n"),
        Repr::Integer => format!("e.long(i64::from({copied}));\n"),
        Repr::Long => format!("e.long({copied});\n"),
        Repr::Double => format!("e.double({copied});\n"),
        Repr::Boolean => format!("e.boolean({copied});\n"),
        Repr::Timestamp => format!("e.timestamp({copied}, {});\n", timestamp_form(reference, shape)),
        Repr::Checked(_) => format!("e.string({}.as_ref());\n", plain.unwrap_or(v)),
        Repr::Displayed(_) => format!("e.display({v});\n"),
    }
}
