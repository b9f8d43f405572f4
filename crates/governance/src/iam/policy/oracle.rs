//! A second evaluator, written for being obviously right and not for being fast, that shares nothing with the first but the tests'
//! questions: it reads the JSON as it stands, matches by trying everything, and computes the dates of fewer forms.

use std::net::IpAddr;

use serde_json::Value;

use super::decisions::{Context, Question, ROLE_ID, USER_ID, Values};

/// A character of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Token {
    Character(char),
    One,
    Many,
}

/// `allowed`, `no TYPE` or `deny TYPE`.
pub(super) fn decide(question: &Question) -> String {
    let texts = &question.texts;
    let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
    let (resource_type, resource) = match &texts.resource {
        None => ("resource", Vec::new()),
        Some(("trust", text)) => ("trust", vec![text.clone()]),
        Some((_, text)) => ("resource", vec![text.clone()]),
    };
    let must = texts.resource.as_ref().is_some_and(|(kind, _)| *kind != "resource");
    let session = texts.session.clone().unwrap_or_default();
    let all = [
        ("scp", texts.scp.clone()),
        ("endpoint", one(&texts.endpoint)),
        (resource_type, resource.clone()),
        ("identity", texts.identity.clone()),
        ("boundary", one(&texts.boundary)),
        ("session", session.clone()),
    ];
    for (kind, texts) in &all {
        if texts.iter().any(|text| strongest(question, text, "Deny") > 0) {
            return format!("deny {kind}");
        }
    }
    let allows = |texts: &[String]| texts.iter().any(|text| strongest(question, text, "Allow") > 0);
    let need =
        |kind: &str, texts: &[String], needed: bool| (needed && !allows(texts)).then(|| format!("no {kind}"));
    let grant = resource.iter().map(|text| strongest(question, text, "Allow")).max().unwrap_or(0);
    let mine = account(&question.who.name);
    let root = question.who.name.ends_with(":root");
    let foreign = question.owner.is_some() && question.owner != mine;
    let federated = question.who.name.contains(":federated-user/");
    let limits = || {
        need("boundary", &one(&texts.boundary), texts.boundary.is_some()).or(need(
            "session",
            &session,
            texts.session.is_some() || federated,
        ))
    };
    let home = || if root { None } else { need("identity", &texts.identity, true).or_else(limits) };
    let lacking = need("scp", &texts.scp, !texts.scp.is_empty())
        .or(need("endpoint", &one(&texts.endpoint), texts.endpoint.is_some()))
        .or_else(|| {
            let no_resource = (grant == 0).then(|| format!("no {resource_type}"));
            match (mine.is_some(), grant) {
                (false, _) => no_resource,
                (true, _) if foreign => home().or(no_resource),
                (true, 3) => None,
                (true, 2) => limits(),
                (true, 0) if must => no_resource,
                (true, _) => home(),
            }
        });
    lacking.unwrap_or_else(|| "allowed".to_owned())
}

/// Whether a text matches a pattern.
pub(super) fn is_match(pattern: &str, text: &str) -> bool {
    glob(&tokens(pattern, true), text)
}

fn account(name: &str) -> Option<String> {
    let parts: Vec<_> = name.split(':').collect();
    (parts[0] == "arn" && !parts[4].is_empty()).then(|| parts[4].to_owned())
}

/// How closely the policy's statements of this effect that apply name the caller: not 0, by account 1, by role 2, itself 3.
fn strongest(question: &Question, text: &str, effect: &str) -> u8 {
    let document: Value = serde_json::from_str(text).unwrap();
    let variables = document["Version"] == "2012-10-17";
    let statements = list(&document["Statement"]);
    let applying = statements.iter().filter(|s| s["Effect"] == effect && applies(question, s, variables));
    applying.map(|statement| naming(question, statement)).max().unwrap_or(0)
}

/// One is a list of one; nothing is a list of none.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    }
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

