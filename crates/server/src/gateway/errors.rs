//! Every sentence the gateway itself tells a client, and how large bodies may be.

use anabranch_api::{ApiError, Fault, Service};
use anabranch_wire::{Malformed, Protocol, Violations};

/// Most bytes of a request to Kinesis: 10 MiB of data and keys (API_PutRecords), in base64, with what is around them.
pub(super) const KINESIS_BODY_BYTES_MAX: usize = 16 << 20;
/// Most bytes of a request to DynamoDB: 16 MB of BatchWriteItem (API_BatchWriteItem).
pub(super) const DYNAMODB_BODY_BYTES_MAX: usize = 16 << 20;
/// Most bytes of a form: AWS takes 1 MB of PutMetricData (API_PutMetricData).
pub(super) const FORM_BODY_BYTES_MAX: usize = 1 << 20;
/// Most bytes of a request to another service: Lambda takes 6 MB of Invoke (Lambda quotas), in base64 where it is in JSON.
pub(super) const BODY_BYTES_MAX: usize = 8 << 20;

/// The content type of documents in frames.
pub(super) const FRAME_DOCUMENT_TYPE: &str = "application/json";

/// The member in which an error says its sentence: SerializationException has a capital (kinesalite, test/helpers.js), and so has
/// TransactionCanceledException (DynamoDB's model).
pub(super) fn message_member(code: &str) -> &'static str {
    match code {
        "SerializationException" | "TransactionCanceledException" => "Message",
        _ => "message",
    }
}

/// How large a body of this service may be.
pub(super) fn body_bytes_max(signing_name: &str) -> usize {
    match signing_name {
        "kinesis" => KINESIS_BODY_BYTES_MAX,
        "dynamodb" => DYNAMODB_BODY_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    }
}

/// The model has the operation, we have not. A status of 5xx would be retried by every SDK.
pub(super) fn not_built(protocol: Protocol, operation: &str) -> ApiError {
    let code = if protocol == Protocol::Query { "InvalidAction" } else { "UnknownOperationException" };
    let version = env!("CARGO_PKG_VERSION");
    ApiError::client(code, format!("{operation} is not implemented by Anabranch {version}"))
}

/// No model has the operation. AWS says nothing more (kinesalite, test/connection.js).
pub(super) fn no_such_operation(protocol: Protocol) -> ApiError {
    let status = match protocol {
        // Smithy RPC v2 CBOR, "Responses"; Lambda likewise.
        Protocol::RpcV2Cbor | Protocol::RestJson => 404,
        _ => 400,
    };
    ApiError { status, message: None, ..ApiError::client("UnknownOperationException", "") }
}

/// A form asks for an action that no model has, in this version.
pub(super) fn no_such_action(action: Option<&str>, version: Option<&str>) -> ApiError {
    match action {
        None => ApiError::client("MissingAction", "Missing Action"),
        Some(action) => ApiError::client(
            "InvalidAction",
            format!(
                "Could not find operation {action} for version {}",
                version.unwrap_or("NO_VERSION_SPECIFIED")
            ),
        ),
    }
}

/// The body is no document of the protocol, or a value has the wrong type.
pub(super) fn serialization(protocol: Protocol, malformed: &Malformed) -> ApiError {
    let code = if protocol == Protocol::Query { "MalformedQueryString" } else { "SerializationException" };
    let message = malformed.message.clone();
    ApiError { message, ..ApiError::client(code, "") }
}

/// What the request breaks of its model.
pub(super) fn validation(service: &Service, protocol: Protocol, violations: &Violations) -> ApiError {
    let usual = if protocol == Protocol::Query { "ValidationError" } else { "ValidationException" };
    let code = service.violation_code.unwrap_or(usual);
    ApiError::client(code, violations.to_string())
}

/// The body is larger than the service takes.
pub(super) fn too_large() -> ApiError {
    ApiError {
        status: 413,
        ..ApiError::client("RequestEntityTooLargeException", "Request body is too large")
    }
}

/// The body is not compressed as its head says. AWS documents no answer to that; the code is that of any document that is none.
pub(super) fn garbled() -> ApiError {
    ApiError::client("SerializationException", "The request's body is not gzip, as its Content-Encoding says")
}

/// The client stopped sending its body.
pub(super) fn silent() -> ApiError {
    ApiError {
        status: 408,
        ..ApiError::client("RequestTimeoutException", "The request's body did not arrive in time")
    }
}

/// What is said to one who asks too often.
pub(super) const RATE_EXCEEDED: &str = "Rate exceeded";

/// The caller's address or identity makes more requests than one may make. SDKs slow down and come back.
pub(super) fn throttled(protocol: Protocol) -> ApiError {
    let code = if protocol == Protocol::Query { "Throttling" } else { "ThrottlingException" };
    let status = if protocol == Protocol::RestJson { 429 } else { 400 };
    ApiError { status, ..ApiError::client(code, RATE_EXCEEDED) }
}

/// There is no memory for the call just now; SDKs come back.
pub(super) fn busy() -> ApiError {
    ApiError {
        status: 503,
        fault: Fault::Server,
        ..ApiError::client(
            "ServiceUnavailableException",
            "The server has no memory left for this call; try again",
        )
    }
}
