//! Every sentence that callers of the operations on alarms can be told. Those marked "wording ours" have no recording of AWS; the others are
//! from recordings of AWS that its emulators keep, or from the API reference.

use std::fmt::Display;

use anabranch_api::ApiError;
use anabranch_api::cloudwatch::Error;

use super::limits::{ALARMS_MAX, CHILDREN_MAX, COMPOSITES_PER_DELETION_MAX, QUERIES_MAX, TAGS_MAX};

/// The code of refusals that CloudWatch's model does not name.
fn validation(message: impl Into<String>) -> Error {
    Error::Other(ApiError::client("ValidationError", message.into()))
}

pub(super) fn no_such_treatment(value: &str) -> Error {
    validation(format!(
        "The value {value} is not supported for TreatMissingData parameter. Supported values are [breaching, notBreaching, ignore, missing]."
    ))
}

pub(super) fn no_such_low_sample_option(value: &str) -> Error {
    validation(format!(
        "Option {value} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore."
    ))
}

pub(super) fn no_such_statistic(value: &str) -> Error {
    validation(format!("The value {value} for parameter ExtendedStatistic is not supported."))
}

pub(super) fn period_not_allowed() -> Error {
    validation("Period must be 10, 20, 30 or a multiple of 60")
}

pub(super) fn range_too_long(most: i64) -> Error {
    let (days, seconds) =
        if most > super::limits::RANGE_SECONDS_MAX { ("seven days", most) } else { ("a day", most) };
    validation(format!(
        "Metrics cannot be checked across more than {days} (EvaluationPeriods * Period must be <= {seconds})."
    ))
}

/// Wording ours.
pub(super) fn required(parameter: &str) -> Error {
    validation(format!("The parameter {parameter} is required."))
}

/// Wording ours.
pub(super) fn not_together(one: &str, other: &str) -> Error {
    validation(format!("The parameters {one} and {other} cannot be specified together."))
}

/// CW API PutMetricAlarm, DatapointsToAlarm. Wording ours.
pub(super) fn more_to_alarm_than_periods() -> Error {
    validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
}

/// CW API PutMetricAlarm, Threshold. Wording ours.
pub(super) fn threshold_not_finite() -> Error {
    validation("Threshold must be a finite number.")
}

pub(super) fn not_one_returned() -> Error {
    validation("Metrics list must contain exactly one metric matching the ReturnData condition")
}

/// Wording ours.
pub(super) fn too_many_queries() -> Error {
    validation(format!("Metrics list must contain no more than {QUERIES_MAX} metrics."))
}

/// Wording ours.
pub(super) fn query_of_neither_or_both(id: &str) -> Error {
    validation(format!("Exactly one of MetricStat and Expression must be specified for metric {id}."))
}

/// Wording ours.
pub(super) fn query_invalid(id: &str, why: &dyn Display) -> Error {
    validation(format!("Error in expression '{id}': {why}"))
}

/// A difference to AWS, listed in docs/differences.md. Wording ours.
pub(super) fn not_implemented(parameter: &str) -> Error {
    validation(format!("{parameter} is not implemented by Anabranch."))
}

/// Wording ours.
pub(super) fn action_not_an_arn(action: &str) -> Error {
    validation(format!("Invalid arn syntax: {action}"))
}

/// Wording ours.
pub(super) fn name_taken_by_other_type(name: &str) -> Error {
    validation(format!("An alarm of another type has the name {name}."))
}

pub(super) fn too_many_tags() -> Error {
    validation(format!("An alarm can have no more than {TAGS_MAX} tags."))
}

/// Wording ours.
pub(super) fn too_many_alarms() -> Error {
    Error::LimitExceededFault(format!("The maximum of {ALARMS_MAX} alarms has been reached.").into())
}

/// CW API DeleteAlarms, SetAlarmState. Wording ours.
pub(super) fn no_such_alarm(name: &str) -> Error {
    Error::ResourceNotFound(format!("The alarm {name} does not exist.").into())
}

/// CW API SetAlarmState, InvalidFormatFault. Wording ours.
pub(super) fn reason_data_not_json() -> Error {
    Error::InvalidFormatFault("StateReasonData was not syntactically valid JSON.".into())
}

/// Wording ours.
pub(super) fn too_many_composites() -> Error {
    validation(format!(
        "No more than {COMPOSITES_PER_DELETION_MAX} composite alarm can be deleted in one operation."
    ))
}

/// CW API PutCompositeAlarm: an alarm that a rule refers to cannot be deleted. Wording ours.
pub(super) fn is_referred_to(name: &str, by: &str) -> Error {
    Error::ResourceConflict(
        shortened(format!("Could not delete alarm {name} as the composite alarm {by} depends on it.")).into(),
    )
}

pub(super) fn children_do_not_exist(arns: &[String]) -> Error {
    validation(format!(
        "Could not save the composite alarm as alarms [{}] in the alarm rule do not exist",
        arns.join(", ")
    ))
}

/// Wording ours.
pub(super) fn rule_refers_to_itself() -> Error {
    validation("Could not save the composite alarm as its alarm rule refers to itself")
}

/// Wording ours.
pub(super) fn rule_invalid(why: &dyn Display) -> Error {
    validation(format!("Error in alarm rule: {why}"))
}

pub(super) fn too_many_children() -> Error {
    validation(format!("The alarm rule refers to more than {CHILDREN_MAX} alarms."))
}

/// CW API PutCompositeAlarm, ActionsSuppressorWaitPeriod. Wording ours.
pub(super) fn suppressor_needs_both_periods() -> Error {
    validation(
        "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be specified with ActionsSuppressor and not be negative.",
    )
}

/// Wording ours.
pub(super) fn no_such_suppressor(name: &str) -> Error {
    validation(format!("The actions suppressor {name} does not exist."))
}

/// Wording ours.
pub(super) fn names_and_prefix() -> Error {
    validation("AlarmNames and AlarmNamePrefix cannot be specified together.")
}

/// CW API DescribeAlarms, ChildrenOfAlarmName and ParentsOfAlarmName. Wording ours.
pub(super) fn family_with_other_filters(parameter: &str) -> Error {
    validation(format!("{parameter} can be specified together with MaxRecords and NextToken only."))
}

pub(super) fn invalid_token() -> Error {
    Error::InvalidNextToken("The next token specified is invalid.".into())
}

/// Wording ours.
pub(super) fn start_after_end() -> Error {
    validation("StartDate must not be after EndDate.")
}

pub(super) fn not_an_alarm(arn: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The parameter ResourceARN is not the ARN of an alarm: {arn}").into(),
    )
}

/// CW API TagResource. Wording ours.
pub(super) fn nothing_of_this_arn() -> Error {
    Error::ResourceNotFoundException("The specified resource does not exist.".into())
}

/// Wording ours.
pub(super) fn tag_invalid(why: &str) -> Error {
    Error::InvalidParameterValueException(format!("The parameter Tags is invalid: {why}").into())
}

pub(super) fn internal() -> Error {
    crate::errors::internal()
}

/// CW's messages have 255 characters at the most.
fn shortened(text: String) -> String {
    if text.chars().count() <= 255 { text } else { text.chars().take(252).chain("...".chars()).collect() }
}
