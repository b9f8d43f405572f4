use anabranch_api::kinesis::{DeregisterStreamConsumer, DeregisterStreamConsumerOutput, Error};
use anabranch_api::{Context, Operation, Resources, Serve};

use crate::limits::DEREGISTER_STREAM_CONSUMER_CALLS;
use crate::stored::ConsumerStatus;
use crate::{Streams, errors};

impl Serve<DeregisterStreamConsumer> for Streams {
    fn resources(&self, _: &Context, request: &DeregisterStreamConsumer) -> Result<Resources, Error> {
        let (consumer, stream) = (request.consumer_arn.as_deref(), request.stream_arn.as_deref());
        Ok(self.consumer_resource(
            DeregisterStreamConsumer::ACTION,
            consumer,
            stream,
            request.consumer_name.as_deref(),
        ))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DeregisterStreamConsumer,
    ) -> Result<DeregisterStreamConsumerOutput, Error> {
        let about = self.stream_of_consumer(request.consumer_arn.as_deref(), request.stream_arn.as_deref());
        self.count_call_about(cx, &DEREGISTER_STREAM_CONSUMER_CALLS, about.as_deref())?;
        let (stream, consumer) = self.find_consumer(
            cx,
            request.consumer_arn.as_deref(),
            request.stream_arn.as_deref(),
            request.consumer_name.as_deref(),
        )?;
        let now = self.clock.now();
        self.change(&stream, |draft| {
            let seconds = consumer.created_seconds();
            let found = draft.consumers.get_mut(&consumer.name);
            let found = found.filter(|c| c.created_ms == consumer.created_ms);
            let found = found.ok_or_else(|| errors::consumer_not_found(&consumer.name, &stream.id))?;
            if found.status == ConsumerStatus::Deleting {
                return Err(errors::consumer_not_active(&consumer.name, seconds, &stream.id));
            }
            found.status = ConsumerStatus::Deleting;
            found.due_ms = Some(self.transition_end(now).millis());
            draft.stored.consumer_seconds = draft.stored.consumer_seconds.max(seconds);
            Ok(())
        })
        .await?;
        self.subscriptions.consumer_removed(&stream, &consumer);
        self.settle(&stream, now).await?;
        Ok(DeregisterStreamConsumerOutput {})
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{DescribeStreamConsumer, RegisterStreamConsumer};

    use super::*;
    use crate::harness::bench;

    const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

    #[tokio::test]
    async fn a_consumer_registered_again_has_another_arn() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let register = || RegisterStreamConsumer {
            stream_arn: ARN.into(),
            consumer_name: "c".into(),
            ..RegisterStreamConsumer::default()
        };
        let first = bench.call(register()).await.unwrap().consumer.consumer_arn;
        let deregister = DeregisterStreamConsumer {
            consumer_arn: Some(first.clone()),
            ..DeregisterStreamConsumer::default()
        };
        bench.call(deregister.clone()).await.unwrap();
        assert_eq!(bench.refused(deregister).await.0, "ResourceNotFoundException");
        let second = bench.call(register()).await.unwrap().consumer.consumer_arn;
        assert_ne!(first, second);
        let conflicting = DescribeStreamConsumer {
            consumer_arn: Some(second),
            consumer_name: Some("d".into()),
            ..DescribeStreamConsumer::default()
        };
        assert_eq!(bench.refused(conflicting).await.0, "InvalidArgumentException");
    }
}
