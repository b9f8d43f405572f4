//! The metrics of a widget.

use std::collections::BTreeSet;

use anabranch_api::cloudwatch::{Dimension, Metric, MetricDataQuery, MetricStat};
use anabranch_types::{AccountId, Region};
use bytestring::ByteString;
use serde_json::Value;

use super::fields::{Findings, Part, SIDES};
use super::picture::{Color, Side};
use crate::statistic::Stat;

/// CW API GetMetricWidgetImage: "As many as 100 metrics in the graph".
const METRICS_MAX: usize = 100;
/// CW API Dimension.
const DIMENSIONS_MAX: usize = 30;
/// CW API, metric widget structure: the least period that is a multiple of a minute, and those below it.
const MINUTE: u32 = 60;
const PERIODS_BELOW_MINUTE: [u32; 5] = [1, 5, 10, 20, 30];
/// What data are kept for (CW API PutMetricData, 455 days).
const PERIOD_MAX: u32 = 455 * 86_400;

/// A metric or an expression, and how its line is to look.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub query: MetricDataQuery,
    pub label: Option<String>,
    pub color: Option<Color>,
    pub side: Side,
}

/// What holds of metrics that do not say otherwise.
pub(super) struct Defaults<'a> {
    pub period_seconds: u32,
    pub stat: &'a str,
    pub account: AccountId,
    pub region: &'a Region,
}

pub(super) fn entries(widget: &Part<'_>, defaults: &Defaults<'_>, found: &mut Findings) -> Vec<Entry> {
    if !widget.has("metrics") {
        found.add(&widget.path, "Should have required property 'metrics'");
    }
    let all = widget.list("metrics", found);
    if widget.get("metrics").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        found.add(&widget.at("metrics"), "Should NOT have less than 1 items");
    }
    if all.len() > METRICS_MAX {
        found.add(&widget.at("metrics"), format!("Should NOT have more than {METRICS_MAX} items"));
        return Vec::new();
    }
    let (mut entries, mut before): (Vec<Entry>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut ids = BTreeSet::new();
    for (path, value) in all {
        let Some(items) = value.as_array() else {
            found.add(&path, "Should be array");
            continue;
        };
        if let Some(entry) = entry(&path, items, &mut before, defaults, found) {
            if !entry.query.id.is_empty() && !ids.insert(entry.query.id.clone()) {
                found.add(&path, format!("The id '{}' is not unique", entry.query.id));
            }
            entries.push(entry);
        }
    }
    name(&mut entries, &ids);
    entries
}

fn entry<'a>(
    path: &str,
    items: &'a [Value],
    before: &mut Vec<&'a str>,
    defaults: &Defaults<'_>,
    found: &mut Findings,
) -> Option<Entry> {
    let (names, options) = match items.split_last() {
        None => {
            found.add(path, "Should NOT have less than 1 items");
            return None;
        }
        Some((options @ Value::Object(_), names)) => (names, Some((options, names.len()))),
        Some(_) => (items, None),
    };
    let nothing = Value::Object(serde_json::Map::new());
    let (options, place) = match options {
        Some((options, at)) => (options, format!("{path}/{at}")),
        None => (&nothing, path.to_owned()),
    };
    let options = Part::of(options, place, found)?;
    let mut query = match options.text("expression", found) {
        Some(_) if !names.is_empty() => {
            found.add(path, "Should be either a metric or an expression");
            return None;
        }
        Some(expression) => MetricDataQuery {
            expression: Some(expression.into()),
            period: i32::try_from(defaults.period_seconds).ok(),
            ..MetricDataQuery::default()
        },
        None => {
            let names = resolve(path, names, before, found)?;
            let stat = stat(&options, found).unwrap_or(defaults.stat);
            let period = period(&options, found).unwrap_or(defaults.period_seconds);
            MetricDataQuery {
                metric_stat: Some(metric_stat(&names, stat, period)),
                ..MetricDataQuery::default()
            }
        }
    };
    refuse_elsewhere(&options, defaults, found);
    let id = options.text("id", found).unwrap_or_default();
    if options.has("id") && !is_id(id) {
        found.add(&options.at("id"), "Should match pattern \"^[a-z][a-zA-Z0-9_]*$\"");
    }
    query.id = id.into();
    query.return_data = Some(options.flag("visible", found).unwrap_or(true));
    Some(Entry {
        query,
        label: options.text("label", found).filter(|label| !label.is_empty()).map(str::to_owned),
        color: options.color("color", found),
        side: options.choice("yAxis", &SIDES, found).unwrap_or_default(),
    })
}

