//! Every sentence a client of DynamoDB can be told, as AWS words it (docs/differences.md names where it is not known).

mod batches;
mod conditions;
mod expressions;
mod reads;
mod tables;
mod values;

use std::fmt::Display;

use anabranch_api::ApiError;
use anabranch_api::dynamodb::Error;
use anabranch_catalog::CatalogError;

pub(crate) use batches::*;
pub(crate) use conditions::*;
pub(crate) use expressions::*;
pub(crate) use reads::*;
pub(crate) use tables::*;
pub(crate) use values::*;

/// Before most sentences about values.
const INVALID: &str = "One or more parameter values were invalid: ";

/// The request is not one that DynamoDB takes.
pub(crate) fn validation(sentence: impl Into<String>) -> Error {
    Error::Other(ApiError::client("ValidationException", sentence.into()))
}

fn invalid(sentence: impl Display) -> Error {
    validation(format!("{INVALID}{sentence}"))
}

/// Something failed in here; the log says what.
pub(crate) fn internal() -> Error {
    Error::InternalServerError("Internal server error".into())
}

/// The catalog failed.
pub(crate) fn catalog(error: &CatalogError) -> Error {
    tracing::error!(error = error as &dyn std::error::Error, "the catalog failed a call of DynamoDB");
    internal()
}

pub(crate) fn not_supported(what: &str) -> Error {
    validation(format!("{what} is not supported by Anabranch"))
}
