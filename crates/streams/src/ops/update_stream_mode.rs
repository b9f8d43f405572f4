use anabranch_api::kinesis::{Error, StreamMode, UpdateStreamMode, UpdateStreamModeOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use super::update_shard_count::note_in_a_day;
use crate::changes::Draft;
use crate::limits::{ACCOUNT_ON_DEMAND_STREAMS_MAX, LimitsMode, UPDATE_STREAM_MODE_PER_DAY};
use crate::stored::{Distribution, Mode};
use crate::stream::Stream;
use crate::{Streams, errors};

impl Serve<UpdateStreamMode> for Streams {
    async fn serve(&self, cx: &Context, request: UpdateStreamMode) -> Result<UpdateStreamModeOutput, Error> {
        let stream = self.find_stream(cx, None, Some(&*request.stream_arn))?;
        let now = self.clock.now();
        let wanted = match request.stream_mode_details.stream_mode {
            StreamMode::Provisioned => Mode::Provisioned,
            StreamMode::OnDemand => Mode::OnDemand,
        };
        if request.warm_throughput_mibps.is_some() && wanted == Mode::Provisioned {
            return Err(errors::warm_throughput_provisioned(&stream.id));
        }
        self.update(&stream, |draft| {
            if draft.stored.mode != wanted {
                self.switch(&stream, draft, wanted, now)?;
            }
            Ok(())
        })
        .await?;
        if let Some(mibps) = request.warm_throughput_mibps {
            self.warm(&stream, mibps).await?;
        }
        Ok(UpdateStreamModeOutput {})
    }
}

impl Streams {
    /// The shards stay as they are; only who looks after them changes.
    fn switch(&self, stream: &Stream, draft: &mut Draft, wanted: Mode, now: Timestamp) -> Result<(), Error> {
        let usage = self.directory.usage(&stream.scope);
        match wanted {
            Mode::OnDemand if usage.on_demand_streams >= ACCOUNT_ON_DEMAND_STREAMS_MAX => {
                return Err(errors::on_demand_limit(&stream.id, ACCOUNT_ON_DEMAND_STREAMS_MAX));
            }
            Mode::OnDemand => {}
            Mode::Provisioned => {
                let open = draft.shards.iter().filter(|s| s.closed.is_none()).count();
                self.refuse_over_shard_limit(stream, u32::try_from(open).unwrap_or(u32::MAX))?;
            }
        }
        let limit = UPDATE_STREAM_MODE_PER_DAY;
        let allowed = note_in_a_day(&mut draft.stored.mode_switches_ms, limit, now);
        if !allowed && self.settings.limits == LimitsMode::Aws {
            return Err(errors::too_often_in_a_day("UpdateStreamMode", limit, &stream.id));
        }
        draft.stored.mode = wanted;
        // Both are settings of on-demand streams alone.
        draft.stored.distribution = Distribution::UserPartitionKey;
        draft.stored.warm_mibps = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::StreamModeDetails;

    use super::*;
    use crate::Settings;
    use crate::harness::{bench_with, name};

    #[tokio::test]
    async fn a_stream_switches_its_mode_twice_a_day_and_keeps_its_shards() {
        let bench = bench_with(Settings { limits: LimitsMode::Aws, ..Settings::default() }).await;
        bench.create("s", 3).await;
        let switch = |stream_mode| UpdateStreamMode {
            stream_arn: "arn:aws:kinesis:us-east-1:123456789012:stream/s".into(),
            stream_mode_details: StreamModeDetails { stream_mode },
            ..UpdateStreamMode::default()
        };
        for mode in [StreamMode::OnDemand, StreamMode::OnDemand, StreamMode::Provisioned] {
            bench.call(switch(mode)).await.unwrap();
            let described = bench.describe("s").await;
            assert_eq!(described.stream_mode_details.unwrap().stream_mode, mode);
            assert_eq!((described.stream_name, described.shards.len()), (name("s"), 3));
        }
        assert_eq!(bench.refused(switch(StreamMode::OnDemand)).await.0, "LimitExceededException");
    }
}
