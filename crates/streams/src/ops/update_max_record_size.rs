use anabranch_api::kinesis::{Error, UpdateMaxRecordSize, UpdateMaxRecordSizeOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::limits::MAX_RECORD_KIB_DEFAULT;

impl Serve<UpdateMaxRecordSize> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: UpdateMaxRecordSize,
    ) -> Result<UpdateMaxRecordSizeOutput, Error> {
        let stream = self.find_stream(cx, None, request.stream_arn.as_deref())?;
        let kib = u32::try_from(request.max_record_size_in_kib).unwrap_or(MAX_RECORD_KIB_DEFAULT);
        self.update(&stream, |draft| {
            draft.stored.max_record_kib = kib;
            Ok(())
        })
        .await?;
        Ok(UpdateMaxRecordSizeOutput {})
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{PutRecord, ShardIteratorType};

    use super::*;
    use crate::harness::{bench, name};

    #[tokio::test]
    async fn a_record_of_ten_mebibytes_goes_through_once_the_stream_takes_it() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let put = || PutRecord {
            stream_name: Some(name("s")),
            data: vec![7; 10 * 1024 * 1024 - 1].into(),
            partition_key: Some("k".into()),
            ..PutRecord::default()
        };
        assert_eq!(bench.refused(put()).await.0, "ValidationException");
        let update = UpdateMaxRecordSize {
            stream_arn: Some("arn:aws:kinesis:us-east-1:123456789012:stream/s".into()),
            max_record_size_in_kib: 10_240,
            ..UpdateMaxRecordSize::default()
        };
        bench.call(update).await.unwrap();
        bench.call(put()).await.unwrap();
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        assert_eq!(bench.data(&iterator).await[0].len(), 10 * 1024 * 1024 - 1);
    }
}
