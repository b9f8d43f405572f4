//! Every sentence STS's callers can be told, one function each. Those marked "wording ours" have no recording of AWS.

use anabranch_api::ApiError;
use anabranch_api::sts::Error;

/// STS API GetAccessKeyInfo: a deleted key "might return an error that the key doesn't exist", and STS API CommonErrors has one
/// code for that. Wording ours: the sentence that comes with this code elsewhere is about the caller's own key.
pub(super) fn unknown_access_key(id: &str) -> Error {
    let sentence = format!("The access key ID {id} does not exist in our records.");
    Error::Other(ApiError { status: 403, ..ApiError::client("InvalidClientTokenId", sentence) })
}
