//! The checks of identity and resource policies, in the order in which AWS was seen to make them (the sources are
//! [`Malformed`]'s).

use std::collections::HashSet;

use super::super::condition;
use super::super::json::Json;
use super::super::principal::PrincipalPattern;
use super::Malformed;
use super::resource::{check_resource, failed_legacy_parsing};
use super::syntax::{Read, ReadStatement, VERSION, read};

pub(super) fn identity(json: Json) -> Result<Read, Malformed> {
    let read = read(json)?;
    if read.version.as_deref() != Some(VERSION) {
        return Err(Malformed::version());
    }
    check_statements(&read.statements)?;
    let mut sids = read.statements.iter().filter_map(|statement| statement.sid.as_deref());
    if !sids.all(|sid| sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err(Malformed::sid_characters());
    }
    if read.statements.iter().any(|statement| statement.principal.is_some()) {
        return Err(Malformed::principal());
    }
    Ok(read)
}

/// A resource's policy may be of the older version, and has principals.
pub(super) fn resource(json: Json) -> Result<Read, Malformed> {
    let read = read(json)?;
    check_statements(&read.statements)?;
    for statement in &read.statements {
        check_principals(statement)?;
    }
    Ok(read)
}

fn check_statements(statements: &[ReadStatement]) -> Result<(), Malformed> {
    check_effects_and_values(statements)?;
    let mut refused = None;
    for statement in statements {
        for resource in listed(statement.resource.as_ref().map(|resource| &resource.listed)) {
            if refused.is_none() {
                refused = check_resource(resource).err();
            }
            if refused.is_none() && failed_legacy_parsing(resource) {
                return Err(Malformed::legacy());
            }
        }
    }
    check_sids(statements)?;
    let actions =
        |statement: &ReadStatement| statement.action.as_ref().is_some_and(|action| !action.listed.is_empty());
    if !statements.iter().all(actions) {
        return Err(Malformed::no_actions());
    }
    refused.map_or(Ok(()), Err)?;
    for statement in statements {
        for action in listed(statement.action.as_ref().map(|action| &action.listed)) {
            check_action(action)?;
        }
    }
    let resources =
        |statement: &ReadStatement| statement.resource.as_ref().is_some_and(|r| !r.listed.is_empty());
    if statements.iter().all(resources) { Ok(()) } else { Err(Malformed::no_resources()) }
}

fn listed(list: Option<&Vec<String>>) -> impl Iterator<Item = &String> {
    list.into_iter().flatten()
}

/// What AWS calls legacy parsing, but for resources: the case of an effect, and dates.
pub(super) fn check_effects_and_values(statements: &[ReadStatement]) -> Result<(), Malformed> {
    for statement in statements {
        let values =
            statement.conditions.iter().flat_map(|c| c.values.iter().map(|value| (c.operator, value)));
        let legal = values.clone().all(|(operator, value)| condition::is_legal(operator, value));
        if !legal || (statement.effect != "Allow" && statement.effect != "Deny") {
            return Err(Malformed::legacy());
        }
    }
    Ok(())
}

/// An empty `Sid` is none.
pub(super) fn check_sids(statements: &[ReadStatement]) -> Result<(), Malformed> {
    let sids =
        statements.iter().filter_map(|statement| statement.sid.as_deref()).filter(|sid| !sid.is_empty());
    let mut seen = HashSet::new();
    sids.clone().all(|sid| seen.insert(sid)).then_some(()).ok_or_else(Malformed::sid_twice)
}

fn check_action(action: &str) -> Result<(), Malformed> {
    let (vendor, name) = match action.split_once(':') {
        None if action == "*" => return Ok(()),
        None => return Err(Malformed::no_vendor()),
        Some(parts) => parts,
    };
    if name.contains(':') {
        return Err(Malformed::colons());
    }
    let legal =
        !vendor.is_empty() && vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if legal || vendor == "*" { Ok(()) } else { Err(Malformed::vendor(vendor)) }
}

/// There are principals, each can be named, and an Allow does not name all but some.
pub(super) fn check_principals(statement: &ReadStatement) -> Result<(), Malformed> {
    let principal = statement.principal.as_ref().ok_or_else(|| Malformed::missing("Principal"))?;
    if principal.listed.is_empty() {
        return Err(Malformed::empty_principal());
    }
    if principal.not && statement.effect.eq_ignore_ascii_case("Allow") {
        return Err(Malformed::allow_not_principal());
    }
    let unknown = principal.listed.iter().find(|(kind, name)| PrincipalPattern::parse(kind, name).is_none());
    unknown.map_or(Ok(()), |(kind, name)| Err(Malformed::invalid_principal(kind, name)))
}
