//! Putting records: each finds its shard by its hash key, is admitted by the shard's limits and appended to the shard's log. A shard
//! found closed is routed anew to its children in here.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anabranch_api::kinesis::Error;
use anabranch_log::{AppendOutcome, Batch, NewRecord, Offset, Position, Producer, Refusal};
use anabranch_types::{HashKey, SequenceNumber, ShardId, Timestamp};
use bytes::Bytes;
use bytestring::ByteString;
use md5::{Digest, Md5};

use crate::Streams;
use crate::errors;
use crate::limits::{LimitsMode, MAX_RECORD_KIB_MAX};
use crate::numbers::number;
use crate::sealing::Sealer;
use crate::stored::Distribution;
use crate::stream::{Shard, Stream, View};

/// A record on its way into a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put<'r> {
    pub data: &'r Bytes,
    pub key: Option<&'r ByteString>,
    pub place: Place,
}

/// What decides a record's shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The MD5 of its partition key.
    ByKey(HashKey),
    /// The hash key the producer gave.
    Explicit(HashKey),
    /// The stream's AUTO distribution.
    InTurn(usize),
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in this shard under this number, durable in mode `sync`.
    Stored { shard: ShardId, number: SequenceNumber },
    /// The shard, or the server's memory, takes no more at the moment.
    Throttled(ShardId),
    /// The log refused it.
    Failed,
}

/// How often records are routed anew before they fail. Each time a reshard has to finish in between.
const REROUTES_MAX: usize = 8;

/// Records of one round, sorted by shard.
struct Round {
    view: Arc<View>,
    /// (place in `view.open`, record).
    routed: Vec<(u32, u32)>,
}

impl Put<'_> {
    /// What counts against limits: data and key.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.key.map_or(0, |k| k.len())
    }

    fn to_record(self) -> NewRecord {
        NewRecord {
            key: self.key.map(|k| k.as_bytes().clone()),
            explicit_hash: match self.place {
                Place::Explicit(key) => Some(key.0),
                Place::ByKey(_) | Place::InTurn(_) => None,
            },
            headers: Bytes::new(),
            data: self.data.clone(),
            seal: None,
        }
    }
}

impl Streams {
    /// What decides the shard of a record with this partition key and ExplicitHashKey. `member` names the record in refusals.
    pub(crate) fn place(
        &self,
        view: &View,
        key: Option<&ByteString>,
        explicit: Option<&ByteString>,
        member: impl FnOnce() -> String,
    ) -> Result<Place, Error> {
        if view.stored.distribution == Distribution::Auto {
            return Ok(Place::InTurn(self.turn.fetch_add(1, Ordering::Relaxed)));
        }
        let key = key.ok_or_else(|| errors::no_partition_key(member()))?;
        match explicit {
            Some(text) => {
                text.parse().map(Place::Explicit).map_err(|_| errors::invalid_explicit_hash_key(text))
            }
            None => Ok(Place::ByKey(hash(key))),
        }
    }

