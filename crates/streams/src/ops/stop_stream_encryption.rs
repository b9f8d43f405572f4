use anabranch_api::kinesis::{EncryptionType, Error, StopStreamEncryption, StopStreamEncryptionOutput};
use anabranch_api::{Context, Serve};

use super::start_stream_encryption::is_owned;
use super::update_shard_count::note_in_a_day;
use crate::limits::{ENCRYPTION_CHANGES_PER_DAY, LimitsMode};
use crate::resolve::require_active;
use crate::stored::Status;
use crate::{Streams, errors};

impl Serve<StopStreamEncryption> for Streams {
    /// Records put after the answer are stored as they come; what was sealed before stays sealed, and readable.
    async fn serve(
        &self,
        cx: &Context,
        request: StopStreamEncryption,
    ) -> Result<StopStreamEncryptionOutput, Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let now = self.clock.now();
        if request.encryption_type != EncryptionType::Kms {
            return Err(errors::encryption_type_not_kms());
        }
        if !is_owned(&request.key_id, &stream.id) {
            return Err(errors::not_sealed_with(&request.key_id));
        }
        self.change(&stream, |draft| {
            require_active(&stream.id, draft.stored.status)?;
            let noted = &mut draft.stored.encryption_stops_ms;
            let allowed = note_in_a_day(noted, ENCRYPTION_CHANGES_PER_DAY, now);
            if !allowed && self.settings.limits == LimitsMode::Aws {
                let limit = ENCRYPTION_CHANGES_PER_DAY;
                return Err(errors::too_often_in_a_day("StopStreamEncryption", limit, &stream.id));
            }
            draft.stored.key_id = None;
            draft.stored.status = Status::Updating;
            draft.stored.due_ms = Some(self.transition_end(now).millis());
            Ok(())
        })
        .await?;
        self.settle(&stream, now).await?;
        Ok(StopStreamEncryptionOutput {})
    }
}
