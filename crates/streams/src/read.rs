//! Reading records of a shard, for GetRecords and fan-out alike.

use anabranch_api::kinesis::{self, EncryptionType, Error};
use anabranch_log::{LogError, Position, ReadBatch, ReadFrom, ReadLimit, Record};
use anabranch_types::Timestamp;
use bytestring::ByteString;

use crate::Streams;
use crate::errors::{self, Failed};
use crate::numbers::number;
use crate::sealing::plain_bytes;
use crate::stream::{Shard, Stream, View};

impl Streams {
    /// Reads on from `from`. What is older than the retention is passed over, whether or not it has left the log.
    pub(crate) async fn read_retained(
        &self,
        stream: &Stream,
        view: &View,
        shard: &Shard,
        from: Position,
        limit: ReadLimit,
    ) -> Result<ReadBatch, Error> {
        let log = shard.live.log;
        let horizon = self.horizon(view);
        let unread = |error| unread(stream, shard, error);
        let found = self.log.read(log, ReadFrom::Position(from), limit).await.map_err(unread)?;
        match found.records.first() {
            Some(first) if first.arrival < horizon => {
                self.log.read(log, ReadFrom::Time(horizon), limit).await.map_err(unread)
            }
            _ => Ok(found),
        }
    }

    /// The records of a shard as answers show them: opened, and told apart from those that never were sealed.
    pub(crate) fn show(
        &self,
        stream: &Stream,
        shard: &Shard,
        mut records: Vec<Record>,
    ) -> Result<Vec<kinesis::Record>, Error> {
        self.open_sealed(stream, shard.live.log, &mut records)?;
        records.into_iter().map(|record| show(shard, record)).collect()
    }
}

/// What a reader is told. Where records are damaged it is refused until they are given up (`anabranch log repair`) or it passes over
/// them by itself: nobody loses records without having been told.
pub(crate) fn unread(stream: &Stream, shard: &Shard, error: LogError) -> Error {
    let LogError::Corrupt { resume, .. } = &error else {
        return Failed::from(error).into();
    };
    tracing::error!(stream = %stream.arn, shard = %shard.id(), %error, "damaged records are asked for");
    let created = shard.stored.created_seconds;
    let resume = resume.map(|at| number(shard.id(), created, at, Timestamp::default()));
    errors::records_damaged(shard.id(), &stream.id, resume)
}

/// Whether the read came to the end of a closed shard. A shard whose log is closed while its children are not yet committed has not
/// ended for readers: they would not be told where to go on.
pub(crate) fn ended(found: &ReadBatch, shard: &Shard) -> bool {
    found.state.closed && found.next >= found.state.end && shard.stored.closed.is_some()
}

/// How far the read is behind the tip: 0 at the tip, else the age of the last record read.
pub(crate) fn millis_behind(found: &ReadBatch, now: Timestamp) -> u64 {
    match found.records.last() {
        Some(last) if found.next < found.state.end => now.millis_since(last.arrival).max(1),
        _ => 0,
    }
}

/// What counts against the read limits: data and keys.
pub(crate) fn bytes(records: &[Record]) -> u64 {
    let bytes = |r: &Record| plain_bytes(&r.record) + r.record.key.as_ref().map_or(0, |k| k.len());
    records.iter().map(|r| bytes(r) as u64).sum()
}

fn show(shard: &Shard, record: Record) -> Result<kinesis::Record, Error> {
    let partition_key = match record.record.key {
        Some(key) => Some(ByteString::try_from(key).map_err(|_| errors::internal())?),
        None => None,
    };
    Ok(kinesis::Record {
        sequence_number: number(shard.id(), shard.stored.created_seconds, record.position, record.arrival),
        approximate_arrival_timestamp: Some(record.arrival),
        data: record.record.data,
        partition_key,
        encryption_type: record.record.seal.map(|_| EncryptionType::Kms),
    })
}
