use anabranch_api::kinesis::{EncryptionType, Error, StartStreamEncryption, StartStreamEncryptionOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::StreamArn;

use super::update_shard_count::note_in_a_day;
use crate::limits::{ENCRYPTION_CHANGES_PER_DAY, LimitsMode};
use crate::resolve::require_active;
use crate::stored::Status;
use crate::{Streams, errors};

/// The key AWS owns in every account.
const OWNED_ALIAS: &str = "alias/aws/kinesis";

impl Serve<StartStreamEncryption> for Streams {
    /// Records put after the answer are sealed; earlier ones stay as they were.
    async fn serve(
        &self,
        cx: &Context,
        request: StartStreamEncryption,
    ) -> Result<StartStreamEncryptionOutput, Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let now = self.clock.now();
        if request.encryption_type != EncryptionType::Kms {
            return Err(errors::encryption_type_not_kms());
        }
        if !is_owned(&request.key_id, &stream.id) {
            return Err(not_found(&request.key_id, &stream.id));
        }
        self.change(&stream, |draft| {
            require_active(&stream.id, draft.stored.status)?;
            let noted = &mut draft.stored.encryption_starts_ms;
            let allowed = note_in_a_day(noted, ENCRYPTION_CHANGES_PER_DAY, now);
            if !allowed && self.settings.limits == LimitsMode::Aws {
                let limit = ENCRYPTION_CHANGES_PER_DAY;
                return Err(errors::too_often_in_a_day("StartStreamEncryption", limit, &stream.id));
            }
            draft.stored.key_id = Some(request.key_id.to_string());
            draft.stored.status = Status::Updating;
            draft.stored.due_ms = Some(self.transition_end(now).millis());
            Ok(())
        })
        .await?;
        self.settle(&stream, now).await?;
        Ok(StartStreamEncryptionOutput {})
    }
}

/// Whether this names the key AWS owns in the stream's account: the only one there is, until there is a KMS.
pub(super) fn is_owned(key_id: &str, stream: &StreamArn) -> bool {
    key_id == OWNED_ALIAS || key_id == arn(stream, OWNED_ALIAS)
}

/// What KMS says of a key or an alias that does not exist.
fn not_found(key_id: &str, stream: &StreamArn) -> Error {
    let is_arn = key_id.starts_with("arn:");
    if key_id.starts_with("alias/") {
        errors::kms_alias_not_found(arn(stream, key_id))
    } else if is_arn && key_id.contains(":alias/") {
        errors::kms_alias_not_found(key_id)
    } else if is_arn && key_id.contains(":key/") {
        errors::kms_key_not_found(key_id)
    } else if is_key_id(key_id) {
        errors::kms_key_not_found(arn(stream, &format!("key/{key_id}")))
    } else {
        errors::kms_key_id_invalid(key_id)
    }
}

fn arn(stream: &StreamArn, resource: &str) -> String {
    format!("arn:aws:kms:{}:{}:{resource}", stream.region, stream.account)
}

/// KMS API, KeyMetadata: a key's id is a UUID, a multi-Region key's one begins with `mrk-`.
fn is_key_id(given: &str) -> bool {
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_uuid = || {
        let parts: Vec<_> = given.split('-').collect();
        parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
    };
    given.strip_prefix("mrk-").map_or_else(is_uuid, |rest| hex(rest, 32))
}

#[cfg(test)]
mod tests;