    /// Puts every record, sealed under a KMS key if one is given; the fates stand in the order of `puts`. Refused is only what puts nothing.
    pub(crate) async fn put_all(
        &self,
        stream: &Stream,
        view: Arc<View>,
        kms_key: Option<&ByteString>,
        puts: &[Put<'_>],
    ) -> Result<Vec<Fate>, Error> {
        let mut fates = vec![Fate::Failed; puts.len()];
        let mut round = Round::route(view, puts, (0..puts.len() as u32).collect());
        if self.settings.limits != LimitsMode::Off {
            self.admit(stream, &mut round, puts, &mut fates);
        }
        for round_number in 0..REROUTES_MAX {
            let sealer = match self.sealer_of(stream, kms_key, &round).await {
                Ok(sealer) => sealer,
                Err(error) if round_number == 0 => return Err(error),
                Err(_) => break,
            };
            let closed = self.append(stream, &round, sealer, puts, &mut fates).await;
            if closed.is_empty() {
                break;
            }
            drop(stream.changing.lock().await);
            round = Round::route(stream.view(), puts, closed);
        }
        Ok(fates)
    }

    async fn sealer_of(
        &self,
        stream: &Stream,
        kms_key: Option<&ByteString>,
        round: &Round,
    ) -> Result<Option<Sealer>, Error> {
        match kms_key {
            Some(key) if !round.routed.is_empty() => {
                self.sealer(stream, key, round.routed.len()).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Takes out the records that their shard does not admit.
    fn admit(&self, stream: &Stream, round: &mut Round, puts: &[Put<'_>], fates: &mut [Fate]) {
        let now = self.clock.now();
        let mut admitted = Vec::with_capacity(round.routed.len());
        for (shard, run) in round.runs() {
            let before = admitted.len() + run.len();
            let mut admission = shard.admission();
            for &(slot, i) in &round.routed[run] {
                if admission.put(puts[i as usize].bytes() as u64, now) {
                    admitted.push((slot, i));
                } else {
                    fates[i as usize] = Fate::Throttled(shard.id());
                }
            }
            drop(admission);
            let refused = before - admitted.len();
            if refused > 0 {
                stream.note_write_refused(&shard.live, refused as u64);
            }
        }
        round.routed = admitted;
    }

    /// Appends a round; the records whose shard was closed.
    async fn append(
        &self,
        stream: &Stream,
        round: &Round,
        mut sealer: Option<Sealer>,
        puts: &[Put<'_>],
        fates: &mut [Fate],
    ) -> Vec<u32> {
        let batches = round.runs().map(|(shard, run)| {
            let log = shard.live.log;
            let records = round.routed[run].iter().map(|&(_, i)| puts[i as usize].to_record()).collect();
            let records = match &mut sealer {
                Some(sealer) => sealer.seal(log, records),
                None => records,
            };
            Batch { log, records, producer: Producer::default() }
        });
        let outcomes = self.log.append_all(batches.collect()).await;
        let mut closed = Vec::new();
        for ((shard, run), outcome) in round.runs().zip(outcomes) {
            let records = round.routed[run].iter().map(|&(_, i)| i);
            match outcome {
                AppendOutcome::Appended { first, arrival } => {
                    let bytes = records.clone().map(|i| puts[i as usize].bytes() as u64).sum();
                    stream.note_put(&shard.live, records.len() as u64, bytes);
                    note_stored(shard, first, arrival, records, fates);
                }
                AppendOutcome::Closed => closed.extend(records),
                AppendOutcome::Refused(Refusal::Overloaded) => {
                    records.for_each(|i| fates[i as usize] = Fate::Throttled(shard.id()));
                }
                AppendOutcome::Refused(why) => {
                    tracing::error!(stream = %stream.arn, shard = %shard.id(), ?why, "the log refused records");
                }
            }
        }
        closed
    }
}

fn note_stored(
    shard: &Shard,
    first: Position,
    arrival: Timestamp,
    records: impl Iterator<Item = u32>,
    fates: &mut [Fate],
) {
    for (n, i) in (0..).zip(records) {
        let position = Position { offset: Offset(first.offset.0 + n), ..first };
        let number = number(shard.id(), shard.stored.created_seconds, position, arrival);
        fates[i as usize] = Fate::Stored { shard: shard.id(), number };
    }
}

impl Round {
    fn route(view: Arc<View>, puts: &[Put<'_>], records: Vec<u32>) -> Self {
        let slot = |i: u32| match puts[i as usize].place {
            Place::ByKey(key) | Place::Explicit(key) => view.route(key),
            Place::InTurn(turn) => turn % view.open.len().max(1),
        };
        let mut routed: Vec<_> = records.into_iter().map(|i| (slot(i) as u32, i)).collect();
        if view.open.len() > 1 {
            routed.sort_unstable();
        }
        Self { view, routed }
    }

    /// The shards that get records, each with its part of `routed`.
    fn runs(&self) -> impl Iterator<Item = (&Arc<Shard>, Range<usize>)> {
        let mut start = 0;
        self.routed.chunk_by(|a, b| a.0 == b.0).map(move |run| {
            let range = start..start + run.len();
            start = range.end;
            (&self.view.open[run[0].0 as usize], range)
        })
    }
}

/// The hash key of a partition key: its MD5 (AWS: API_PutRecord).
pub(crate) fn hash(key: &str) -> HashKey {
    HashKey(u128::from_be_bytes(Md5::digest(key.as_bytes()).into()))
}

/// The largest record a stream takes, in bytes of data and key.
pub(crate) fn record_bytes_max(view: &View) -> usize {
    view.stored.max_record_kib.min(MAX_RECORD_KIB_MAX) as usize * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_key_is_hashed_as_on_aws() {
        assert_eq!(hash("a").to_string(), "16955237001963240173058271559858726497");
        assert_eq!(hash("ä").0, u128::from_be_bytes(Md5::digest("ä".as_bytes()).into()));
    }
}
