use anabranch_api::kinesis::{EncryptionType, Error, StopStreamEncryption, StopStreamEncryptionOutput};
use anabranch_api::{Context, Serve};

use super::update_shard_count::note_in_a_day;
use crate::limits::{ENCRYPTION_CHANGES_PER_DAY, LimitsMode};
use crate::resolve::require_active;
use crate::stored::Status;
use crate::stream::Stream;
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
        self.change(&stream, |draft| {
            if !self.is_same_key(&stream, &request.key_id, draft.stored.key_id.as_deref()) {
                return Err(errors::not_sealed_with(&request.key_id));
            }
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

/// The key of Kinesis that AWS manages in every account: what may be named to stop the encryption of a stream that has none.
const MANAGED: &str = "alias/aws/kinesis";

impl Streams {
    /// Whether two names mean the same key, which may be gone.
    fn is_same_key(&self, stream: &Stream, given: &str, sealed: Option<&str>) -> bool {
        let sealed = sealed.unwrap_or(MANAGED);
        let meant = |key| self.kms.arn_meant(stream.id.account, &stream.id.region, key);
        given == sealed || matches!((meant(given), meant(sealed)), (Ok(given), Ok(sealed)) if given == sealed)
    }
}