fn applies(question: &Question, statement: &Value, variables: bool) -> bool {
    let action = |name: &str| {
        let pattern = tokens(&name.to_ascii_lowercase(), true);
        glob(&pattern, &question.action.to_ascii_lowercase())
    };
    let resource = |name: &str| arn(name, &question.resource, &question.context, variables);
    let actions = if statement.get("NotAction").is_some() {
        !texts(&statement["NotAction"]).iter().any(|name| action(name))
    } else {
        texts(&statement["Action"]).iter().any(|name| action(name))
    };
    let resources = if statement.get("NotResource").is_some() {
        !texts(&statement["NotResource"]).iter().any(|name| resource(name))
    } else {
        statement.get("Resource").is_none() || texts(&statement["Resource"]).iter().any(|name| resource(name))
    };
    let conditions = statement["Condition"].as_object().into_iter().flatten().all(|(operator, keys)| {
        let mut keys = keys.as_object().unwrap().iter();
        keys.all(|(key, values)| condition(operator, key, &texts(values), &question.context, variables))
    });
    actions && resources && conditions
}

fn naming(question: &Question, statement: &Value) -> u8 {
    let element = |name: &str| statement.get(name).map(principals);
    match (element("Principal"), element("NotPrincipal")) {
        (None, None) => 3,
        (Some(listed), _) => listed.iter().map(|(kind, name)| named(question, kind, name)).max().unwrap_or(0),
        (None, Some(listed)) => {
            let has = |closeness| listed.iter().any(|(kind, name)| named(question, kind, name) == closeness);
            let name = &question.who.name;
            let session = name.contains(":assumed-role/") || name.contains(":federated-user/");
            let known = account(name).is_some();
            let exempt = listed.iter().any(|(_, name)| name == "*")
                || (name.ends_with(":root") || has(3)) && (!known || has(1)) && (!session || has(2));
            if exempt && question.texts.boundary.is_none() { 0 } else { 3 }
        }
    }
}

fn principals(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::String(name) => vec![("AWS".to_owned(), name.clone())],
        kinds => {
            let kinds = kinds.as_object().unwrap().iter();
            kinds
                .flat_map(|(kind, names)| texts(names).into_iter().map(move |name| (kind.clone(), name)))
                .collect()
        }
    }
}

fn named(question: &Question, kind: &str, name: &str) -> u8 {
    let who = &question.who;
    let session = who.name.contains(":assumed-role/");
    let mine = account(&who.name);
    match kind {
        "AWS" if name == "*" => 3,
        "AWS" if Some(name) == mine.as_deref() || name.ends_with(":root") && account(name) == mine => 1,
        "AWS" if name == who.name || who.name.contains(":user/") && name == USER_ID => 3,
        "AWS" if session && (name == who.role_arn || name == ROLE_ID) => 2,
        "AWS" if who.name.contains(":federated-user/") && name == "arn:aws:iam::111111111111:user/alice" => 2,
        "Service" if name == who.name => 3,
        "Federated" if who.name.strip_prefix("web:") == Some(name) => 3,
        _ => 0,
    }
}

fn tokens(text: &str, wildcards: bool) -> Vec<Token> {
    let token = |c| match c {
        '*' if wildcards => Token::Many,
        '?' if wildcards => Token::One,
        c => Token::Character(c),
    };
    text.chars().map(token).collect()
}

/// Row by row, whether the first tokens match the first characters.
fn glob(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row: Vec<bool> = (0..=text.len()).map(|i| i == 0).collect();
    for token in pattern {
        let mut next = vec![*token == Token::Many && row[0]; text.len() + 1];
        for i in 1..=text.len() {
            next[i] = match token {
                Token::Many => row[i] || next[i - 1],
                Token::One => row[i - 1],
                Token::Character(c) => row[i - 1] && text[i - 1] == *c,
            };
        }
        row = next;
    }
    row[text.len()]
}

/// The tokens with variables replaced; none if one has no value.
fn expand(text: &str, wildcards: bool, context: &Context, variables: bool) -> Option<Vec<Token>> {
    let Some(at) = text.find("${").filter(|_| variables) else { return Some(tokens(text, wildcards)) };
    let (inside, rest) = text[at + 2..].split_once('}').unwrap();
    let mut expanded = tokens(&text[..at], wildcards);
    let (name, default) =
        inside.split_once(',').map_or((inside, None), |(name, default)| (name, Some(default)));
    let value = match (context.get(&name.to_lowercase()), name, default) {
        (_, "*" | "?" | "$", None) => name.to_owned(),
        (Some(Values::One(value)), ..) => value.clone(),
        (_, _, default) => default?.trim().trim_matches('\'').to_owned(),
    };
    expanded.extend(tokens(&value, false));
    expanded.extend(expand(rest, wildcards, context, variables)?);
    Some(expanded)
}

