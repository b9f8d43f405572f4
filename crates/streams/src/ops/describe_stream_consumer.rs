use anabranch_api::kinesis::{
    ConsumerDescription, DescribeStreamConsumer, DescribeStreamConsumerOutput, Error,
};
use anabranch_api::{Context, Serve};

use crate::{Streams, describe};

impl Serve<DescribeStreamConsumer> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: DescribeStreamConsumer,
    ) -> Result<DescribeStreamConsumerOutput, Error> {
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
