//! Structures and enums.

use std::fmt::Write;

use crate::model::{Kind, Shape};
use crate::naming;
use crate::resolve::{Direction, Repr, Resolved};

pub fn emit(r: &Resolved<'_>, out: &mut String) {
    for name in &r.emitted {
        let shape = r.model.shape(name);
        match (shape.kind, &shape.values) {
            (Kind::Structure, _) if !shape.exception && !shape.eventstream => structure(r, name, shape, out),
            (Kind::String, Some(values)) => enumeration(&r.type_name(name), values, out),
            _ => {}
        }
    }
}

/// The Rust type of a value.
pub fn rust_type(r: &Resolved<'_>, name: &str, direction: Direction) -> String {
    let shape = r.model.shape(name);
    let inner = |reference: &Option<crate::model::Reference>| {
        reference.as_ref().map_or_else(String::new, |r2| rust_type(r, &r2.shape, direction))
    };
    match r.repr(name, direction) {
        Repr::Structure | Repr::Enum => r.type_name(name),
        Repr::List => format!("Vec<{}>", inner(&shape.member)),
        Repr::Map => format!("Vec<(ByteString, {})>", inner(&shape.value)),
        Repr::Text => "ByteString".to_owned(),
        Repr::Blob => "Bytes".to_owned(),
        Repr::Integer => "i32".to_owned(),
        Repr::Long => "i64".to_owned(),
        Repr::Double => "f64".to_owned(),
        Repr::Boolean => "bool".to_owned(),
        Repr::Timestamp => "Timestamp".to_owned(),
        Repr::Checked(path) | Repr::Displayed(path) => path,
    }
}

fn structure(r: &Resolved<'_>, name: &str, shape: &Shape, out: &mut String) {
    let ty = r.type_name(name);
    let direction = r.direction(name);
    let hides = r.members(shape).any(|(_, m)| is_hidden(r, &m.shape));
    let debug = if hides { "" } else { "Debug, " };
    let mut fields = String::new();
    for (member, reference) in r.members(shape) {
        let value = rust_type(r, &reference.shape, direction);
        let value = if r.is_required(name, member) { value } else { format!("Option<{value}>") };
        let _ = writeln!(fields, "pub {}: {value},", naming::member(member));
    }
    let _ = writeln!(out, "#[derive(Clone, {debug}Default, PartialEq)]\npub struct {ty} {{\n{fields}}}\n");
    if hides {
        debug_impl(r, name, shape, &ty, out);
    }
}

/// Whether Debug must not print the value.
fn is_hidden(r: &Resolved<'_>, name: &str) -> bool {
    let shape = r.model.shape(name);
    let inner = shape.member.iter().chain(&shape.value);
    shape.sensitive
        || shape.kind == Kind::Blob
        || inner.into_iter().any(|i| shape.kind != Kind::Structure && is_hidden(r, &i.shape))
}

fn debug_impl(r: &Resolved<'_>, name: &str, shape: &Shape, ty: &str, out: &mut String) {
    let mut fields = String::new();
    for (member, reference) in r.members(shape) {
        let field = naming::member(member);
        let label = field.trim_start_matches("r#");
        let value = match (is_hidden(r, &reference.shape), r.is_required(name, member)) {
            (false, _) => format!("&self.{field}"),
            (true, true) => format!("&shown::Hidden::of(&self.{field})"),
            (true, false) => format!("&self.{field}.as_ref().map(shown::Hidden::of)"),
        };
        let _ = writeln!(fields, ".field({label:?}, {value})");
    }
    let _ = writeln!(
        out,
        "impl fmt::Debug for {ty} {{\n/// Without blobs and secrets.\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nf.debug_struct({ty:?}){fields}.finish()\n}}\n}}\n"
    );
}

fn enumeration(ty: &str, values: &[String], out: &mut String) {
    let mut variants = String::new();
    let mut pairs = String::new();
    for (i, value) in values.iter().enumerate() {
        let variant = naming::variant(value);
        let default = if i == 0 { "#[default]\n" } else { "" };
        let _ = writeln!(variants, "{default}{variant},");
        let _ = write!(pairs, "({value:?}, {ty}::{variant}),");
    }
    let set = values.join(", ");
    let _ = writeln!(
        out,
        "#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum {ty} {{\n{variants}}}\n\n\
         impl codec::Enumeration for {ty} {{\nconst SET: &'static str = {set:?};\nconst VALUES: &'static [(&'static str, Self)] = &[{pairs}];\n}}\n\n\
         impl {ty} {{\n/// As it stands on the wire.\npub fn as_str(self) -> &'static str {{\ncodec::Enumeration::text(self)\n}}\n}}\n\n\
         impl fmt::Display for {ty} {{\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nf.write_str(self.as_str())\n}}\n}}\n"
    );
}
