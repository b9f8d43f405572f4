//! Every sentence that callers of the operations on dashboards can be told.

use anabranch_api::cloudwatch::Error;

use super::{DASHBOARDS_MAX, NAME_CHARS_MAX};
use crate::finding::{Finding, shown};

/// CW API PutDashboard, DashboardName. Wording ours.
pub(super) fn name_invalid(name: &str) -> Error {
    Error::DashboardInvalidInputError(
        format!("The value {name} for field DashboardName is invalid: 1 to {NAME_CHARS_MAX} of A-Z, a-z, 0-9, \"-\" and \"_\" are valid.")
            .into(),
    )
}

pub(super) fn not_json() -> Error {
    Error::DashboardInvalidInputError("The field DashboardBody must be a valid JSON object".into())
}

/// As AWS's users publish it.
pub(super) fn body_invalid(findings: &[Finding]) -> Error {
    let (count, shown) = (findings.len(), shown(findings));
    Error::DashboardInvalidInputError(
        format!("The dashboard body is invalid, there are {count} validation errors:\n{shown}").into(),
    )
}

/// Wording ours.
pub(super) fn body_too_large(most: usize) -> Error {
    Error::DashboardInvalidInputError(
        format!("The field DashboardBody must not be longer than {most} bytes.").into(),
    )
}

/// Wording ours.
pub(super) fn too_many() -> Error {
    Error::DashboardInvalidInputError(
        format!("The maximum of {DASHBOARDS_MAX} dashboards has been reached.").into(),
    )
}

/// A difference to AWS, listed in docs/differences.md. Wording ours.
pub(super) fn no_tags() -> Error {
    Error::DashboardInvalidInputError("Tags of dashboards are not implemented by Anabranch.".into())
}

pub(super) fn no_such_dashboard(name: &str) -> Error {
    Error::DashboardNotFoundError(format!("Dashboard {name} does not exist").into())
}

/// Wording ours.
pub(super) fn nothing_named() -> Error {
    Error::InvalidParameterValueException("The parameter DashboardNames must not be empty.".into())
}

/// Wording ours.
pub(super) fn too_many_named(most: usize) -> Error {
    Error::InvalidParameterValueException(
        format!("The collection DashboardNames must not have a size greater than {most}.").into(),
    )
}

/// Wording ours.
pub(super) fn invalid_token() -> Error {
    Error::InvalidParameterValueException("The value for parameter NextToken is invalid.".into())
}

/// Wording ours.
pub(super) fn conflict() -> Error {
    Error::ConflictException("The dashboard is being changed by another request.".into())
}
