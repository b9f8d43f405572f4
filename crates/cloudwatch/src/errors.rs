//! Every sentence CloudWatch's callers can be told, one function each. Those marked "wording ours" have no recording of AWS.

use std::borrow::Cow;

use anabranch_api::ApiError;
use anabranch_api::cloudwatch::Error;

use super::finding::{Finding, shown};

/// A value outside what CloudWatch takes: CW PutMetricData, "NaN, +Infinity, -Infinity are not supported". Wording ours.
pub(super) fn invalid_value(value: &str, parameter: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The value {value} for parameter {parameter} is invalid.").into(),
    )
}

pub(super) fn collection_too_large(parameter: &str, most: usize) -> Error {
    Error::InvalidParameterValueException(
        format!("The collection {parameter} must not have a size greater than {most}.").into(),
    )
}

pub(super) fn mutually_exclusive(one: &str, other: &str) -> Error {
    Error::InvalidParameterCombinationException(
        format!("The parameters {one} and {other} are mutually exclusive and you have specified both.")
            .into(),
    )
}

pub(super) fn sizes_differ(one: &str, other: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The parameters {one} and {other} must be of the same size.").into(),
    )
}

pub(super) fn missing(parameter: &str) -> Error {
    Error::MissingRequiredParameterException(format!("The parameter {parameter} is required.").into())
}

/// Wording ours.
pub(super) fn nothing_measured(datum: &str) -> Error {
    Error::MissingRequiredParameterException(
        format!("At least one of the parameters {datum}.Value, {datum}.Values and {datum}.StatisticValues must be specified.")
            .into(),
    )
}

/// CW API MetricDatum: at most two weeks back.
pub(super) fn too_old(parameter: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The parameter {parameter} must specify a time within the past two weeks.").into(),
    )
}

/// CW API MetricDatum: at most two hours ahead.
pub(super) fn too_new(parameter: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The parameter {parameter} must specify a time no more than two hours in the future.").into(),
    )
}

pub(super) fn start_not_before_end() -> Error {
    Error::InvalidParameterValueException(
        "The parameter StartTime must be less than the parameter EndTime.".into(),
    )
}

pub(super) fn too_many_datapoints(requested: u64, most: u64) -> Error {
    Error::InvalidParameterCombinationException(
        format!(
            "You have requested up to {requested} datapoints, which exceeds the limit of {most}. \
             You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
        .into(),
    )
}

/// CW API GetMetricStatistics: 1, 5, 10, 20, 30 or a multiple of 60. Wording ours.
pub(super) fn invalid_period(parameter: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The parameter {parameter} must be 1, 5, 10, 20, 30, or a multiple of 60.").into(),
    )
}

/// CW API GetMetricStatistics: "you must specify either Statistics or ExtendedStatistics, but not both".
pub(super) fn no_statistics() -> Error {
    Error::InvalidParameterCombinationException("Must specify either Statistics or ExtendedStatistics".into())
}

/// GetMetricData's model names no error for what a query asks; AWS answers this code.
fn invalid_query(sentence: impl Into<Cow<'static, str>>) -> Error {
    Error::Other(ApiError::client("ValidationError", sentence))
}

pub(super) fn query_start_not_before_end() -> Error {
    invalid_query("The parameter StartTime must be less than the parameter EndTime.")
}

/// CW API GetMetricData, MetricDataQueries.
pub(super) fn too_many_queries(most: usize) -> Error {
    invalid_query(format!("The collection MetricDataQueries must not have a size greater than {most}."))
}

pub(super) fn invalid_id(id: &str, member: usize) -> Error {
    invalid_query(format!(
        "The value {id} for parameter MetricDataQueries.member.{member}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
    ))
}

pub(super) fn ids_not_unique() -> Error {
    invalid_query("The values for parameter id in MetricDataQueries are not unique.")
}

pub(super) fn query_lacks(parameter: &str) -> Error {
    invalid_query(format!("The parameter {parameter} is required."))
}

