//! What CloudWatch tells whoever is notified of an alarm. The members are those of the notifications that AWS sends over SNS; of the
//! configuration, those of its events (CW User Guide, alarm events and EventBridge).

use anabranch_api::cloudwatch::StateValue;
use anabranch_types::Timestamp;
use serde_json::{Map, Value, json};

use super::keys::Scope;
use super::reason::instant;
use super::stored::{CompositeWatch, MetricWatch, QueriedStat, Query, StoredAlarm, Watch};

/// SNS API Publish, Subject: less than 100 characters.
const SUBJECT_CHARS_MAX: usize = 99;

/// `ALARM: "name" in eu-west-1`, cut where SNS would refuse it.
pub(super) fn subject(scope: &Scope, alarm: &StoredAlarm) -> String {
    let subject = format!("{}: \"{}\" in {}", alarm.state.value, alarm.name, region_name(scope));
    if subject.chars().count() <= SUBJECT_CHARS_MAX {
        return subject;
    }
    subject.chars().take(SUBJECT_CHARS_MAX - 3).chain("...".chars()).collect()
}

/// The message of a change of state, as a JSON text.
pub(super) fn message(scope: &Scope, alarm: &StoredAlarm, from: StateValue) -> String {
    let mut message = Map::new();
    let mut put = |name: &str, value: Value| message.insert(name.to_owned(), value);
    put("AlarmName", json!(alarm.name));
    put("AlarmDescription", json!(alarm.description));
    put("AWSAccountId", json!(scope.account.to_string()));
    put("AlarmConfigurationUpdatedTimestamp", json!(instant(Timestamp::from_millis(alarm.configured_ms))));
    put("NewStateValue", json!(alarm.state.value.as_str()));
    put("NewStateReason", json!(alarm.state.reason));
    put("StateChangeTime", json!(instant(alarm.state.updated())));
    put("Region", json!(region_name(scope)));
    put("AlarmArn", json!(scope.arn(&alarm.name)));
    put("OldStateValue", json!(from.as_str()));
    put("OKActions", json!(alarm.ok_actions));
    put("AlarmActions", json!(alarm.alarm_actions));
    put("InsufficientDataActions", json!(alarm.insufficient_data_actions));
    match &alarm.watch {
        Watch::Metric(watch) => {
            put("Trigger", trigger(watch));
        }
        Watch::Composite(watch) => {
            put("AlarmRule", json!(watch.rule));
            let data = alarm.state.data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok());
            let triggering = data.and_then(|data| data.get("triggeringAlarms").cloned());
            put("TriggeringChildren", triggering.unwrap_or_else(|| json!([])));
        }
    }
    Value::Object(message).to_string()
}

/// An alarm's configuration as its history shows it.
pub(super) fn configuration(scope: &Scope, alarm: &StoredAlarm) -> Value {
    let mut shown = json!({
        "alarmName": alarm.name,
        "alarmArn": scope.arn(&alarm.name),
        "alarmDescription": alarm.description,
        "actionsEnabled": alarm.actions_enabled,
        "okActions": alarm.ok_actions,
        "alarmActions": alarm.alarm_actions,
        "insufficientDataActions": alarm.insufficient_data_actions,
        "alarmConfigurationUpdatedTimestamp": instant(Timestamp::from_millis(alarm.configured_ms)),
    });
    let watched = match &alarm.watch {
        Watch::Metric(watch) => of_metric(watch),
        Watch::Composite(watch) => of_composite(watch),
    };
    if let (Value::Object(shown), Value::Object(watched)) = (&mut shown, watched) {
        shown.extend(watched);
    }
    shown
}

fn of_metric(watch: &MetricWatch) -> Value {
    let mut shown = json!({
        "evaluationPeriods": watch.evaluation_periods,
        "datapointsToAlarm": watch.datapoints_to_alarm,
        "threshold": watch.threshold,
        "comparisonOperator": watch.comparison.as_str(),
        "treatMissingData": watch.treat_missing_data,
        "evaluateLowSampleCountPercentile": watch.evaluate_low_samples,
    });
    match watch.one() {
        Some(stat) => {
            shown["namespace"] = json!(stat.namespace);
            shown["metricName"] = json!(stat.metric_name);
            shown["dimensions"] = dimensions(stat);
            shown["period"] = json!(stat.period);
            shown["statistic"] = json!(stat.stat);
        }
        None => shown["metrics"] = watch.queries.iter().map(query).collect(),
    }
    shown
}

