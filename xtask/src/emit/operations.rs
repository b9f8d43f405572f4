//! What each built operation is: name, action, answer, checks, resources, REST bindings.

use std::fmt::Write;

use crate::emit::families::form;
use crate::emit::table::{constant, protocols};
use crate::emit::{authorization, checks, rest};
use crate::model::{Operation, Result};
use crate::resolve::Resolved;

pub fn emit(r: &Resolved<'_>, out: &mut String) -> Result<()> {
    spoken(r, out)?;
    for operation in r.built() {
        if let Some(member) = rest::uncarried(r, operation) {
            let name = &operation.name;
            return Err(
                format!("{name}: {member} is a body that is neither a blob nor an event stream").into()
            );
        }
        missing_structures(r, operation, out);
        operation_impl(r, operation, out)?;
        if let Some(trait_name) = form(r, operation).operation {
            let _ = writeln!(
                out,
                "impl {trait_name} for {} {{\ntype Event = {};\n}}\n",
                operation.name,
                event_type(r, operation)
            );
        }
        events(r, operation, out);
    }
    Ok(())
}

/// The codecs that the service's operations are compiled for.
fn spoken(r: &Resolved<'_>, out: &mut String) -> Result<()> {
    let protocols = protocols(r)?;
    let any = |of: &[&str]| protocols.iter().any(|p| of.iter().any(|name| p.ends_with(name)));
    let _ = writeln!(
        out,
        "/// The codecs of this service's protocols.\nstruct Spoken;\n\nimpl Codecs for Spoken {{\nconst JSON: bool = {};\nconst CBOR: bool = {};\nconst QUERY: bool = {};\n}}\n",
        any(&["Json10", "Json11", "RestJson"]),
        any(&["Cbor11", "RpcV2Cbor"]),
        any(&["Query"]),
    );
    Ok(())
}

/// How `Operation::NAME` reads: the target header's value, or the service's name where the service has none.
pub fn full_name(r: &Resolved<'_>, operation: &str) -> String {
    let prefix = r.model.metadata.target_prefix.as_ref().unwrap_or(&r.service.name);
    format!("{prefix}.{operation}")
}

/// Operations without input or output have an empty structure; shared outputs get an alias.
fn missing_structures(r: &Resolved<'_>, operation: &Operation, out: &mut String) {
    let output = format!("{}Output", operation.name);
    let empty = |name: &str| {
        format!(
            "#[derive(Clone, Debug, Default, PartialEq)]\npub struct {name} {{}}\n\n\
             impl Decode for {name} {{\nfn decode<D: Decoder>(d: &mut D, _at: &Path<'_>, _violations: &mut Violations) -> Result<Self, Malformed> {{\ncodec::nothing(d)?;\nOk(Self {{}})\n}}\n}}\n\n\
             impl Encode for {name} {{\nfn encode<E: Encoder>(&self, e: &mut E) {{\ne.begin_structure();\ne.end_structure();\n}}\n}}\n\n"
        )
    };
    if operation.input.is_none() {
        out.push_str(&empty(&operation.name));
    }
    match &operation.output {
        None => out.push_str(&empty(&output)),
        Some(shape) if r.is_shared_output(&shape.shape) => {
            let _ = writeln!(out, "pub type {output} = {};\n", r.type_name(&shape.shape));
        }
        Some(_) => {}
    }
}

