use anabranch_api::kinesis::{DeleteStream, DeleteStreamOutput, Error};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::errors;
use crate::limits::DELETE_STREAM_CALLS;
use crate::stored::Status;

impl Serve<DeleteStream> for Streams {
    async fn serve(&self, cx: &Context, request: DeleteStream) -> Result<DeleteStreamOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &DELETE_STREAM_CALLS, found)?;
        let now = self.clock.now();
        self.change(&stream, |draft| {
            if draft.stored.status == Status::Deleting {
                let state = crate::describe::status(Status::Deleting).as_str();
                return Err(errors::stream_not_active(&stream.id, state));
            }
            if !draft.consumers.is_empty() && request.enforce_consumer_deletion != Some(true) {
                return Err(errors::stream_has_consumers(&stream.id));
            }
            draft.stored.status = Status::Deleting;
            draft.stored.due_ms = Some(self.transition_end(now).millis());
            Ok(())
        })
        .await?;
        self.subscriptions.stream_removed(&stream);
        self.settle(&stream, now).await?;
        Ok(DeleteStreamOutput {})
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::{DescribeStream, RegisterStreamConsumer, ShardIteratorType, StreamStatus};

    use super::*;
    use crate::Settings;
    use crate::harness::{bench, bench_with, name};

    fn request(stream: &str) -> DeleteStream {
        DeleteStream { stream_name: Some(name(stream)), ..DeleteStream::default() }
    }

    #[tokio::test]
    async fn a_deleted_stream_is_not_found_and_its_iterators_lead_nowhere() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.put("s", "k", b"x").await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        bench.call(request("s")).await.unwrap();
        let not_found = "Stream s under account 123456789012 not found.";
        let describe = DescribeStream { stream_name: Some(name("s")), ..DescribeStream::default() };
        assert_eq!(bench.refused(describe).await.1, not_found);
        assert_eq!(bench.refused(request("s")).await.1, not_found);
        let read = anabranch_api::kinesis::GetRecords { shard_iterator: iterator, ..Default::default() };
        assert_eq!(bench.refused(read).await.1, not_found);
    }

    #[tokio::test]
    async fn deletion_lasts_for_the_transition_delay_also_over_a_restart() {
        let settings = Settings { transition_delay: Duration::from_secs(10), ..Settings::default() };
        let bench = bench_with(settings).await;
        bench.create("s", 1).await;
        bench.advance(Duration::from_secs(11)).await;
        bench.call(request("s")).await.unwrap();
        assert_eq!(bench.describe("s").await.stream_status, StreamStatus::Deleting);
        bench.clock.advance_to(bench.clock.now() + Duration::from_secs(20));
        let bench = bench.restarted().await;
        let describe = DescribeStream { stream_name: Some(name("s")), ..DescribeStream::default() };
        assert_eq!(bench.refused(describe).await.0, "ResourceNotFoundException");
    }

    #[tokio::test]
    async fn consumers_protect_a_stream_unless_their_deletion_is_enforced() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let register = RegisterStreamConsumer {
            stream_arn: "arn:aws:kinesis:us-east-1:123456789012:stream/s".into(),
            consumer_name: "c".into(),
            ..RegisterStreamConsumer::default()
        };
        bench.call(register).await.unwrap();
        assert_eq!(bench.refused(request("s")).await.0, "ResourceInUseException");
        let enforced = DeleteStream { enforce_consumer_deletion: Some(true), ..request("s") };
        bench.call(enforced).await.unwrap();
    }
}
