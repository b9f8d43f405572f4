//! Alarms as the API shows them.

use anabranch_api::Enumeration as _;
use anabranch_api::cloudwatch::{CompositeAlarm, MetricAlarm, MetricDataQuery, Statistic};
use anabranch_types::Timestamp;
use bytestring::ByteString;

use super::keys::Scope;
use super::stored::{CompositeWatch, MetricWatch, StoredAlarm};

pub(super) fn metric_alarm(scope: &Scope, alarm: &StoredAlarm, watch: &MetricWatch) -> MetricAlarm {
    let one = watch.one();
    let math = || watch.queries.iter().map(MetricDataQuery::from).collect();
    MetricAlarm {
        alarm_name: Some(alarm.name.as_str().into()),
        alarm_arn: Some(scope.arn(&alarm.name).into()),
        alarm_description: alarm.description.as_deref().map(Into::into),
        alarm_configuration_updated_timestamp: Some(Timestamp::from_millis(alarm.configured_ms)),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(texts(&alarm.ok_actions)),
        alarm_actions: Some(texts(&alarm.alarm_actions)),
        insufficient_data_actions: Some(texts(&alarm.insufficient_data_actions)),
        state_value: Some(alarm.state.value),
        state_reason: Some(alarm.state.reason.as_str().into()),
        state_reason_data: alarm.state.data.as_deref().map(Into::into),
        state_updated_timestamp: Some(alarm.state.updated()),
        state_transitioned_timestamp: Some(Timestamp::from_millis(alarm.state.transitioned_ms)),
        metric_name: one.and_then(|stat| stat.metric_name.as_deref()).map(Into::into),
        namespace: one.and_then(|stat| stat.namespace.as_deref()).map(Into::into),
        statistic: one.and_then(|stat| Statistic::of(&stat.stat)),
        extended_statistic: one
            .filter(|stat| Statistic::of(&stat.stat).is_none())
            .map(|stat| stat.stat.as_str().into()),
        dimensions: Some(one.map(|stat| stat.dimensions()).unwrap_or_default()),
        period: one.and_then(|stat| i32::try_from(stat.period).ok()),
        unit: one.and_then(|stat| stat.unit),
        evaluation_periods: i32::try_from(watch.evaluation_periods).ok(),
        datapoints_to_alarm: watch.datapoints_to_alarm.and_then(|m| i32::try_from(m).ok()),
        threshold: Some(watch.threshold),
        comparison_operator: Some(watch.comparison),
        treat_missing_data: watch.treat_missing_data.as_deref().map(Into::into),
        evaluate_low_sample_count_percentile: watch.evaluate_low_samples.as_deref().map(Into::into),
        metrics: watch.is_math.then(math),
        ..MetricAlarm::default()
    }
}

pub(super) fn composite_alarm(scope: &Scope, alarm: &StoredAlarm, watch: &CompositeWatch) -> CompositeAlarm {
    let suppressor = watch.suppressor.as_ref();
    let seconds = |seconds: u32| i32::try_from(seconds).ok();
    CompositeAlarm {
        alarm_name: Some(alarm.name.as_str().into()),
        alarm_arn: Some(scope.arn(&alarm.name).into()),
        alarm_description: alarm.description.as_deref().map(Into::into),
        alarm_configuration_updated_timestamp: Some(Timestamp::from_millis(alarm.configured_ms)),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(texts(&alarm.ok_actions)),
        alarm_actions: Some(texts(&alarm.alarm_actions)),
        insufficient_data_actions: Some(texts(&alarm.insufficient_data_actions)),
        alarm_rule: Some(watch.rule.as_str().into()),
        state_value: Some(alarm.state.value),
        state_reason: Some(alarm.state.reason.as_str().into()),
        state_reason_data: alarm.state.data.as_deref().map(Into::into),
        state_updated_timestamp: Some(alarm.state.updated()),
        state_transitioned_timestamp: Some(Timestamp::from_millis(alarm.state.transitioned_ms)),
        actions_suppressed_by: watch.suppressed_by,
        actions_suppressed_reason: watch
            .suppressed_by
            .map(|by| format!("Actions suppressed by {}", by.as_str()).into()),
        actions_suppressor: suppressor.map(|s| s.alarm.as_str().into()),
        actions_suppressor_wait_period: suppressor.and_then(|s| seconds(s.wait_seconds)),
        actions_suppressor_extension_period: suppressor.and_then(|s| seconds(s.extension_seconds)),
        ..CompositeAlarm::default()
    }
}

fn texts(texts: &[String]) -> Vec<ByteString> {
    texts.iter().map(|text| text.as_str().into()).collect()
}