pub(super) fn query_says_both(one: &str, other: &str) -> Error {
    invalid_query(format!(
        "The parameters {one} and {other} are mutually exclusive and you have specified both."
    ))
}

pub(super) fn invalid_stat(value: &str, parameter: &str) -> Error {
    invalid_query(format!("The value {value} for parameter {parameter} is invalid."))
}

/// CW API MetricStat, Period. Wording ours.
pub(super) fn invalid_query_period(parameter: &str) -> Error {
    invalid_query(format!("The parameter {parameter} must be 1, 5, 10, 20, 30, or a multiple of 60."))
}

/// CW API MetricDataQuery, ReturnData. Wording ours.
pub(super) fn nothing_returned() -> Error {
    invalid_query("At least one of the MetricDataQueries must have ReturnData set to true.")
}

/// Wording ours.
pub(super) fn nothing_queried(query: &str) -> Error {
    invalid_query(format!("Either {query}.MetricStat or {query}.Expression must be specified."))
}

/// CW API GetMetricData, MaxDatapoints. Wording ours.
pub(super) fn invalid_points_max(asked: i32, most: usize) -> Error {
    invalid_query(format!("The value {asked} for parameter MaxDatapoints must be between 1 and {most}."))
}

/// Wording ours.
pub(super) fn invalid_next_token() -> Error {
    Error::InvalidNextToken("The specified next token is invalid.".into())
}

/// CW API MetricDataQuery, AccountId: an account that this one monitors, of which there are none here. Wording ours.
pub(super) fn account_not_linked(account: &str) -> Error {
    Error::InvalidParameterValueException(
        format!("The account {account} is not linked to this account.").into(),
    )
}

/// The beginning is AWS's; what is behind it is ours.
pub(super) fn invalid_expression(id: &str, why: &str) -> Error {
    invalid_query(format!("Error in expression '{id}': {why}"))
}

/// CW API GetMetricWidgetImage, OutputFormat; `image/png` is a difference to AWS, listed in docs/differences.md. Wording ours.
pub(super) fn no_such_format(format: &str) -> Error {
    invalid_query(match format {
        "image/png" => "OutputFormat image/png is not implemented by Anabranch.".to_owned(),
        _ => format!("The value {format} for parameter OutputFormat is invalid. Supported values are [png]."),
    })
}

/// CW API GetMetricWidgetImage: "Up to 100 KB uncompressed payload". Wording ours.
pub(super) fn widget_too_large(most: usize) -> Error {
    invalid_query(format!("The parameter MetricWidget must not be longer than {most} bytes."))
}

/// Wording ours, as that of dashboards.
pub(super) fn widget_not_json() -> Error {
    invalid_query("The parameter MetricWidget must be a valid JSON object")
}

/// In the form of what AWS finds wrong with dashboards.
pub(super) fn widget_invalid(found: &[Finding]) -> Error {
    let (count, shown) = (found.len(), shown(found));
    invalid_query(format!("The metric widget is invalid, there are {count} validation errors:\n{shown}"))
}

/// A limit of ours: docs/limits-cloudwatch.md.
pub(super) fn too_many_points(why: String) -> Error {
    invalid_query(why)
}

/// A limit of ours: docs/limits-cloudwatch.md.
pub(super) fn too_many_points_to_draw(requested: i64, most: i64) -> Error {
    invalid_query(format!(
        "You have requested up to {requested} datapoints, which exceeds the limit of {most}. \
         You may reduce the datapoints requested by increasing Period, or decreasing the time range."
    ))
}

/// ListMetrics' model names no other error for it. Wording ours.
pub(super) fn invalid_list_token() -> Error {
    Error::InvalidParameterValueException("The value for parameter NextToken is invalid.".into())
}

/// A limit of ours: docs/limits.md.
pub(super) fn too_many_metrics(most: usize) -> Error {
    Error::LimitExceededFault(
        format!("The limit of {most} metrics of an account and region is exceeded.").into(),
    )
}

/// Something in here failed; why is in the server's own log.
pub(super) fn internal() -> Error {
    Error::InternalServiceFault("Request processing has failed because of an internal error.".into())
}
