//! Where a reader of a shard begins.

use anabranch_api::kinesis::{Error, ShardIteratorType};
use anabranch_log::{Position, ReadFrom, ReadLimit};
use anabranch_types::{SequenceIndex, SequenceNumber, Timestamp};

use crate::Streams;
use crate::errors::{self, Failed, NumberGiven};
use crate::numbers::{position_after, position_at};
use crate::read::unread;
use crate::stream::{Shard, Stream};

/// What a caller said of where to begin.
pub(crate) struct Start<'r> {
    pub kind: ShardIteratorType,
    pub number: Option<&'r str>,
    pub time: Option<Timestamp>,
    /// The operation, as AWS names it in refusals.
    pub operation: &'static str,
}

impl Streams {
    /// The place where `start` begins, as the shard is now.
    pub(crate) async fn begin(
        &self,
        stream: &Stream,
        shard: &Shard,
        start: &Start<'_>,
    ) -> Result<Position, Error> {
        match start.kind {
            ShardIteratorType::AtSequenceNumber => {
                Ok(position_at(number_of_shard(stream, shard, start)?.index()))
            }
            ShardIteratorType::AfterSequenceNumber => {
                Ok(position_after(number_of_shard(stream, shard, start)?.index()))
            }
            ShardIteratorType::TrimHorizon => {
                refuse_number(start)?;
                Ok(self.log.state(shard.live.log).map_err(Failed::from)?.start)
            }
            ShardIteratorType::Latest => {
                refuse_number(start)?;
                Ok(self.log.state(shard.live.log).map_err(Failed::from)?.end)
            }
            ShardIteratorType::AtTimestamp => self.begin_at_time(stream, shard, start).await,
        }
    }

    /// The first record that arrived at the time or later; if there is none, the next one to come.
    async fn begin_at_time(
        &self,
        stream: &Stream,
        shard: &Shard,
        start: &Start<'_>,
    ) -> Result<Position, Error> {
        let time = start.time.ok_or_else(errors::timestamp_missing)?;
        let now = self.clock.now();
        if time > now {
            return Err(errors::timestamp_in_future(time, now));
        }
        let limit = ReadLimit { records_max: 1, bytes_max: 1 };
        let found = self.log.read(shard.live.log, ReadFrom::Time(time), limit).await;
        let found = found.map_err(|error| unread(stream, shard, error))?;
        Ok(found.records.first().map_or(found.next, |r| r.position))
    }
}

fn refuse_number(start: &Start<'_>) -> Result<(), Error> {
    match start.number {
        Some(_) => Err(errors::iterator_arguments(start.kind.as_str(), NumberGiven::Yes)),
        None => Ok(()),
    }
}

/// The sequence number the caller gave, if it is one of this shard.
fn number_of_shard(stream: &Stream, shard: &Shard, start: &Start<'_>) -> Result<SequenceNumber, Error> {
    let given =
        start.number.ok_or_else(|| errors::iterator_arguments(start.kind.as_str(), NumberGiven::No))?;
    let foreign = || errors::number_of_other_stream(given, start.operation, shard.id(), &stream.id);
    let number: SequenceNumber = given.parse().map_err(|_| foreign())?;
    if number.shard() != shard.id() {
        return Err(errors::number_of_other_shard(number.shard(), shard.id()));
    }
    // An open shard has given no ending number; who began behind it would never see a record.
    let ends_open = number.index() == SequenceIndex::END && shard.stored.closed.is_none();
    if number.created_seconds() != shard.stored.created_seconds || ends_open {
        return Err(foreign());
    }
    Ok(number)
}
