//! What lengths, ranges and patterns of the model forbid.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::emit::patterns;
use crate::model::{Kind, Result, Shape};
use crate::naming;
use crate::resolve::{Direction, Repr, Resolved};

pub fn emit(r: &Resolved<'_>, out: &mut String) -> Result<()> {
    let inputs: Vec<&str> = r.emitted.iter().copied().filter(|name| r.checked.contains(name)).collect();
    let shown = shown_structures(r);
    for name in &inputs {
        let shape = r.model.shape(name);
        if shape.kind == Kind::Structure && !shape.exception {
            check_impl(r, name, shape, out);
            if shown.contains(name) {
                shown_impl(r, name, shape, out);
            }
        }
    }
    for (constant, text) in constants(r, out)? {
        let _ = writeln!(out, "static {constant}: {text};\n");
    }
    Ok(())
}

/// Whether anything below the shape is constrained, so that there is something to check.
pub fn is_checked(r: &Resolved<'_>, name: &str) -> bool {
    checked_below(r, name, &mut BTreeSet::new())
}

fn checked_below<'a>(r: &'a Resolved<'_>, name: &'a str, seen: &mut BTreeSet<&'a str>) -> bool {
    if !seen.insert(name) || matches!(r.repr(name, Direction::Input), Repr::Checked(_)) {
        return false;
    }
    let shape = r.model.shape(name);
    is_constrained(shape) || shape.references().any(|reference| checked_below(r, &reference.shape, seen))
}

fn is_constrained(shape: &Shape) -> bool {
    let bounded = match shape.kind {
        Kind::String if shape.values.is_some() => false,
        Kind::String | Kind::Blob | Kind::List | Kind::Map => shape.max.is_some() || minimum(shape) > 0,
        _ => shape.max.is_some() || shape.min.is_some(),
    };
    bounded || shape.values.is_none() && shape.pattern.is_some()
}

fn minimum(shape: &Shape) -> u64 {
    shape.min.as_ref().and_then(serde_json::Number::as_u64).unwrap_or(0)
}

/// The name of a text shape's constraint.
pub fn text_constant(_r: &Resolved<'_>, shape: &str) -> String {
    format!("{}_TEXT", naming::constant(shape))
}

fn check_impl(r: &Resolved<'_>, name: &str, shape: &Shape, out: &mut String) {
    if !is_checked(r, name) {
        return;
    }
    let mut body = String::new();
    for (member, reference) in r.members(shape) {
        if !is_checked(r, &reference.shape) {
            continue;
        }
        let field = naming::member(member);
        let path = format!("let at = &Path::Member(at, {member:?});\n");
        if r.is_required(name, member) {
            let checks = checks(r, &reference.shape, &format!("&self.{field}"));
            let _ = writeln!(body, "{{\n{path}{checks}}}");
        } else {
            let _ = writeln!(
                body,
                "if let Some(v) = &self.{field} {{\n{path}{}}}",
                checks(r, &reference.shape, "v")
            );
        }
    }
    let _ = writeln!(
        out,
        "impl {} {{\npub(crate) fn check_at(&self, at: &Path<'_>, violations: &mut Violations) {{\n{body}}}\n}}\n",
        r.type_name(name)
    );
}

/// Statements that check a value; `v` is an expression of its reference.
fn checks(r: &Resolved<'_>, name: &str, v: &str) -> String {
    let shape = r.model.shape(name);
    let plain = v.strip_prefix('&').unwrap_or(v);
    let constant = format!("{}_{}", naming::constant(name), suffix(shape.kind));
    let own = if !is_constrained(shape) {
        String::new()
    } else {
        match shape.kind {
            Kind::List | Kind::Map | Kind::String | Kind::Blob => {
                format!("{constant}.check({v}, at, violations);\n")
            }
            Kind::Long | Kind::Double | Kind::Float => {
                format!("{constant}.check({}, at, violations);\n", dereferenced(v))
            }
            _ => format!("{constant}.check(i64::from({}), at, violations);\n", dereferenced(v)),
        }
    };
    let below = match shape.kind {
        Kind::Structure => format!("{plain}.check_at(at, violations);\n"),
        Kind::List => shape.member.as_ref().map_or_else(String::new, |m| elements(r, &m.shape, v)),
        Kind::Map => map_entries(r, shape, v),
        _ => String::new(),
    };
    own + &below
}

fn dereferenced(v: &str) -> String {
    v.strip_prefix('&').map_or_else(|| format!("*{v}"), str::to_owned)
}

/// Elements that are structures or lists are checked one by one; scalars together, with one sentence about the list.
fn elements(r: &Resolved<'_>, member: &str, v: &str) -> String {
    if !is_checked(r, member) {
        return String::new();
    }
    let shape = r.model.shape(member);
    match shape.kind {
        Kind::String => format!("{}.check_elements({v}, at, violations);\n", text_constant(r, member)),
        _ => format!(
            "for (index, v) in {}.iter().enumerate() {{\nlet at = &Path::Element(at, index);\n{}}}\n",
            v.strip_prefix('&').unwrap_or(v),
            checks(r, member, "v")
        ),
    }
}

