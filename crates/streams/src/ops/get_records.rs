use std::sync::Arc;

use anabranch_api::kinesis::{Error, GetRecords, GetRecordsOutput};
use anabranch_api::{Context, Operation, Resource, Resources, Serve};
use anabranch_log::ReadLimit;
use anabranch_types::{ShardId, StreamArn};

use crate::iterator::Iterator;
use crate::limits::{GET_RECORDS_BYTES_MAX, GET_RECORDS_RECORDS_MAX, LimitsMode};
use crate::resolve::serving;
use crate::stream::{Shard, Stream};
use crate::{Streams, describe, errors, read};

impl Serve<GetRecords> for Streams {
    fn resources(&self, cx: &Context, request: &GetRecords) -> Result<Resources, Error> {
        let iterator = self.open_iterator(&request.shard_iterator, self.clock.now())?;
        let arn = match self.directory.by_group(iterator.log.group) {
            Some(stream) => stream.arn.to_string(),
            None => request.resources(cx).swap_remove(0).arn,
        };
        Ok(vec![Resource { action: GetRecords::ACTION, arn }])
    }

    async fn serve(&self, cx: &Context, request: GetRecords) -> Result<GetRecordsOutput, Error> {
        let now = self.clock.now();
        let iterator = self.open_iterator(&request.shard_iterator, now)?;
        let stream = self.stream_of_iterator(cx, &iterator, request.stream_arn.as_deref())?;
        let view = serving(&stream)?;
        let id = ShardId::new(iterator.log.index).ok_or_else(errors::invalid_iterator)?;
        let shard = view.shard(id).ok_or_else(|| errors::shard_does_not_exist(id, &stream.id))?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        self.admit_read(&stream, shard)?;

        let asked = request.limit.and_then(|l| usize::try_from(l).ok());
        let records_max = asked.unwrap_or(GET_RECORDS_RECORDS_MAX).min(GET_RECORDS_RECORDS_MAX);
        let limit = ReadLimit { records_max, bytes_max: GET_RECORDS_BYTES_MAX };
        let found = self.read_retained(&view, shard, iterator.position, limit).await?;
        let bytes = read::bytes(&found.records);
        let behind_ms = read::millis_behind(&found, self.clock.now());
        self.count_read(&stream, shard, found.records.len(), bytes, behind_ms);

        let ended = read::ended(&found, shard);
        let next = Iterator { position: found.next, ..iterator };
        Ok(GetRecordsOutput {
            records: read::show(shard, found.records)?,
            next_shard_iterator: (!ended).then(|| self.seal_iterator(&next, now).into()),
            millis_behind_latest: Some(i64::try_from(behind_ms).unwrap_or(i64::MAX)),
            child_shards: ended.then(|| describe::child_shards(&view, shard)),
        })
    }
}

impl Streams {
    /// The stream an iterator reads; if the request names one too, it must be that one.
    fn stream_of_iterator(
        &self,
        cx: &Context,
        iterator: &Iterator,
        arn: Option<&str>,
    ) -> Result<Arc<Stream>, Error> {
        let gone = || {
            let id =
                StreamArn { region: cx.region.clone(), account: cx.account, name: iterator.name.clone() };
            errors::stream_not_found(&id.name, id.account)
        };
        let stream = self.directory.by_group(iterator.log.group).ok_or_else(gone)?;
        match arn {
            Some(arn) if *arn != *stream.arn => Err(errors::invalid_iterator()),
            _ => Ok(stream),
        }
    }

    fn admit_read(&self, stream: &Stream, shard: &Shard) -> Result<(), Error> {
        if self.settings.limits == LimitsMode::Off || shard.admission().start_read(self.clock.now()) {
            return Ok(());
        }
        stream.metrics.read_throttled(1);
        Err(errors::rate_exceeded(shard.id(), &stream.id))
    }

    fn count_read(&self, stream: &Stream, shard: &Shard, records: usize, bytes: u64, behind_ms: u64) {
        if self.settings.limits != LimitsMode::Off {
            shard.admission().read(bytes);
        }
        stream.metrics.outgoing(records as u64, bytes);
        stream.metrics.iterator_age(behind_ms);
    }
}
