//! What each operation asks for: its resources and the condition keys that its request gives, by the data of `authorization.toml`.

use std::fmt::Write;

use crate::model::{Kind, Operation, Result};
use crate::naming;
use crate::resolve::Resolved;
use crate::settings::Also;

/// The body of `Operation::resources`.
pub fn resources(r: &Resolved<'_>, operation: &Operation) -> Result<String> {
    let by_default = r.authorization.operations.get("*");
    let kind = r.authorization.operations.get(&operation.name).or(by_default).map_or("any", String::as_str);
    if kind == "none" {
        return Ok("Resources::new()".to_owned());
    }
    let Some(input) = operation.input.as_ref().filter(|_| kind != "any") else {
        return Ok("resource::any(Self::ACTION)".to_owned());
    };
    let resource = r.authorization.resources.get(kind);
    let resource =
        resource.ok_or_else(|| format!("authorization.toml: {} has no resource {kind}", r.service.name))?;
    let members = &r.model.shape(&input.shape).members;
    let arn = resource.arn.iter().find(|m| members.contains_key(*m)).map(|m| {
        let field = naming::member(m);
        if r.is_required(&input.shape, m) {
            format!("Some(&*self.{field})")
        } else {
            format!("self.{field}.as_deref()")
        }
    });
    let arn = arn.unwrap_or_else(|| "None".to_owned());
    let template = resource.template.as_ref().and_then(|t| template(r, &input.shape, t));
    let named = template.unwrap_or_else(|| "|| None".to_owned());
    let one = format!("resource::one(Self::ACTION, {arn}, {named})");
    let also = r.authorization.also.get(&operation.name);
    also.into_iter().flatten().try_fold(one, |resources, Also { when, action }| {
        let given = entries(r, &input.shape, when)?.0;
        let action = full_action(r, action);
        Ok(format!("resource::also({resources}, {given}.next().is_some(), {action:?})"))
    })
}

/// `Operation::condition_keys`, where the request gives any.
pub fn condition_keys(r: &Resolved<'_>, operation: &Operation) -> Result<String> {
    let (Some(keys), Some(input)) = (r.authorization.keys.get(&operation.name), &operation.input) else {
        return Ok(String::new());
    };
    let mut body = String::new();
    for (key, member) in keys {
        let (entries, map) = entries(r, &input.shape, member)?;
        let lower = key.to_ascii_lowercase();
        let _ = match (key.ends_with(['/', ':']), map) {
            (true, Some([name, value])) => {
                writeln!(body, "resource::each(&mut keys, {lower:?}, {entries}.map(|e| ({name}, {value})));")
            }
            (true, None) => return Err(format!("authorization.toml: {member} has no names for {key}").into()),
            (false, Some([name, _])) => {
                writeln!(body, "resource::values(&mut keys, {lower:?}, {entries}.map(|e| {name}));")
            }
            (false, None) => writeln!(body, "resource::values(&mut keys, {lower:?}, {entries});"),
        };
    }
    Ok(format!(
        "\nfn condition_keys(&self) -> ConditionKeys {{\nlet mut keys = ConditionKeys::new();\n{body}keys\n}}\n"
    ))
}

/// An action as policies write it.
pub fn full_action(r: &Resolved<'_>, action: &str) -> String {
    let prefix = match r.authorization.action_prefix.as_str() {
        "" => &r.service.name,
        prefix => prefix,
    };
    format!("{prefix}:{action}")
}

/// An iterator over what is in a member: a list's elements, a map's entries, the one value of anything else; and how name and value are
/// had of an element `e` that has both.
fn entries(r: &Resolved<'_>, input: &str, member: &str) -> Result<(String, Option<[String; 2]>)> {
    let unknown = || format!("authorization.toml: {input} has no member {member}");
    let shape = &r.model.shape(input).members.get(member).ok_or_else(unknown)?.shape;
    let field = format!("self.{}", naming::member(member));
    let required = r.is_required(input, member);
    let shape = r.model.shape(shape);
    let many = if required { format!("{field}.iter()") } else { format!("{field}.iter().flatten()") };
    Ok(match (shape.kind, &shape.member) {
        (Kind::Map, _) => (many, Some(["&*e.0".to_owned(), "&*e.1".to_owned()])),
        (Kind::List, Some(element)) => {
            let members = &r.model.shape(&element.shape).members;
            let text = |names: [&str; 2]| {
                let name = names.into_iter().find(|name| members.contains_key(*name))?;
                let field = format!("e.{}", naming::member(name));
                let required = r.is_required(&element.shape, name);
                Some(if required {
                    format!("&*{field}")
                } else {
                    format!("{field}.as_deref().unwrap_or_default()")
                })
            };
            (
                many,
                text(["Key", "TagKey"]).zip(text(["Value", "TagValue"])).map(|(name, value)| [name, value]),
            )
        }
        _ if required => (format!("std::iter::once(&{field})"), None),
        _ => (format!("{field}.iter()"), None),
    })
}

/// A closure that fills the template in, or none when the request has not the members for it.
fn template(r: &Resolved<'_>, input: &str, template: &str) -> Option<String> {
    let mut format = String::new();
    let mut arguments = String::new();
    let mut optional = Vec::new();
    for (i, part) in template.split(['{', '}']).enumerate() {
        if i % 2 == 0 {
            format.push_str(part);
            continue;
        }
        format.push_str("{}");
        match part {
            "partition" | "region" | "account" => {
                let _ = write!(arguments, ", cx.{part}");
            }
            member if r.model.shape(input).members.contains_key(member) => {
                let field = naming::member(member);
                if r.is_required(input, member) {
                    let _ = write!(arguments, ", self.{field}");
                } else {
                    let _ = write!(arguments, ", {field}");
                    optional.push(format!("let {field} = self.{field}.as_ref()?;\n"));
                }
            }
            _ => return None,
        }
    }
    Some(format!("|| {{\n{}Some(format!({format:?}{arguments}))\n}}", optional.concat()))
}