/// The names of a metric, those that are as in the one before it put in.
fn resolve<'a>(
    path: &str,
    names: &'a [Value],
    before: &mut Vec<&'a str>,
    found: &mut Findings,
) -> Option<Vec<&'a str>> {
    let mut resolved: Vec<&'a str> = Vec::with_capacity(names.len());
    for (n, name) in names.iter().enumerate() {
        match name.as_str() {
            Some(".") => match before.get(n) {
                Some(same) => resolved.push(same),
                None => {
                    found.add(&format!("{path}/{n}"), "There is nothing before it to be the same as");
                    return None;
                }
            },
            Some(name) => resolved.push(name),
            None => {
                found.add(&format!("{path}/{n}"), "Should be string");
                return None;
            }
        }
    }
    let rule = match resolved.len() {
        0 | 1 => Some("Should NOT have less than 2 items".to_owned()),
        n if n % 2 == 1 => Some("Should have a value for each dimension".to_owned()),
        n if n > 2 + 2 * DIMENSIONS_MAX => {
            Some(format!("Should NOT have more than {DIMENSIONS_MAX} dimensions"))
        }
        _ => None,
    };
    if let Some(rule) = rule {
        found.add(path, rule);
        return None;
    }
    *before = resolved.clone();
    Some(resolved)
}

fn metric_stat(names: &[&str], stat: &str, period_seconds: u32) -> MetricStat {
    let dimension = |pair: &[&str]| Dimension { name: pair[0].into(), value: pair[1].into() };
    let (of, dimensions) = names.split_at(2.min(names.len()));
    MetricStat {
        metric: Metric {
            namespace: of.first().map(|name| (*name).into()),
            metric_name: of.get(1).map(|name| (*name).into()),
            dimensions: Some(dimensions.chunks_exact(2).map(dimension).collect()),
        },
        period: i32::try_from(period_seconds).unwrap_or(i32::MAX),
        stat: stat.into(),
        unit: None,
    }
}

/// The statistic that an object names.
pub(super) fn stat<'a>(part: &Part<'a>, found: &mut Findings) -> Option<&'a str> {
    let stat = part.text("stat", found)?;
    if Stat::parse(stat).is_none() {
        found.add(&part.at("stat"), "Should be a valid statistic");
    }
    Some(stat)
}

/// The period that an object names, in seconds.
pub(super) fn period(part: &Part<'_>, found: &mut Findings) -> Option<u32> {
    let period = part.integer("period", 1, PERIOD_MAX, found)?;
    if !PERIODS_BELOW_MINUTE.contains(&period) && period % MINUTE != 0 {
        found.add(&part.at("period"), "Should be 1, 5, 10, 20, 30 or a multiple of 60");
    }
    Some(period)
}

/// Metrics of other regions and accounts are not drawn.
fn refuse_elsewhere(options: &Part<'_>, defaults: &Defaults<'_>, found: &mut Findings) {
    if options.text("region", found).is_some_and(|region| region != defaults.region.as_str()) {
        found.add(&options.at("region"), "Should be the local Region");
    }
    if options.text("accountId", found).is_some_and(|account| account != defaults.account.to_string()) {
        found.add(&options.at("accountId"), "Should be the account of the caller");
    }
}

/// CW API, metric widget structure, id.
fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Gives those without an id one that nobody else has.
fn name(entries: &mut [Entry], ids: &BTreeSet<ByteString>) {
    let mut free = (1..).map(|n| ByteString::from(format!("unnamed{n}"))).filter(|id| !ids.contains(id));
    for entry in entries.iter_mut().filter(|entry| entry.query.id.is_empty()) {
        entry.query.id = free.next().unwrap_or_default();
    }
}
