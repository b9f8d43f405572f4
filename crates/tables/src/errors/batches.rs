//! Batches and transactions.

use anabranch_api::ApiError;
use anabranch_api::dynamodb::{AttributeValue, Error};
use anabranch_wire::Encoder;
use bytestring::ByteString;

use super::conditions::{members, write_item};
use super::validation;

/// One action of a transaction that was cancelled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reason {
    pub code: Option<&'static str>,
    pub message: Option<String>,
    pub item: Option<Vec<(ByteString, AttributeValue)>>,
}

pub(crate) fn cancelled(reasons: &[Reason]) -> Error {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.unwrap_or("None")).collect();
    let sentence = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let members = members(|e| {
        e.member("CancellationReasons");
        e.begin_list(anabranch_wire::ListForm::MEMBER, reasons.len());
        for reason in reasons {
            e.element();
            e.begin_structure();
            e.member("Code");
            e.string(reason.code.unwrap_or("None"));
            if let Some(message) = &reason.message {
                e.member("Message");
                e.string(message);
            }
            if let Some(item) = &reason.item {
                e.member("Item");
                write_item(e, item);
            }
            e.end_structure();
        }
        e.end_list();
    });
    Error::Other(ApiError {
        members: Some(members),
        ..ApiError::client("TransactionCanceledException", sentence)
    })
}

pub(crate) fn token_reused() -> Error {
    Error::IdempotentParameterMismatchException(
        "The provided idempotency token was already used with different parameters".into(),
    )
}

pub(crate) fn batch_too_many_writes() -> Error {
    validation("Too many items requested for the BatchWriteItem call")
}

pub(crate) fn batch_too_many_keys() -> Error {
    validation("Too many items requested for the BatchGetItem call")
}

pub(crate) fn write_request_of_one() -> Error {
    validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

pub(crate) fn transaction_action_of_one() -> Error {
    validation("TransactItems can only contain one of Check, Put, Update or Delete")
}

pub(crate) fn transaction_same_item() -> Error {
    validation("Transaction request cannot include multiple operations on one item")
}

pub(crate) fn transaction_too_large() -> Error {
    validation("Transaction request cannot exceed 4 MB")
}
