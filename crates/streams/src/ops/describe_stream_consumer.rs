use anabranch_api::kinesis::{
    ConsumerDescription, DescribeStreamConsumer, DescribeStreamConsumerOutput, Error,
};
use anabranch_api::{Context, Operation, Resources, Serve};

use crate::limits::DESCRIBE_STREAM_CONSUMER_CALLS;
use crate::{Streams, describe};

impl Serve<DescribeStreamConsumer> for Streams {
    fn resources(&self, _: &Context, request: &DescribeStreamConsumer) -> Result<Resources, Error> {
        let (consumer, stream) = (request.consumer_arn.as_deref(), request.stream_arn.as_deref());
        Ok(self.consumer_resource(
            DescribeStreamConsumer::ACTION,
            consumer,
            stream,
            request.consumer_name.as_deref(),
        ))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DescribeStreamConsumer,
    ) -> Result<DescribeStreamConsumerOutput, Error> {
        let about = self.stream_of_consumer(request.consumer_arn.as_deref(), request.stream_arn.as_deref());
        self.count_call_about(cx, &DESCRIBE_STREAM_CONSUMER_CALLS, about.as_deref())?;
        let (stream, consumer) = self.find_consumer(
            cx,
            request.consumer_arn.as_deref(),
            request.stream_arn.as_deref(),
            request.consumer_name.as_deref(),
        )?;
        let shown = describe::consumer(&stream, &consumer);
        let consumer_description = ConsumerDescription {
            consumer_name: shown.consumer_name,
            consumer_arn: shown.consumer_arn,
            consumer_status: shown.consumer_status,
            consumer_creation_timestamp: shown.consumer_creation_timestamp,
            stream_arn: stream.arn.clone(),
        };
        Ok(DescribeStreamConsumerOutput { consumer_description })
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::RegisterStreamConsumer;

    use super::*;
    use crate::harness::bench;

    #[tokio::test]
    async fn a_call_is_about_the_consumer_however_it_is_named() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let stream = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
        let register = RegisterStreamConsumer {
            stream_arn: stream.into(),
            consumer_name: "c".into(),
            ..RegisterStreamConsumer::default()
        };
        let arn = bench.call(register).await.unwrap().consumer.consumer_arn.to_string();
        let about = |request: DescribeStreamConsumer| {
            let resources = Serve::<DescribeStreamConsumer>::resources(&*bench.streams, &bench.cx, &request);
            resources.unwrap().remove(0).arn
        };
        let named = |name: &str| DescribeStreamConsumer {
            stream_arn: Some(stream.into()),
            consumer_name: Some(name.into()),
            ..DescribeStreamConsumer::default()
        };
        let by_arn = DescribeStreamConsumer {
            consumer_arn: Some((&*arn).into()),
            ..DescribeStreamConsumer::default()
        };
        assert_eq!((about(named("c")), about(by_arn)), (arn.clone(), arn));
        assert_eq!(about(named("d")), format!("{stream}/consumer/d"));
        assert_eq!(about(DescribeStreamConsumer::default()), "*");
    }
}