fn operation_impl(r: &Resolved<'_>, operation: &Operation, out: &mut String) -> Result<()> {
    let name = &operation.name;
    let action = r.authorization.actions.get(name).unwrap_or(name);
    let action = authorization::full_action(r, action);
    let input = operation.input.as_ref().map(|s| s.shape.as_str());
    let checked = input.is_some_and(|shape| checks::is_checked(r, shape));
    let (violations, check) =
        if checked { ("violations", "self.check_at(&Path::Root, violations);") } else { ("_violations", "") };
    let resources = authorization::resources(r, operation)?;
    let condition_keys = authorization::condition_keys(r, operation)?;
    let encode = if r.answers_blobs(operation) { "encode_long_with" } else { "encode_with" };
    let cx = if resources.contains("cx.") { "cx" } else { "_cx" };
    let _ = writeln!(
        out,
        "impl Operation for {name} {{\nconst SERVICE: &'static Service = &services::{};\nconst NAME: &'static str = {:?};\nconst ACTION: &'static str = {action:?};\n\
         const READ_ONLY: bool = {};\nconst HAS_OUTPUT: bool = {};\n{}\
         type Output = {name}Output;\ntype Error = Error;\n\n\
         fn read(protocol: Protocol, body: Bytes, violations: &mut Violations) -> Result<Self, Malformed> {{\nprotocol.decode_with::<Self, Spoken>(body, violations)\n}}\n\n\
         fn write(output: &Self::Output, protocol: Protocol, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut {{\nprotocol.{encode}::<_, Spoken>(output, envelope, out)\n}}\n\n\
         fn parameters(&self) -> Option<Bytes> {{\ntranscript::of(self)\n}}\n\n\
         fn elements(output: &Self::Output) -> Option<Bytes> {{\ntranscript::of(output)\n}}\n\n\
         fn check(&self, {violations}: &mut Violations) {{\n{check}\n}}\n\n\
         fn resources(&self, {cx}: &Context) -> Resources {{\n{resources}\n}}\n{condition_keys}{}}}\n",
        constant(r),
        full_name(r, name),
        is_read_only(operation),
        operation.output.is_some(),
        data_type(r, name),
        rest::bindings(r, operation),
    );
    Ok(())
}

/// `Operation::DATA_TYPE`, where the data name one.
fn data_type(r: &Resolved<'_>, name: &String) -> String {
    let of = r.authorization.data.iter().find(|(_, operations)| operations.contains(name));
    of.map_or_else(String::new, |(kind, _)| {
        format!("const DATA_TYPE: Option<&'static str> = Some({kind:?});\n")
    })
}

fn is_read_only(operation: &Operation) -> bool {
    let reads = ["Get", "List", "Describe", "Lookup", "Simulate", "Subscribe"];
    operation.readonly || reads.iter().any(|verb| operation.name.starts_with(verb))
}

/// What the payloads of events say they are: JSON, named as the service's own.
fn content_type(r: &Resolved<'_>) -> &'static str {
    match (r.model.metadata.protocol.as_str(), r.model.metadata.json_version.as_deref()) {
        ("rest-json", _) => "application/json",
        (_, Some("1.0")) => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    }
}

fn event_type(r: &Resolved<'_>, operation: &Operation) -> String {
    match r.events(operation)[..] {
        [(_, only)] => r.type_name(only),
        _ => format!("{}Event", operation.name),
    }
}

fn events(r: &Resolved<'_>, operation: &Operation, out: &mut String) {
    let events = r.events(operation);
    for (member, event) in &events {
        let _ = writeln!(
            out,
            "impl Event for {} {{\nconst CONTENT_TYPE: &'static str = {:?};\n\nfn event_type(&self) -> &'static str {{\n{member:?}\n}}\n\n\
             fn encode_payload<E: Encoder>(&self, e: &mut E) {{\nself.encode(e);\n}}\n}}\n",
            r.type_name(event),
            content_type(r)
        );
    }
    if events.len() > 1 {
        event_union(r, &format!("{}Event", operation.name), &events, out);
    }
}

fn event_union(r: &Resolved<'_>, name: &str, events: &[(&str, &str)], out: &mut String) {
    let mut variants = String::new();
    let mut types = String::new();
    let mut payloads = String::new();
    for (_, event) in events {
        let ty = r.type_name(event);
        let _ = writeln!(variants, "{ty}({ty}),");
        let _ = writeln!(types, "{name}::{ty}(event) => event.event_type(),");
        let _ = writeln!(payloads, "{name}::{ty}(event) => event.encode_payload(e),");
    }
    let _ = writeln!(
        out,
        "#[derive(Clone, Debug, PartialEq)]\npub enum {name} {{\n{variants}}}\n\n\
         impl Event for {name} {{\nconst CONTENT_TYPE: &'static str = {:?};\n\nfn event_type(&self) -> &'static str {{\nmatch self {{\n{types}}}\n}}\n\n\
         fn encode_payload<E: Encoder>(&self, e: &mut E) {{\nmatch self {{\n{payloads}}}\n}}\n}}\n",
        content_type(r)
    );
}
