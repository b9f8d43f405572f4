//! The tables by which a request is identified, and the list of modules.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::emit::HEADER;
use crate::emit::operations::full_name;
use crate::model::Result;
use crate::resolve::Resolved;

/// `generated/mod.rs`
pub fn module(all: &[Resolved<'_>]) -> String {
    let mut text = HEADER.to_owned();
    text.push_str("pub mod services;\n");
    for r in all.iter().filter(|r| !r.families.is_empty()) {
        let name = &r.service.name;
        if let Some(feature) = &r.service.feature {
            let _ = writeln!(text, "#[cfg(feature = {feature:?})]");
        }
        let _ = writeln!(text, "pub mod {name};");
    }
    text
}

/// `generated/services.rs`
pub fn services(all: &[Resolved<'_>]) -> Result<String> {
    let mut text = format!(
        "{HEADER}use anabranch_wire::Protocol;\n\nuse crate::service::{{OperationEntry, Service}};\n\n"
    );
    let mut names = String::new();
    for r in all {
        let feature = r.service.feature.as_ref();
        let feature = feature.map_or_else(String::new, |f| format!("#[cfg(feature = {f:?})]\n"));
        let _ = writeln!(text, "{feature}pub const {}: Service = {};\n", constant(r), service(r)?);
        let _ = writeln!(names, "{feature}{},", constant(r));
    }
    let _ = writeln!(
        text,
        "/// Every service of which there is a model, whatever is built of it.\npub static SERVICES: &[Service] = &[\n{names}];"
    );
    Ok(text)
}

/// The name of a service's constant.
pub fn constant(r: &Resolved<'_>) -> String {
    r.service.name.to_ascii_uppercase()
}

fn service(r: &Resolved<'_>) -> Result<String> {
    let m = &r.model.metadata;
    let signing_name = m.signing_name.as_ref().unwrap_or(&m.endpoint_prefix);
    let built: BTreeSet<&str> = r.built().map(|o| o.name.as_str()).collect();
    let mut operations = String::new();
    for operation in r.model.operations.values() {
        let _ = writeln!(
            operations,
            "OperationEntry {{ name: {:?}, full_name: {:?}, http_method: {:?}, http_uri: {:?}, built: {}, is_signed: {} }},",
            operation.name,
            full_name(r, &operation.name),
            operation.http.method,
            operation.http.request_uri,
            built.contains(operation.name.as_str()),
            operation.authtype.as_deref() != Some("none")
        );
    }
    Ok(format!(
        "Service {{ name: {:?}, signing_name: {signing_name:?}, target_prefix: {:?}, api_version: {:?}, protocols: &[{}], \
         rpc_service_name: {:?}, xml_namespace: {:?}, violation_code: {:?}, operations: &[\n{operations}] }}",
        r.service.name,
        m.target_prefix,
        m.api_version,
        protocols(r)?.join(", "),
        r.service.rpc_service,
        m.xml_namespace,
        r.service.violation_code,
    ))
}

/// The protocols it is spoken to in, as the generated code names them.
pub fn protocols(r: &Resolved<'_>) -> Result<Vec<&'static str>> {
    let m = &r.model.metadata;
    let own = if m.protocols.is_empty() { std::slice::from_ref(&m.protocol) } else { &m.protocols };
    own.iter()
        .chain(&r.service.protocols)
        .map(|protocol| match (protocol.as_str(), m.json_version.as_deref()) {
            ("json", Some("1.0")) => Ok("Protocol::Json10"),
            ("json", _) => Ok("Protocol::Json11"),
            ("cbor-1.1", _) => Ok("Protocol::Cbor11"),
            ("query", _) => Ok("Protocol::Query"),
            ("rest-json", _) => Ok("Protocol::RestJson"),
            ("smithy-rpc-v2-cbor", _) => Ok("Protocol::RpcV2Cbor"),
            (other, _) => Err(format!("{}: unknown protocol {other}", r.service.name).into()),
        })
        .collect()
}
