use anabranch_api::kinesis::{DecreaseStreamRetentionPeriod, DecreaseStreamRetentionPeriodOutput, Error};
use anabranch_api::{Context, Serve};

use super::increase_stream_retention_period::retention_hours;
use crate::limits::DECREASE_STREAM_RETENTION_PERIOD_CALLS;
use crate::{Streams, errors};

impl Serve<DecreaseStreamRetentionPeriod> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: DecreaseStreamRetentionPeriod,
    ) -> Result<DecreaseStreamRetentionPeriodOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &DECREASE_STREAM_RETENTION_PERIOD_CALLS, found)?;
        let hours = retention_hours(request.retention_period_hours)?;
        self.update(&stream, |draft| {
            let existing = draft.stored.retention_hours;
            if hours > existing {
                return Err(errors::retention_not_decreased(hours.into(), &stream.id.name, existing));
            }
            draft.stored.retention_hours = hours;
            Ok(())
        })
        .await?;
        Ok(DecreaseStreamRetentionPeriodOutput {})
    }
}
