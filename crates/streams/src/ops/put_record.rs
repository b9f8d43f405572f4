use anabranch_api::kinesis::{Error, PutRecord, PutRecordOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::{SequenceNumber, ShardId};

use crate::numbers::{position_at, put_seconds};
use crate::put::{Fate, Put, record_bytes_max};
use crate::stream::{Stream, View};
use crate::{Streams, errors};

impl Serve<PutRecord> for Streams {
    async fn serve(&self, cx: &Context, request: PutRecord) -> Result<PutRecordOutput, Error> {
        let (stream, view) =
            self.find_serving(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let (key, explicit) = (request.partition_key.as_ref(), request.explicit_hash_key.as_ref());
        let place = self.place(&view, key, explicit, || "partitionKey".to_owned())?;
        let put = Put { data: &request.data, key, place };
        let bytes_max = record_bytes_max(&view);
        if put.bytes() > bytes_max {
            return Err(errors::record_too_large("data", bytes_max));
        }
        if let Some(given) = &request.sequence_number_for_ordering {
            self.refuse_number_from_future(&stream, &view, given)?;
        }
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        match self.put_all(&stream, view, &[put]).await[0] {
            Fate::Stored { shard, number } => {
                Ok(PutRecordOutput { shard_id: shard, sequence_number: number, encryption_type: None })
            }
            Fate::Throttled(shard) => Err(errors::rate_exceeded(shard, &stream.id)),
            Fate::Failed => Err(errors::internal()),
        }
    }
}

impl Streams {
    /// A SequenceNumberForOrdering must be a number this stream has given, so that the new record's is greater in its shard.
    fn refuse_number_from_future(&self, stream: &Stream, view: &View, given: &str) -> Result<(), Error> {
        let number: Option<SequenceNumber> = given.parse().ok();
        match number {
            Some(number) if self.was_given(view, number) => Ok(()),
            _ => Err(errors::invalid_number_for_ordering(given, &stream.id)),
        }
    }

    fn was_given(&self, view: &View, number: SequenceNumber) -> bool {
        let shard_of =
            |id: ShardId| view.shard(id).filter(|s| s.stored.created_seconds == number.created_seconds());
        let Some(shard) = shard_of(number.shard()) else { return false };
        let latest_second = put_seconds(self.clock.now(), shard.stored.created_seconds);
        let Ok(state) = self.log.state(shard.live.log) else { return false };
        let within = number.index().record().is_none_or(|_| position_at(number.index()) < state.end);
        let ends_open = Some(number) == shard.ending_number() || number.index().record().is_some();
        let starts = number == shard.starting_number();
        number.put_seconds() <= latest_second && within && (starts || ends_open)
    }
}
