use anabranch_api::kinesis::{Error, IncreaseStreamRetentionPeriod, IncreaseStreamRetentionPeriodOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::errors::{self, Failed};
use crate::limits::{INCREASE_STREAM_RETENTION_PERIOD_CALLS, RETENTION_HOURS_MAX, RETENTION_HOURS_MIN};

impl Serve<IncreaseStreamRetentionPeriod> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: IncreaseStreamRetentionPeriod,
    ) -> Result<IncreaseStreamRetentionPeriodOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &INCREASE_STREAM_RETENTION_PERIOD_CALLS, found)?;
        let hours = retention_hours(request.retention_period_hours)?;
        // What has expired by now stays expired (AWS: API_IncreaseStreamRetentionPeriod).
        let expired_before = self.horizon(&stream.view());
        self.update(&stream, |draft| {
            let existing = draft.stored.retention_hours;
            if hours < existing {
                return Err(errors::retention_not_increased(hours.into(), &stream.id.name, existing));
            }
            draft.stored.retention_hours = hours;
            Ok(())
        })
        .await?;
        self.log.trim(stream.group, expired_before).await.map_err(Failed::from)?;
        Ok(IncreaseStreamRetentionPeriodOutput {})
    }
}

/// The hours asked for, if a stream can be kept so long.
pub(super) fn retention_hours(asked: i32) -> Result<u32, Error> {
    let hours = u32::try_from(asked).unwrap_or(0);
    if hours < RETENTION_HOURS_MIN {
        return Err(errors::retention_too_short(asked.into(), RETENTION_HOURS_MIN));
    }
    if hours > RETENTION_HOURS_MAX {
        return Err(errors::retention_too_long(asked.into(), RETENTION_HOURS_MAX));
    }
    Ok(hours)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::{DecreaseStreamRetentionPeriod, ShardIteratorType};

    use super::*;
    use crate::harness::{bench, name};

    fn increase(hours: i32) -> IncreaseStreamRetentionPeriod {
        IncreaseStreamRetentionPeriod {
            stream_name: Some(name("s")),
            retention_period_hours: hours,
            ..IncreaseStreamRetentionPeriod::default()
        }
    }

    fn decrease(hours: i32) -> DecreaseStreamRetentionPeriod {
        DecreaseStreamRetentionPeriod {
            stream_name: Some(name("s")),
            retention_period_hours: hours,
            ..DecreaseStreamRetentionPeriod::default()
        }
    }

    #[tokio::test]
    async fn retention_moves_one_way_per_operation_and_within_its_bounds() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.call(increase(48)).await.unwrap();
        bench.call(increase(48)).await.unwrap();
        for (refused, told) in [
            (
                bench.refused(increase(8761)).await.1,
                "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
            ),
            (
                bench.refused(decrease(23)).await.1,
                "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
            ),
            (
                bench.refused(increase(30)).await.1,
                "Requested retention period (30 hours) for stream s can not be shorter than existing retention period (48 hours). Use DecreaseRetentionPeriod API.",
            ),
            (
                bench.refused(decrease(49)).await.1,
                "Requested retention period (49 hours) for stream s can not be longer than existing retention period (48 hours). Use IncreaseRetentionPeriod API.",
            ),
        ] {
            assert_eq!(refused, told);
        }
        bench.call(increase(8760)).await.unwrap();
        bench.call(decrease(24)).await.unwrap();
        assert_eq!(bench.describe("s").await.retention_period_hours, 24);
    }

    #[tokio::test]
    async fn what_has_expired_stays_expired() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.put("s", "k", b"expired").await;
        bench.advance(Duration::from_secs(25 * 3600)).await;
        bench.put("s", "k", b"kept").await;
        bench.call(increase(48)).await.unwrap();
        bench.advance(Duration::from_secs(25 * 3600)).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        assert_eq!(bench.data(&iterator).await, ["kept"]);
    }
}
