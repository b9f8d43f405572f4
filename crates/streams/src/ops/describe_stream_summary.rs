use anabranch_api::kinesis::{
    DescribeStreamSummary, DescribeStreamSummaryOutput, Error, StreamDescriptionSummary,
};
use anabranch_api::{Context, Serve};

use super::update_stream_warm_throughput::warm_throughput;
use crate::limits::DESCRIBE_STREAM_SUMMARY_CALLS;
use crate::stored::{Mode, Status};
use crate::{Streams, describe};

impl Serve<DescribeStreamSummary> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: DescribeStreamSummary,
    ) -> Result<DescribeStreamSummaryOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &DESCRIBE_STREAM_SUMMARY_CALLS, found)?;
        let view = stream.view();
        let stored = &view.stored;
        let open = if stored.status == Status::Creating { 0 } else { view.open.len() };
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let stream_description_summary = StreamDescriptionSummary {
            stream_name: stream.id.name.clone(),
            stream_arn: stream.arn.clone(),
            stream_id: None,
            stream_status: describe::status(stored.status),
            stream_mode_details: Some(describe::mode(stored.mode)),
            retention_period_hours: stored.retention_hours.try_into().unwrap_or(i32::MAX),
            stream_creation_timestamp: stored.created(),
            enhanced_monitoring: describe::enhanced_monitoring(stored),
            encryption_type: describe::encryption(stored),
            key_id: describe::key_id(stored),
            open_shard_count: count(open),
            consumer_count: Some(count(view.consumers.len())),
            warm_throughput: warm_throughput(&view),
            max_record_size_in_kib: stored.max_record_kib.try_into().ok(),
            channel_count: None,
            record_distribution_strategy: (stored.mode == Mode::OnDemand)
                .then(|| describe::distribution(stored.distribution)),
            queue_count: None,
        };
        Ok(DescribeStreamSummaryOutput { stream_description_summary })
    }
}
