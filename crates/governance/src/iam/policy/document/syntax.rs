//! The form of a document: which elements stand where, and of which JSON type.

use super::super::condition::Operator;
use super::super::json::Json;
use super::Malformed;

/// A document whose form is right. Nothing is known of its texts.
pub(super) struct Read {
    pub(super) version: Option<String>,
    pub(super) statements: Vec<ReadStatement>,
}

#[derive(Default)]
pub(super) struct ReadStatement {
    pub(super) sid: Option<String>,
    /// `Allow` or `Deny` but for the case of its letters.
    pub(super) effect: String,
    pub(super) principal: Option<Chosen<Vec<(String, String)>>>,
    pub(super) action: Option<Chosen<Vec<String>>>,
    pub(super) resource: Option<Chosen<Vec<String>>>,
    pub(super) conditions: Vec<ReadCondition>,
}

/// What an element lists, and whether it is the one that begins with `Not`.
pub(super) struct Chosen<T> {
    pub(super) not: bool,
    pub(super) listed: T,
}

pub(super) struct ReadCondition {
    pub(super) operator: Operator,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

/// The versions of the language (IAM reference_policies_elements_version).
pub(super) const VERSION: &str = "2012-10-17";
const VERSION_OLD: &str = "2008-10-17";

pub(super) fn read(json: Json) -> Result<Read, Malformed> {
    let (mut version, mut statements) = (None, None);
    for (name, value) in map(json)? {
        match (&*name, value) {
            ("Version", Json::Text(text)) if text == VERSION || text == VERSION_OLD => version = Some(text),
            ("Id", Json::Text(_)) => {}
            ("Statement", Json::List(list)) if !list.is_empty() => statements = Some(list),
            ("Statement", one @ Json::Map(_)) => statements = Some(vec![one]),
            _ => return Err(Malformed::syntax()),
        }
    }
    let statements = statements.ok_or_else(Malformed::syntax)?;
    let statements = statements.into_iter().map(statement).collect::<Result<_, _>>()?;
    Ok(Read { version, statements })
}

fn statement(json: Json) -> Result<ReadStatement, Malformed> {
    let mut read = ReadStatement::default();
    for (name, value) in map(json)? {
        let not = name.starts_with("Not");
        match (&*name, value) {
            ("Sid", Json::Text(sid)) => read.sid = Some(sid),
            ("Effect", Json::Text(effect)) if is_effect(&effect) => read.effect = effect,
            ("Principal" | "NotPrincipal", value) if read.principal.is_none() => {
                read.principal = Some(Chosen { not, listed: principals(value)? });
            }
            ("Action" | "NotAction", value) if read.action.is_none() => {
                read.action = Some(Chosen { not, listed: texts(value)? });
            }
            ("Resource" | "NotResource", value) if read.resource.is_none() => {
                read.resource = Some(Chosen { not, listed: texts(value)? });
            }
            ("Condition", value) => read.conditions = conditions(value)?,
            _ => return Err(Malformed::syntax()),
        }
    }
    if read.effect.is_empty() { Err(Malformed::syntax()) } else { Ok(read) }
}

fn is_effect(text: &str) -> bool {
    text.eq_ignore_ascii_case("Allow") || text.eq_ignore_ascii_case("Deny")
}

/// The principals with their types. `"*"` alone is `{"AWS": "*"}`.
fn principals(json: Json) -> Result<Vec<(String, String)>, Malformed> {
    if let Json::Text(text) = &json {
        return if text == "*" {
            Ok(vec![("AWS".to_owned(), "*".to_owned())])
        } else {
            Err(Malformed::syntax())
        };
    }
    let mut listed = Vec::new();
    for (kind, names) in map(json)? {
        listed.extend(texts(names)?.into_iter().map(|name| (kind.clone(), name)));
    }
    Ok(listed)
}

/// Operators with nothing behind them say nothing, known or not, as AWS takes them.
fn conditions(json: Json) -> Result<Vec<ReadCondition>, Malformed> {
    let mut read = Vec::new();
    for (operator, keys) in map(json)? {
        let keys = map(keys)?;
        if keys.is_empty() {
            continue;
        }
        let operator = Operator::parse(&operator).ok_or_else(Malformed::syntax)?;
        for (key, values) in keys {
            let values = match values {
                Json::List(list) => list.into_iter().map(scalar).collect::<Result<_, _>>()?,
                one => vec![scalar(one)?],
            };
            read.push(ReadCondition { operator, key, values });
        }
    }
    Ok(read)
}

fn map(json: Json) -> Result<Vec<(String, Json)>, Malformed> {
    match json {
        Json::Map(members) => Ok(members),
        _ => Err(Malformed::syntax()),
    }
}

/// One text, or a list of them.
fn texts(json: Json) -> Result<Vec<String>, Malformed> {
    let text = |json| match json {
        Json::Text(text) => Ok(text),
        _ => Err(Malformed::syntax()),
    };
    match json {
        Json::List(list) => list.into_iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

/// Condition values may be numbers and booleans; they are compared as text (IAM reference_policies_grammar).
fn scalar(json: Json) -> Result<String, Malformed> {
    match json {
        Json::Text(text) | Json::Number(text) => Ok(text),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Null | Json::List(_) | Json::Map(_) => Err(Malformed::syntax()),
    }
}