fn of_composite(watch: &CompositeWatch) -> Value {
    let suppressor = watch.suppressor.as_ref();
    json!({
        "alarmRule": watch.rule,
        "actionsSuppressor": suppressor.map(|s| &s.alarm),
        "actionsSuppressorWaitPeriod": suppressor.map(|s| s.wait_seconds),
        "actionsSuppressorExtensionPeriod": suppressor.map(|s| s.extension_seconds),
    })
}

fn trigger(watch: &MetricWatch) -> Value {
    let mut trigger = Map::new();
    let mut put = |name: &str, value: Value| trigger.insert(name.to_owned(), value);
    match watch.one() {
        Some(stat) => {
            put("MetricName", json!(stat.metric_name));
            put("Namespace", json!(stat.namespace));
            let kind = if is_extended(&stat.stat) { "ExtendedStatistic" } else { "Statistic" };
            put("StatisticType", json!(kind));
            match kind {
                "Statistic" => put("Statistic", json!(as_notified(&stat.stat))),
                _ => put("ExtendedStatistic", json!(stat.stat)),
            };
            put("Unit", json!(stat.unit.map(|unit| unit.as_str())));
            put("Dimensions", dimensions(stat));
            put("Period", json!(stat.period));
        }
        None => {
            put("Period", json!(watch.period_seconds()));
            put("Metrics", watch.queries.iter().map(query).collect());
        }
    }
    put("EvaluationPeriods", json!(watch.evaluation_periods));
    if let Some(datapoints) = watch.datapoints_to_alarm {
        put("DatapointsToAlarm", json!(datapoints));
    }
    put("ComparisonOperator", json!(watch.comparison.as_str()));
    put("Threshold", json!(watch.threshold));
    put("TreatMissingData", json!(watch.treat_missing_data.as_deref().unwrap_or("missing")));
    put("EvaluateLowSampleCountPercentile", json!(watch.evaluate_low_samples.as_deref().unwrap_or("")));
    trigger.into()
}

fn query(query: &Query) -> Value {
    let mut shown = Map::new();
    shown.insert("Id".to_owned(), json!(query.id));
    if let Some(expression) = &query.expression {
        shown.insert("Expression".to_owned(), json!(expression));
    }
    if let Some(label) = &query.label {
        shown.insert("Label".to_owned(), json!(label));
    }
    if let Some(stat) = &query.stat {
        let metric = json!({
            "Dimensions": dimensions(stat), "MetricName": stat.metric_name, "Namespace": stat.namespace,
        });
        let stat = json!({"Metric": metric, "Period": stat.period, "Stat": stat.stat});
        shown.insert("MetricStat".to_owned(), stat);
    }
    shown.insert("ReturnData".to_owned(), json!(query.return_data.unwrap_or(true)));
    shown.into()
}

fn dimensions(stat: &QueriedStat) -> Value {
    stat.dimensions.iter().map(|(name, value)| json!({"value": value, "name": name})).collect()
}

/// Whether a statistic is none of the five plain ones.
pub(super) fn is_extended(stat: &str) -> bool {
    !matches!(stat, "SampleCount" | "Average" | "Sum" | "Minimum" | "Maximum")
}

/// In notifications statistics stand in capitals, `SAMPLE_COUNT` for `SampleCount`.
fn as_notified(stat: &str) -> String {
    if stat == "SampleCount" { "SAMPLE_COUNT".to_owned() } else { stat.to_ascii_uppercase() }
}

/// AWS writes out the region's name, as in "US East (N. Virginia)"; of regions we know only the code.
fn region_name(scope: &Scope) -> &str {
    scope.region.as_str()
}
