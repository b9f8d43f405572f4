use anabranch_api::kinesis::{DescribeStream, DescribeStreamOutput, Error, StreamDescription};
use anabranch_api::{Context, Serve};
use anabranch_types::ShardId;

use crate::limits::{DESCRIBE_STREAM_CALLS, DESCRIBE_STREAM_SHARDS_MAX};
use crate::stored::Status;
use crate::{Streams, describe, errors};

impl Serve<DescribeStream> for Streams {
    async fn serve(&self, cx: &Context, request: DescribeStream) -> Result<DescribeStreamOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &DESCRIBE_STREAM_CALLS, found)?;
        let view = stream.view();
        let after: Option<ShardId> = match &request.exclusive_start_shard_id {
            Some(id) => Some(id.parse().map_err(|_| errors::shard_not_found(id, &stream.id))?),
            None => None,
        };
        let limit = request.limit.and_then(|l| usize::try_from(l).ok());
        let limit = limit.unwrap_or(DESCRIBE_STREAM_SHARDS_MAX).min(DESCRIBE_STREAM_SHARDS_MAX);
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
            key_id: describe::key_id(stored),
        };
        Ok(DescribeStreamOutput { stream_description })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{bench, context, name};

    #[tokio::test]
    async fn shards_come_in_pages() {
        let bench = bench().await;
        bench.create("s", 5).await;
        let page = |limit, after: Option<&str>| DescribeStream {
            stream_name: Some(name("s")),
            limit: Some(limit),
            exclusive_start_shard_id: after.map(Into::into),
            ..DescribeStream::default()
        };
        for (limit, after, ids, more) in [
            (2, None, vec![0, 1], true),
            (3, Some("shardId-000000000001"), vec![2, 3, 4], false),
            (9, Some("shardId-4"), vec![], false),
        ] {
            let described = bench.call(page(limit, after)).await.unwrap().stream_description;
            let found: Vec<_> = described.shards.iter().map(|s| s.shard_id.index()).collect();
            assert_eq!((found, described.has_more_shards), (ids, more));
        }
        assert_eq!(
            bench.refused(page(1, Some("x"))).await.1,
            "Could not find shard x in stream s under account 123456789012."
        );
    }

    #[tokio::test]
    async fn a_stream_is_found_by_name_by_arn_and_by_both() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.create("t", 1).await;
        let arn = || Some("arn:aws:kinesis:us-east-1:123456789012:stream/s".into());
        let request = |stream_name: Option<&str>, stream_arn| DescribeStream {
            stream_name: stream_name.map(name),
            stream_arn,
            ..DescribeStream::default()
        };
        for named in [request(Some("s"), None), request(None, arn()), request(Some("s"), arn())] {
            assert_eq!(bench.call(named).await.unwrap().stream_description.stream_name, name("s"));
        }
        for (misnamed, code) in [
            (request(None, None), "InvalidArgumentException"),
            (request(Some("t"), arn()), "InvalidArgumentException"),
            (
                request(None, Some("arn:aws:kinesis:eu-west-1:123456789012:stream/s".into())),
                "ResourceNotFoundException",
            ),
            (
                request(None, Some("arn:aws:kinesis:us-east-1:123456789012:stream/s/x".into())),
                "InvalidArgumentException",
            ),
        ] {
            assert_eq!(bench.refused(misnamed).await.0, code);
        }
    }

    #[tokio::test]
    async fn accounts_and_regions_have_streams_of_their_own() {
        let mut bench = bench().await;
        bench.create("s", 1).await;
        for (account, region) in [("999999999999", "us-east-1"), ("123456789012", "eu-west-1")] {
            bench.cx = context(account, region, &bench.clock);
            let request = DescribeStream { stream_name: Some(name("s")), ..DescribeStream::default() };
            assert_eq!(
                bench.refused(request).await.1,
                format!("Stream s under account {account} not found.")
            );
            bench.create("s", 3).await;
            let described = bench.describe("s").await;
            assert_eq!(described.shards.len(), 3);
            assert_eq!(described.stream_arn, format!("arn:aws:kinesis:{region}:{account}:stream/s"));
        }
    }
}
