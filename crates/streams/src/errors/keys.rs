//! Of the KMS keys that streams are sealed under. KMS's sentences are passed on as KMS words them.

use std::borrow::Cow;

use anabranch_api::kinesis::Error;
use anabranch_governance::kms::{KeyError, Usability};

use super::internal;

/// A key does not serve. AWS has no error of its own for a key of another kind than data keys are encrypted under.
pub(crate) fn key_unusable(error: KeyError) -> Error {
    match error {
        KeyError::NotFound(told) => Error::KMSNotFoundException(told),
        KeyError::Disabled(told) => Error::KMSDisabledException(told),
        KeyError::PendingDeletion(told) | KeyError::Invalid(told) => Error::KMSInvalidStateException(told),
        KeyError::Failed => internal(),
    }
}

/// What has become of a key while it was in use; `None` while it can be used. As KMS says it.
pub(crate) fn key_became(usability: Usability, arn: &str) -> Option<Error> {
    match usability {
        Usability::Enabled => None,
        Usability::Disabled => Some(Error::KMSDisabledException(format!("{arn} is disabled.").into())),
        Usability::PendingDeletion => {
            Some(Error::KMSInvalidStateException(format!("{arn} is pending deletion.").into()))
        }
        Usability::Deleted => Some(Error::KMSNotFoundException(format!("Key '{arn}' does not exist").into())),
    }
}

/// The caller may not use the key, as policies say it. AWS: recorded in horike37/serverless-apigateway-service-proxy#101.
pub(crate) fn key_denied(told: Cow<'static, str>) -> Error {
    Error::KMSAccessDeniedException(told)
}

/// AWS: recorded in spring-attic/spring-cloud-stream-binder-aws-kinesis PR 188.
pub(crate) fn may_not_decrypt(caller: &str, stream: &str) -> Error {
    Error::KMSAccessDeniedException(
        format!("User {caller} is not authorized to decrypt records in stream {stream}").into(),
    )
}
