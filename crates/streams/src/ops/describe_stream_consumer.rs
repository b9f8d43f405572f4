use anabranch_api::kinesis::{
    ConsumerDescription, DescribeStreamConsumer, DescribeStreamConsumerOutput, Error,
};
use anabranch_api::{Context, Serve};

use crate::limits::DESCRIBE_STREAM_CONSUMER_CALLS;
use crate::{Streams, describe};

impl Serve<DescribeStreamConsumer> for Streams {
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
