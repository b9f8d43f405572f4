//! What an operation has to show before it counts as tested: a success, every error of its model, both sides of each edge.

use std::fmt;

use crate::coverage::evidence::Call;
use crate::model::{Kind, Model, Operation, Shape};

/// Something traffic has to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// A call that succeeded.
    Success,
    /// A call that was answered with this error.
    Error(String),
    /// Calls with a member at its limit, accepted, and one beyond it, refused.
    Edge { path: String, side: Side, limit: f64 },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Min,
    Max,
}

/// Members nest this deep in what is demanded: recursive shapes end here.
const DEPTH_MAX: usize = 5;

/// Everything demanded of an operation.
pub fn demands(model: &Model, operation: &Operation) -> Vec<Demand> {
    let mut all = vec![Demand::Success];
    all.extend(operation.errors.iter().cloned().map(Demand::Error));
    if let Some(input) = &operation.input {
        members(model, model.shape(&input.shape), "", 0, &mut all);
    }
    all
}

fn members(model: &Model, shape: &Shape, parent: &str, depth: usize, all: &mut Vec<Demand>) {
    for (name, reference) in &shape.members {
        let path = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
        value(model, &reference.shape, &path, depth + 1, all);
    }
}

fn value(model: &Model, name: &str, path: &str, depth: usize, all: &mut Vec<Demand>) {
    if depth > DEPTH_MAX {
        return;
    }
    let shape = model.shape(name);
    edges(shape, path, all);
    match shape.kind {
        Kind::Structure => members(model, shape, path, depth, all),
        Kind::List => {
            let member = shape.member.iter();
            member.for_each(|m| value(model, &m.shape, &format!("{path}[]"), depth + 1, all));
        }
        Kind::Map => {
            let inner = shape.value.iter();
            inner.for_each(|v| value(model, &v.shape, &format!("{path}{{}}"), depth + 1, all));
        }
        _ => {}
    }
}

fn edges(shape: &Shape, path: &str, all: &mut Vec<Demand>) {
    if shape.values.is_some() {
        return;
    }
    let counts = matches!(shape.kind, Kind::String | Kind::Blob | Kind::List | Kind::Map);
    let limit = |n: &Option<serde_json::Number>| n.as_ref().and_then(serde_json::Number::as_f64);
    if let Some(limit) = limit(&shape.min).filter(|min| !counts || *min > 0.0) {
        all.push(Demand::Edge { path: path.to_owned(), side: Side::Min, limit });
    }
    if let Some(limit) = limit(&shape.max) {
        all.push(Demand::Edge { path: path.to_owned(), side: Side::Max, limit });
    }
}

impl Demand {
    /// Whether the calls show it.
    pub fn is_shown_by(&self, calls: &[Call]) -> bool {
        match self {
            Demand::Success => calls.iter().any(|c| c.code.is_none()),
            Demand::Error(code) => calls.iter().any(|c| c.code.as_ref() == Some(code)),
            Demand::Edge { path, side, limit } => {
                let reached =
                    |call: &Call| call.sizes.get(path).map(|[least, greatest]| side.of(*least, *greatest));
                let at_limit = || calls.iter().filter(|c| reached(c) == Some(*limit));
                let beyond = limit + side.step();
                let refused = |c: &&Call| c.code.is_some() && reached(c) == Some(beyond);
                // At its limit a value has passed if the call was answered otherwise than beyond it: a name of 128 characters
                // that names nothing is ResourceNotFoundException.
                calls.iter().filter(refused).any(|b| at_limit().any(|a| a.code != b.code))
            }
        }
    }

    /// As operations.toml names it under `unraisable`, after the operation.
    pub fn key(&self) -> String {
        match self {
            Demand::Success => "success".to_owned(),
            Demand::Error(code) => code.clone(),
            Demand::Edge { path, side, .. } => format!("{path}.{side}"),
        }
    }
}

impl Side {
    fn of(self, least: f64, greatest: f64) -> f64 {
        match self {
            Side::Min => least,
            Side::Max => greatest,
        }
    }

    fn step(self) -> f64 {
        match self {
            Side::Min => -1.0,
            Side::Max => 1.0,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Min => "min",
            Side::Max => "max",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::evidence::Evidence;
    use crate::sources::Sources;

    fn shown(lines: &str) -> Vec<String> {
        let sources = Sources::read().expect("models/ is readable");
        let at = sources.services.iter().position(|s| s.name == "kinesis").expect("there is Kinesis");
        let model = &sources.models[at];
        let mut evidence = Evidence::default();
        evidence.add(lines).expect("the lines are JSON");
        let calls = evidence.calls("kinesis", "PutRecords");
        let demands = demands(model, &model.operations["PutRecords"]);
        demands.iter().filter(|d| d.is_shown_by(calls)).map(Demand::key).collect()
    }

    fn line(passed: bool, code: &str, path: &str, least: u32, greatest: u32) -> String {
        format!(
            r#"{{"client":"x","row":"r","passed":{passed},"service":"kinesis","operation":"PutRecords","status":null,"code":{code},"sizes":{{"{path}":[{least},{greatest}]}}}}"#
        )
    }

    #[test]
    fn an_edge_is_shown_by_the_limit_accepted_and_one_more_refused() {
        let key = "Records[].PartitionKey";
        let at_limit = line(true, "null", key, 1, 256);
        let beyond = line(true, r#""ValidationException""#, key, 1, 257);
        let below = line(true, r#""ValidationException""#, key, 0, 0);
        assert_eq!(shown(&at_limit), ["success"]);
        assert_eq!(shown(&beyond), Vec::<String>::new());
        let otherwise = line(true, r#""ResourceNotFoundException""#, key, 1, 256);
        let seen = ["ResourceNotFoundException", "Records[].PartitionKey.max"];
        assert_eq!(shown(&format!("{otherwise}\n{beyond}")), seen);
        assert_eq!(shown(&format!("{at_limit}\n{beyond}")), ["success", "Records[].PartitionKey.max"]);
        assert_eq!(shown(&format!("{at_limit}\n{below}")), ["success", "Records[].PartitionKey.min"]);
    }

    #[test]
    fn a_row_that_did_not_hold_is_no_evidence() {
        assert_eq!(shown(&line(false, "null", "Records", 1, 500)), Vec::<String>::new());
    }
}