fn arn(pattern: &str, text: &str, context: &Context, variables: bool) -> bool {
    let pattern: Vec<_> = pattern.splitn(6, ':').collect();
    let text: Vec<_> = text.splitn(pattern.len(), ':').collect();
    let last = pattern.len() - 1;
    text.len() == pattern.len()
        && (0..last).all(|i| glob(&tokens(pattern[i], true), text[i]))
        && expand(pattern[last], true, context, variables).is_some_and(|tokens| glob(&tokens, text[last]))
}

fn condition(operator: &str, key: &str, values: &[String], context: &Context, variables: bool) -> bool {
    let name = operator.to_lowercase();
    let (set, name) = name.split_once(':').unwrap_or(("", &name));
    let (name, optional) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
    let found: Option<Vec<String>> = match context.get(&key.to_lowercase()) {
        None => None,
        Some(Values::One(one)) => Some(vec![one.clone()]),
        Some(Values::Many(many)) if many.is_empty() => None,
        Some(Values::Many(many)) => Some(many.clone()),
    };
    if name == "null" {
        return values.iter().any(|value| value.parse() == Ok(found.is_none()));
    }
    let negated = name.contains("not");
    let name = name.replace("not", "");
    let does = |value: &String| {
        values.iter().any(|wanted| compare(&name, value, wanted, context, variables)) != negated
    };
    match (found, set) {
        (None, _) if optional => true,
        (None, "") => negated,
        (None, set) => set == "forallvalues",
        (Some(found), "") if negated => found.iter().all(does),
        (Some(found), "") => found.iter().any(does),
        (Some(found), "forallvalues") => found.iter().filter(|value| !value.is_empty()).all(does),
        (Some(found), _) => found.iter().filter(|value| !value.is_empty()).any(does),
    }
}

fn compare(name: &str, value: &str, wanted: &str, context: &Context, variables: bool) -> bool {
    let text = |wanted: &str, wildcards| expand(wanted, wildcards, context, variables);
    match name {
        "stringequals" => text(wanted, false).is_some_and(|wanted| wanted == tokens(value, false)),
        "stringequalsignorecase" => text(wanted, false).is_some_and(|wanted| {
            let wanted: String =
                wanted.iter().map(|t| if let Token::Character(c) = t { *c } else { ' ' }).collect();
            wanted.to_lowercase() == value.to_lowercase()
        }),
        "stringlike" => text(wanted, true).is_some_and(|wanted| glob(&wanted, value)),
        "bool" => wanted.parse::<bool>().is_ok_and(|wanted| value.to_lowercase() == wanted.to_string()),
        "binaryequals" => value == wanted,
        "ipaddress" => in_block(value, wanted),
        "arnequals" | "arnlike" => {
            let six = |text: &str| text.matches(':').count() >= 5;
            six(value) && (wanted == "*" || six(wanted) && arn(wanted, value, context, variables))
        }
        _ => {
            let ordering = match name.strip_prefix("numeric") {
                Some(_) => value
                    .parse::<f64>()
                    .ok()
                    .zip(wanted.parse::<f64>().ok())
                    .and_then(|(a, b)| a.partial_cmp(&b)),
                None => date(value).zip(date(wanted)).map(|(a, b)| a.cmp(&b)),
            };
            ordering.is_some_and(|ordering| {
                match name.trim_start_matches("numeric").trim_start_matches("date") {
                    "equals" => ordering.is_eq(),
                    "lessthan" => ordering.is_lt(),
                    "lessthanequals" => ordering.is_le(),
                    "greaterthan" => ordering.is_gt(),
                    "greaterthanequals" => ordering.is_ge(),
                    other => panic!("{other}"),
                }
            })
        }
    }
}

/// Compares the bits as text.
fn in_block(address: &str, block: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    };
    let (block, prefix) = block.split_once('/').unwrap_or((block, "128"));
    let (Ok(address), Ok(block)) = (address.parse().map(bits), block.parse().map(bits)) else { return false };
    let prefix = prefix.parse::<usize>().unwrap().min(block.len());
    address.len() == block.len() && address[..prefix] == block[..prefix]
}

fn date(text: &str) -> Option<jiff::Timestamp> {
    let seconds = text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    seconds.or_else(|| text.parse().ok()).or_else(|| day().map(|day| day.timestamp()))
}

mod random;
