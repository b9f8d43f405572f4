//! Every sentence CloudWatch's callers can be told, one function each. Those marked "wording ours" have no recording of AWS.

use anabranch_api::cloudwatch::Error;

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
pub(super) fn invalid_period() -> Error {
    Error::InvalidParameterValueException(
        "The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.".into(),
    )
}

/// CW API GetMetricStatistics: "you must specify either Statistics or ExtendedStatistics, but not both".
pub(super) fn no_statistics() -> Error {
    Error::InvalidParameterCombinationException("Must specify either Statistics or ExtendedStatistics".into())
}

/// A difference to AWS, listed in docs/differences.md. Wording ours.
pub(super) fn no_extended_statistics() -> Error {
    Error::InvalidParameterValueException("ExtendedStatistics are not implemented by Anabranch.".into())
}

/// Something in here failed; why is in the server's own log.
pub(super) fn internal() -> Error {
    Error::InternalServiceFault("Request processing has failed because of an internal error.".into())
}
