use anabranch_api::kinesis::{DescribeStream, DescribeStreamOutput, Error, StreamDescription};
use anabranch_api::{Context, Serve};
use anabranch_types::ShardId;

use crate::limits::DESCRIBE_STREAM_SHARDS_DEFAULT;
use crate::stored::Status;
use crate::{Streams, describe, errors};

impl Serve<DescribeStream> for Streams {
    async fn serve(&self, cx: &Context, request: DescribeStream) -> Result<DescribeStreamOutput, Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let view = stream.view();
        let after: Option<ShardId> = match &request.exclusive_start_shard_id {
            Some(id) => Some(id.parse().map_err(|_| errors::shard_not_found(id, &stream.id))?),
            None => None,
        };
        let limit = request.limit.and_then(|l| usize::try_from(l).ok());
        let limit = limit.unwrap_or(DESCRIBE_STREAM_SHARDS_DEFAULT);
        let horizon = self.horizon(&view);
        let visible = view.stored.status != Status::Creating;
        let mut rest = view
            .retained(horizon)
            .filter(|s| visible && after.is_none_or(|after| s.id() > after))
            .map(|s| describe::shard(s));
        let shards = rest.by_ref().take(limit).collect();
        let has_more_shards = rest.next().is_some();
        let stored = &view.stored;
        let stream_description = StreamDescription {
            stream_name: stream.id.name.clone(),
            stream_arn: stream.arn.clone(),
            stream_status: describe::status(stored.status),
            stream_mode_details: Some(describe::mode(stored.mode)),
            shards,
            has_more_shards,
            retention_period_hours: stored.retention_hours.try_into().unwrap_or(i32::MAX),
            stream_creation_timestamp: stored.created(),
            enhanced_monitoring: describe::enhanced_monitoring(stored),
            encryption_type: describe::encryption(stored),
            key_id: None,
        };
        Ok(DescribeStreamOutput { stream_description })
    }
}
