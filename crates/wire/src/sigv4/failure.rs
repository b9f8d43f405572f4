use std::borrow::Cow;

use crate::Protocol;

/// Why a request's signature does not count. Codes and status differ by protocol family: JSON and CBOR answer 400 and names
/// ending in `Exception` (kinesalite, test/connection.js), Query and REST 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No signature at all.
    Missing,
    /// A signature in the header and one in the query string.
    Twice,
    /// Parts of the signature are missing or cannot be read; what and how.
    Incomplete(String),
    /// The access key is unknown, inactive or deleted, or its session token is missing or wrong. For the caller of
    /// [`super::parse`], who looks the key up.
    UnknownKey,
    /// The session is over. For the caller of [`super::parse`] likewise.
    ExpiredSession,
    /// The signature's time, scope or headers are not what they have to be; how.
    Invalid(String),
    /// The signature is another one than the request and the secret make.
    Mismatch,
}

impl Failure {
    /// The error's code in this protocol.
    pub fn code(&self, protocol: Protocol) -> &'static str {
        let query = protocol == Protocol::Query;
        match self {
            Failure::Missing if query => "MissingAuthenticationToken",
            Failure::Missing => "MissingAuthenticationTokenException",
            Failure::Incomplete(_) if query => "IncompleteSignature",
            Failure::Incomplete(_) => "IncompleteSignatureException",
            Failure::UnknownKey if query => "InvalidClientTokenId",
            Failure::UnknownKey => "UnrecognizedClientException",
            Failure::ExpiredSession if query => "ExpiredToken",
            Failure::ExpiredSession => "ExpiredTokenException",
            Failure::Twice | Failure::Invalid(_) | Failure::Mismatch if query => "SignatureDoesNotMatch",
            Failure::Twice | Failure::Invalid(_) | Failure::Mismatch => "InvalidSignatureException",
        }
    }

    /// The HTTP status in this protocol.
    pub fn status(&self, protocol: Protocol) -> u16 {
        match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::Cbor11 | Protocol::RpcV2Cbor => 400,
            Protocol::Query | Protocol::RestJson => 403,
        }
    }

    /// What the error says in this protocol.
    pub fn message(&self, protocol: Protocol) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Failure::Missing if protocol == Protocol::Query => "Request is missing Authentication Token",
            Failure::Missing => "Missing Authentication Token",
            Failure::Twice => {
                "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
            }
            Failure::UnknownKey => "The security token included in the request is invalid.",
            Failure::ExpiredSession => "The security token included in the request is expired",
            Failure::Incomplete(how) | Failure::Invalid(how) => how,
            Failure::Mismatch => {
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
            }
        })
    }
}
