//! What REST carries outside the document, in both directions.

use std::fmt::Write;

use crate::model::{Location, Operation, Reference, Shape};
use crate::naming;
use crate::resolve::{Direction, Repr, Resolved};

/// The methods of `Operation` that bind members to the path, the query, headers, the status and the payload; empty for
/// operations that have none.
pub fn bindings(r: &Resolved<'_>, operation: &Operation) -> String {
    let input =
        operation.input.as_ref().map_or_else(String::new, |s| bind(r, &s.shape) + &parts(r, &s.shape));
    let output = operation.output.as_ref().map_or_else(String::new, |s| unbind(r, &s.shape));
    let raw = if input.contains("parts.body") { "\nconst RAW_BODY: bool = true;\n" } else { "" };
    let status = operation.http.response_code.filter(|code| *code != 200);
    let status = status.map_or_else(String::new, |code| format!("\nconst STATUS: u16 = {code};\n"));
    format!("{status}{raw}{input}{output}")
}

/// The operation's payload member if it is one that nothing here can carry: only blobs and event streams are the whole of a body so far.
pub fn uncarried<'a>(r: &'a Resolved<'a>, operation: &'a Operation) -> Option<&'a str> {
    let shapes = [&operation.input, &operation.output].into_iter().flatten().map(|s| r.model.shape(&s.shape));
    let mut payloads = shapes.filter_map(|shape| payload(r, shape));
    let carried = |shape: &str| r.repr(shape, Direction::Input) == Repr::Blob;
    payloads.find(|(_, reference)| !carried(&reference.shape)).map(|(name, _)| name.as_str())
}

fn bound<'a>(
    r: &'a Resolved<'a>,
    shape: &'a Shape,
) -> impl Iterator<Item = (&'a String, &'a Reference, Location)> {
    r.members(shape).filter_map(|(name, reference)| Some((name, reference, reference.location?)))
}

fn payload<'a>(r: &'a Resolved<'a>, shape: &'a Shape) -> Option<(&'a String, &'a Reference)> {
    r.members(shape).find(|(name, _)| shape.payload.as_ref() == Some(name))
}

fn bind(r: &Resolved<'_>, name: &str) -> String {
    let shape = r.model.shape(name);
    let mut body = String::new();
    for (member, reference, location) in bound(r, shape) {
        let wire = reference.location_name.as_ref().unwrap_or(member);
        let source = match location {
            Location::Uri => format!("parts.label({wire:?})"),
            Location::Querystring => format!("parts.query({wire:?})"),
            Location::Header => format!("parts.header({wire:?})"),
            Location::Headers | Location::StatusCode => continue,
        };
        let field = naming::member(member);
        let read = reader(r, reference);
        if r.is_required(name, member) {
            let _ = writeln!(
                body,
                "rest::required({source}, &Path::Member(&Path::Root, {member:?}), violations, &mut self.{field}, {read})?;"
            );
        } else {
            let _ = writeln!(
                body,
                "rest::optional({source}, &Path::Member(&Path::Root, {member:?}), violations, &mut self.{field}, {read})?;"
            );
        }
    }
    if let Some((member, reference)) = payload(r, shape)
        && r.repr(&reference.shape, Direction::Input) == Repr::Blob
    {
        let field = naming::member(member);
        let value =
            if r.is_required(name, member) { "parts.body.clone()" } else { "Some(parts.body.clone())" };
        let _ = writeln!(body, "self.{field} = {value};");
    }
    if body.is_empty() {
        return body;
    }
    let violations = if body.contains("violations") { "violations" } else { "_violations" };
    format!(
        "\nfn bind(&mut self, parts: &rest::RequestParts<'_>, {violations}: &mut Violations) -> Result<(), Malformed> {{\n{body}Ok(())\n}}\n"
    )
}

/// The other direction of `bind`, for clients.
fn parts(r: &Resolved<'_>, name: &str) -> String {
    let shape = r.model.shape(name);
    let mut body = String::new();
    let mut add = |member: &str, statement: String| {
        let field = naming::member(member);
        let line = if r.is_required(name, member) {
            format!("let v = &self.{field};\n{statement}\n")
        } else {
            format!("if let Some(v) = &self.{field} {{ {statement} }}\n")
        };
        body.push_str(&line);
    };
    for (member, reference, location) in bound(r, shape) {
        let wire = reference.location_name.as_ref().unwrap_or(member);
        match location {
            Location::Uri => add(member, format!("parts.labels.push(({wire:?}, v.to_string()));")),
            Location::Querystring => add(member, format!("parts.query.push(({wire:?}, v.to_string()));")),
            Location::Header => add(member, format!("parts.headers.push(({wire:?}, v.to_string()));")),
            Location::Headers | Location::StatusCode => {}
        }
    }
    if let Some((member, reference)) = payload(r, shape)
        && r.repr(&reference.shape, Direction::Input) == Repr::Blob
    {
        add(member, "parts.payload = Some(v.clone());".to_owned());
    }
    if body.is_empty() {
        return body;
    }
    format!("\nfn parts(&self, parts: &mut rest::BoundParts) {{\n{body}}}\n")
}

/// A function from the text of a path, query or header value.
fn reader(r: &Resolved<'_>, reference: &Reference) -> &'static str {
    match r.repr(&reference.shape, Direction::Input) {
        Repr::Enum => "rest::enumeration",
        Repr::Integer | Repr::Long | Repr::Double | Repr::Boolean => "rest::parsed",
        _ => "rest::text",
    }
}

fn unbind(r: &Resolved<'_>, name: &str) -> String {
    let shape = r.model.shape(name);
    let mut body = String::new();
    for (member, reference, location) in bound(r, shape) {
        let wire = reference.location_name.as_ref().unwrap_or(member);
        let field = naming::member(member);
        let set = match location {
            Location::Header => format!("answer.headers.push(({wire:?}, v.to_string()));"),
            Location::StatusCode => "answer.status = u16::try_from(*v).unwrap_or(answer.status);".to_owned(),
            Location::Headers | Location::Uri | Location::Querystring => continue,
        };
        let value = if r.is_required(name, member) {
            format!("{{ let v = &output.{field}; {set} }}\n")
        } else {
            format!("if let Some(v) = &output.{field} {{ {set} }}\n")
        };
        body.push_str(&value);
    }
    if let Some((member, reference)) = payload(r, shape)
        && r.repr(&reference.shape, Direction::Output) == Repr::Blob
    {
        let field = naming::member(member);
        let value = if r.is_required(name, member) {
            format!("Some(output.{field}.clone())")
        } else {
            format!("output.{field}.clone()")
        };
        let _ = writeln!(body, "answer.payload = {value};");
    }
    if body.is_empty() {
        return body;
    }
    format!("\nfn unbind(output: &Self::Output, answer: &mut rest::AnswerParts) {{\n{body}}}\n")
}
