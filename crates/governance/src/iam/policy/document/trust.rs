//! The checks of a role's trust policy. Their order among themselves is not recorded.

use super::super::json::Json;
use super::Malformed;
use super::check::{check_effects_and_values, check_principals, check_sids};
use super::syntax::{Read, ReadStatement, read};

/// Reads a trust policy: no resource, a principal, and actions of STS alone.
pub(super) fn check(json: Json) -> Result<Read, Malformed> {
    if let Json::Map(members) = &json {
        let empty = |(name, value): &(String, Json)| name == "Statement" && *value == Json::List(Vec::new());
        if members.iter().any(empty) {
            return Err(Malformed::no_statement());
        }
    }
    let read = read(json)?;
    for statement in &read.statements {
        check_statement(statement)?;
    }
    check_effects_and_values(&read.statements)?;
    check_sids(&read.statements)?;
    Ok(read)
}

fn check_statement(statement: &ReadStatement) -> Result<(), Malformed> {
    match &statement.resource {
        Some(resource) if resource.not => return Err(Malformed::trust_resources()),
        Some(_) => return Err(Malformed::prohibited("Resource")),
        None => {}
    }
    check_principals(statement)?;
    let action = statement.action.as_ref().ok_or_else(|| Malformed::missing("Action"))?;
    let of_sts = |name: &String| name.get(..4).is_some_and(|vendor| vendor.eq_ignore_ascii_case("sts:"));
    if action.listed.is_empty() || action.not || !action.listed.iter().all(of_sts) {
        return Err(Malformed::trust_actions());
    }
    Ok(())
}
