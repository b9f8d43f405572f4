use anabranch_api::kinesis::{EncryptionType, Error, StartStreamEncryption, StartStreamEncryptionOutput};
use anabranch_api::{Context, Serve};

use super::update_shard_count::note_in_a_day;
use crate::limits::{ENCRYPTION_CHANGES_PER_DAY, LimitsMode};
use crate::resolve::require_active;
use crate::stored::Status;
use crate::{Streams, errors};

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
        self.key_to_start_with(cx, &stream, &request.key_id).await?;
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

#[cfg(test)]
mod tests;