fn map_entries(r: &Resolved<'_>, shape: &Shape, v: &str) -> String {
    let mut checks_text = String::new();
    if let Some(key) = shape.key.as_ref().filter(|k| is_constrained(r.model.shape(&k.shape))) {
        let _ = writeln!(checks_text, "{}.check_keys({v}, at, violations);", text_constant(r, &key.shape));
    }
    if let Some(value) = shape.value.as_ref().filter(|value| is_checked(r, &value.shape)) {
        match r.model.shape(&value.shape).kind {
            Kind::String => {
                let _ = writeln!(
                    checks_text,
                    "{}.check_values({v}, at, violations);",
                    text_constant(r, &value.shape)
                );
            }
            _ => {
                let _ = writeln!(
                    checks_text,
                    "for (key, v) in {v} {{\nlet at = &Path::Value(at, key);\n{}}}",
                    checks(r, &value.shape, "v")
                );
            }
        }
    }
    checks_text
}

fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "TEXT",
        Kind::Blob => "BLOB",
        Kind::List | Kind::Map => "COUNT",
        _ => "RANGE",
    }
}

/// The constraints that the text written so far mentions.
fn constants(r: &Resolved<'_>, body: &str) -> Result<Vec<(String, String)>> {
    let mut constants = Vec::new();
    for (name, shape) in &r.model.shapes {
        let constant = format!("{}_{}", naming::constant(name), suffix(shape.kind));
        let used = body.contains(&format!(" {constant}.check"))
            || body.contains(&format!("\n{constant}.check"))
            || body.contains(&format!("&{constant})"));
        if used {
            constants.push((constant, constraint(shape)?));
        }
    }
    Ok(constants)
}

fn constraint(shape: &Shape) -> Result<String> {
    let option = |n: &Option<serde_json::Number>| {
        n.as_ref().map_or_else(|| "None".to_owned(), |n| format!("Some({n})"))
    };
    let sensitive = shape.sensitive;
    let pattern = patterns::emit(shape)?;
    let length = format!("constraint::Length {{ min: {}, max: {} }}", option(&shape.min), option(&shape.max));
    Ok(match shape.kind {
        Kind::String => format!(
            "constraint::Text = constraint::Text {{ length: {length}, pattern: {pattern}, sensitive: {sensitive} }}"
        ),
        Kind::Blob => format!("constraint::Blob = constraint::Blob {{ length: {length} }}"),
        Kind::List | Kind::Map => format!("constraint::Count = constraint::Count {{ length: {length} }}"),
        Kind::Double | Kind::Float => {
            let float = |n: &Option<serde_json::Number>| {
                n.as_ref()
                    .and_then(serde_json::Number::as_f64)
                    .map_or_else(|| "None".to_owned(), |n| format!("Some({n:?})"))
            };
            format!(
                "constraint::Real = constraint::Real {{ min: {}, max: {} }}",
                float(&shape.min),
                float(&shape.max)
            )
        }
        _ => format!(
            "constraint::Range = constraint::Range {{ min: {}, max: {} }}",
            option(&shape.min),
            option(&shape.max)
        ),
    })
}

/// Structures that may have to be shown: those that lists and maps with a length of their own, and maps with constrained keys, are made of.
fn shown_structures<'a>(r: &Resolved<'a>) -> BTreeSet<&'a str> {
    let mut shown = BTreeSet::new();
    let lists =
        r.emitted.iter().map(|name| r.model.shape(name)).filter(|s| matches!(s.kind, Kind::List | Kind::Map));
    let mut waiting: Vec<&'a str> = lists
        .filter(|s| {
            is_constrained(s) || s.key.as_ref().is_some_and(|key| is_constrained(r.model.shape(&key.shape)))
        })
        .flat_map(Shape::references)
        .map(|reference| &*reference.shape)
        .collect();
    while let Some(name) = waiting.pop() {
        if shown.insert(name) {
            waiting.extend(r.model.shape(name).references().map(|reference| &*reference.shape));
        }
    }
    shown
}

fn shown_impl(r: &Resolved<'_>, name: &str, shape: &Shape, out: &mut String) {
    let members: Vec<String> = r
        .members(shape)
        .map(|(member, reference)| {
            let label = member[..1].to_ascii_lowercase() + &member[1..];
            let field = naming::member(member);
            if r.model.shape(&reference.shape).sensitive {
                format!("({label:?}, &shown::Redacted)")
            } else {
                format!("({label:?}, &self.{field})")
            }
        })
        .collect();
    let _ = writeln!(
        out,
        "impl shown::Shown for {} {{\nfn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nshown::structure(f, {name:?}, &[{}])\n}}\n}}\n",
        r.type_name(name),
        members.join(", ")
    );
}
