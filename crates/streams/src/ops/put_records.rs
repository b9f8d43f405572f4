use anabranch_api::kinesis::{Error, PutRecords, PutRecordsOutput, PutRecordsResultEntry};
use anabranch_api::{Context, Serve};
use bytestring::ByteString;

use crate::limits::PUT_RECORDS_BYTES_MAX;
use crate::put::{Fate, Put, record_bytes_max};
use crate::stream::{Stream, View};
use crate::{Streams, errors};

impl Serve<PutRecords> for Streams {
    async fn serve(&self, cx: &Context, request: PutRecords) -> Result<PutRecordsOutput, Error> {
        let (stream, view) =
            self.find_serving(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let puts = self.placed(&view, &request)?;
        refuse_too_large(&view, &puts)?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        let fates = self.put_all(&stream, view, &puts).await;
        let failed = fates.iter().filter(|f| !matches!(f, Fate::Stored { .. })).count();
        Ok(PutRecordsOutput {
            failed_record_count: i32::try_from(failed).ok(),
            records: fates.into_iter().map(|fate| result(fate, &stream)).collect(),
            encryption_type: None,
        })
    }
}

impl Streams {
    /// A bad ExplicitHashKey in one record fails them all (recorded by kinesalite).
    fn placed<'r>(&self, view: &View, request: &'r PutRecords) -> Result<Vec<Put<'r>>, Error> {
        let placed = (1..).zip(&request.records).map(|(n, record)| {
            let (key, explicit) = (record.partition_key.as_ref(), record.explicit_hash_key.as_ref());
            let place = self.place(view, key, explicit, || format!("records.{n}.member.partitionKey"))?;
            Ok(Put { data: &record.data, key, place })
        });
        placed.collect()
    }
}

fn refuse_too_large(view: &View, puts: &[Put<'_>]) -> Result<(), Error> {
    let bytes_max = record_bytes_max(view);
    if let Some(i) = puts.iter().position(|p| p.bytes() > bytes_max) {
        let member = format_args!("records.{}.member.data", i + 1).to_string();
        return Err(errors::record_too_large(member, bytes_max));
    }
    if puts.iter().map(Put::bytes).sum::<usize>() > PUT_RECORDS_BYTES_MAX {
        return Err(errors::records_too_large(PUT_RECORDS_BYTES_MAX));
    }
    Ok(())
}

/// A record that was put has shard and number, another one code and message.
fn result(fate: Fate, stream: &Stream) -> PutRecordsResultEntry {
    let refused = |code: &'static str, message: String| PutRecordsResultEntry {
        error_code: Some(ByteString::from_static(code)),
        error_message: Some(message.into()),
        ..PutRecordsResultEntry::default()
    };
    match fate {
        Fate::Stored { shard, number } => PutRecordsResultEntry {
            sequence_number: Some(number),
            shard_id: Some(shard),
            ..PutRecordsResultEntry::default()
        },
        Fate::Throttled(shard) => refused(
            "ProvisionedThroughputExceededException",
            errors::rate_exceeded_message(shard, &stream.id),
        ),
        Fate::Failed => refused("InternalFailure", "Internal Service Failure".to_owned()),
    }
}
