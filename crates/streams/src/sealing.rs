//! Sealing records on their way into the log and opening them on their way out, one by one, so that a read may start anywhere.
//!
//! Authenticated with each record are its stream (by the log group, which no other stream ever had), its shard, its data key's id and its
//! partition key: sealed data that is moved elsewhere on the disk does not open.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use anabranch_api::kinesis::Error;
use anabranch_catalog::{Commit, Expect};
use anabranch_governance::Guarded as _;
use anabranch_governance::kms::{DataKey, NewDataKey, TAG_BYTES};
use anabranch_log::{Buffers, LogId, NewRecord, Record, Seal};
use bytes::Bytes;
use bytestring::ByteString;

use crate::Streams;
use crate::data_keys::{Reserved, context, nonce, still_needed};
use crate::errors::{self, Failed};
use crate::key_use::CONTEXT_NAME;
use crate::stored::{StoredDataKey, Value, data_key_chunks};
use crate::stream::Stream;

/// Seals the records of one append.
pub(crate) struct Sealer {
    id: u32,
    key: Arc<DataKey>,
    nonces: Range<u64>,
    buffers: Buffers,
}

/// The payload's bytes of a stored record, as its producer counted them.
pub(crate) fn plain_bytes(record: &NewRecord) -> usize {
    let tag = if record.seal.is_some() { TAG_BYTES } else { 0 };
    record.data.len().saturating_sub(tag)
}

impl Sealer {
    /// Seals records of one log. All of them lie in one buffer, as they will in the log.
    pub fn seal(&mut self, log: LogId, mut records: Vec<NewRecord>) -> Vec<NewRecord> {
        let bytes = records.iter().map(|r| r.data.len() + TAG_BYTES).sum();
        let mut buffer = self.buffers.take(bytes);
        let mut associated = Associated::new(log, self.id);
        for record in &mut records {
            let nonce = nonce(self.nonces.next().expect("as many nonces were reserved as there are records"));
            let sealed = buffer.extend_to_fill(record.data.len() + TAG_BYTES);
            self.key.seal(nonce, associated.with(record.key.as_deref()), &record.data, sealed);
            record.seal = Some(Seal { data_key: self.id, nonce });
        }
        let mut buffer = buffer.share();
        for record in &mut records {
            record.data = buffer.split_to(record.data.len() + TAG_BYTES);
        }
        records
    }
}

/// What is authenticated with a record.
struct Associated {
    bytes: Vec<u8>,
}

/// Of the associated data, what is the same for all records under one key in one log.
const ASSOCIATED_PREFIX_BYTES: usize = 16;

impl Associated {
    fn new(log: LogId, data_key: u32) -> Self {
        let mut bytes = Vec::with_capacity(ASSOCIATED_PREFIX_BYTES + 64);
        bytes.extend(log.group.0.to_be_bytes());
        bytes.extend(log.index.to_be_bytes());
        bytes.extend(data_key.to_be_bytes());
        Self { bytes }
    }

    /// With a record's partition key; one that is absent differs from an empty one.
    fn with(&mut self, key: Option<&[u8]>) -> &[u8] {
        self.bytes.truncate(ASSOCIATED_PREFIX_BYTES);
        self.bytes.push(u8::from(key.is_some()));
        self.bytes.extend(key.unwrap_or_default());
        &self.bytes
    }
}

impl Streams {
    /// What seals the next `records` records of the stream, under a KMS key. Makes a new data key if need be: durable before it is used.
    pub(crate) async fn sealer(
        &self,
        stream: &Stream,
        kms_key: &ByteString,
        records: usize,
    ) -> Result<Sealer, Error> {
        let Reserved { id, nonces } = match self.reserve(stream, kms_key, records) {
            Some(reserved) => reserved,
            None => self.reserve_of_new_key(stream, kms_key, records).await?,
        };
        Ok(Sealer { id, key: self.data_key(stream, id)?, nonces, buffers: self.buffers.clone() })
    }

    fn reserve(&self, stream: &Stream, kms_key: &str, records: usize) -> Option<Reserved> {
        stream.data_keys.reserve(records as u64, kms_key, self.clock.now())
    }

    async fn reserve_of_new_key(
        &self,
        stream: &Stream,
        kms_key: &ByteString,
        records: usize,
    ) -> Result<Reserved, Error> {
        let _one_at_a_time = stream.changing.lock().await;
        if let Some(reserved) = self.reserve(stream, kms_key, records) {
            return Ok(reserved);
        }
        if !self.is_there(stream) {
            return Err(errors::stream_not_found(&stream.id.name, stream.id.account));
        }
        self.make_data_key(stream, kms_key).await?;
        self.reserve(stream, kms_key, records).ok_or_else(errors::internal)
    }

    /// Makes the key that seals from now on, and forgets those that nothing can need any more; the caller holds `changing`.
    async fn make_data_key(&self, stream: &Stream, kms_key: &ByteString) -> Result<(), Error> {
        let now = self.clock.now();
        let view = stream.view();
        let before = stream.data_keys.stored();
        let id = before.last().map_or(0, |last| last.id + 1);
        self.watch_key(kms_key);
        let revision = self.kms.revision();
        let made = self.kms.data_key(kms_key, &encryption_context(stream)).map_err(errors::key_unusable)?;
        let NewDataKey { key, ciphertext, key_arn } = made;
        let (wrapped, kms_key) = (ciphertext.to_vec(), Some(key_arn.to_string()));
        // Twice the retention: records leave the disk a segment after they can no longer be read.
        let mut after = still_needed(&before, now - 2 * view.stored.retention());
        after.push(StoredDataKey { id, wrapped, made_ms: now.millis(), kms_key });

        let keys = stream.scope.stream(&stream.id.name);
        let mut commit =
            Commit { expect: vec![Expect::Version(keys.stream(), view.version)], ..Commit::default() };
        let (old, new) = (data_key_chunks(&before), data_key_chunks(&after));
        commit.delete.extend(old.keys().filter(|c| !new.contains_key(c)).map(|c| keys.data_keys(*c)));
        let changed = new.iter().filter(|(chunk, keys)| old.get(chunk) != Some(keys));
        commit.put.extend(changed.map(|(chunk, stored)| (keys.data_keys(*chunk), Value::to_bytes(stored))));
        self.catalog.commit(commit).await.map_err(Failed::from)?;
        stream.data_keys.replace(after, key, now, revision);
        Ok(())
    }

    /// The stream's key with this id, as long as what it is wrapped by can be used.
    pub(crate) fn data_key(&self, stream: &Stream, id: u32) -> Result<Arc<DataKey>, Error> {
        let at = (self.clock.now(), self.kms.revision());
        let found = stream.data_keys.open(id, at, |stored| self.open_data_key(stream, stored));
        found.ok_or_else(|| Failed::NoDataKey { stream: stream.arn.to_string(), id })?
    }

    fn open_data_key(&self, stream: &Stream, stored: &StoredDataKey) -> Result<DataKey, Error> {
        let Some(kms_key) = &stored.kms_key else {
            let opened = self.master_key.unwrap(&stored.wrapped, &context(stream.group, stored.id));
            let failed = |source| Failed::MasterKey { stream: stream.arn.to_string(), source };
            return opened.map_err(|source| failed(source).into());
        };
        self.watch_key(&kms_key.as_str().into());
        let opened = self.kms.open_data_key(kms_key, &stored.wrapped, &encryption_context(stream));
        opened.map_err(errors::key_unusable)
    }

    /// Whether the newest of a stream's data keys can be opened, if the master key itself wraps it: KMS has looked at its own keys.
    pub(crate) fn check_data_keys(&self, stream: &Stream) -> Result<(), Failed> {
        let stored = stream.data_keys.stored();
        let Some(newest) = stored.last().filter(|newest| newest.kms_key.is_none()) else { return Ok(()) };
        let opened = self.master_key.unwrap(&newest.wrapped, &context(stream.group, newest.id));
        let failed = |source| Failed::MasterKey { stream: stream.arn.to_string(), source };
        opened.map(drop).map_err(failed)
    }

    /// Opens what is sealed of the records, and leaves the rest as it is. `seal` goes on telling which it was.
    pub(crate) fn open_sealed(
        &self,
        stream: &Stream,
        log: LogId,
        records: &mut [Record],
    ) -> Result<(), Error> {
        let sealed = || records.iter().map(|r| &r.record).filter(|r| r.seal.is_some());
        let bytes: usize = sealed().map(plain_bytes).sum();
        if sealed().next().is_none() {
            return Ok(());
        }
        let mut buffer = self.buffers.take(bytes);
        let mut opener: Option<(u32, Arc<DataKey>, Associated)> = None;
        for record in records.iter().map(|r| &r.record) {
            let Some(seal) = record.seal else { continue };
            if opener.as_ref().is_none_or(|(id, ..)| *id != seal.data_key) {
                let key = self.data_key(stream, seal.data_key)?;
                opener = Some((seal.data_key, key, Associated::new(log, seal.data_key)));
            }
            let Some((_, key, associated)) = &mut opener else { continue };
            let associated = associated.with(record.key.as_deref());
            key.open(seal.nonce, associated, &record.data, buffer.extend_to_fill(plain_bytes(record)))
                .map_err(|source| Failed::Unsealable { stream: stream.arn.to_string(), source })?;
        }
        hand_out(buffer.share(), records);
        Ok(())
    }
}

/// What a data key under a KMS key is bound to (KDS permissions-user-key-KMS).
fn encryption_context(stream: &Stream) -> BTreeMap<String, String> {
    BTreeMap::from([(CONTEXT_NAME.to_owned(), stream.arn.to_string())])
}

/// Gives each sealed record its part of what was opened.
fn hand_out(mut opened: Bytes, records: &mut [Record]) {
    for record in records.iter_mut().map(|r| &mut r.record).filter(|r| r.seal.is_some()) {
        record.data = opened.split_to(plain_bytes(record));
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::ShardIteratorType;
    use anabranch_log::{Batch, Producer, ReadFrom, ReadLimit};
    use anabranch_types::Rng;

    use super::*;
    use crate::OpenError;
    use crate::harness::{Bench, bench};

    /// A service with an encrypted stream of two shards and one sealed record in it, as the log holds it.
    async fn sealed() -> (Bench, Arc<Stream>, LogId, Record) {
        let b = bench().await;
        b.create("s", 2).await;
        b.encrypt("s", "alias/aws/kinesis").await;
        let put = b.put("s", "some key", b"some data").await;
        let stream = b.streams.directory.all().remove(0);
        let log = stream.view().shard(put.shard_id).unwrap().live.log;
        let limit = ReadLimit { records_max: 1, bytes_max: 1 };
        let read = b.streams.log.read(log, ReadFrom::Position(Default::default()), limit).await.unwrap();
        (b, stream, log, read.records.into_iter().next().unwrap())
    }

    #[tokio::test]
    async fn the_log_holds_no_plain_text() {
        let (b, stream, log, record) = sealed().await;
        assert_eq!(record.record.data.len(), b"some data".len() + TAG_BYTES);
        assert!(!record.record.data.windows(4).any(|w| w == b"some" || w == b"data"));
        assert_eq!(plain_bytes(&record.record), b"some data".len());
        let mut records = [record];
        b.streams.open_sealed(&stream, log, &mut records).unwrap();
        assert_eq!(records[0].record.data, &b"some data"[..]);
    }

    #[tokio::test]
    async fn a_sealed_record_opens_only_where_and_as_it_was_put() {
        let (b, stream, log, record) = sealed().await;
        let refused = |log: LogId, change: fn(&mut NewRecord)| {
            let mut records = [record.clone()];
            change(&mut records[0].record);
            b.streams.open_sealed(&stream, log, &mut records).is_err()
        };
        assert!(!refused(log, |_| {}));
        assert!(refused(LogId { index: 1 - log.index, ..log }, |_| {}), "in another shard");
        assert!(refused(LogId { group: anabranch_log::GroupId(99), ..log }, |_| {}), "in another stream");
        assert!(refused(log, |r| r.key = Some(Bytes::from_static(b"other key"))), "under another key");
        assert!(refused(log, |r| r.key = None), "under no key");
        assert!(refused(log, |r| r.seal.as_mut().unwrap().nonce[11] ^= 1), "with another nonce");
        assert!(refused(log, |r| r.seal.as_mut().unwrap().data_key += 1), "with another data key");
        assert!(refused(log, |r| r.data = r.data.slice(1..)), "cut");
    }

    #[tokio::test]
    async fn no_two_records_have_the_same_nonce() {
        let (b, stream, _, _) = sealed().await;
        let mut nonces = std::collections::HashSet::new();
        let key = b.streams.key_named(&stream, "alias/aws/kinesis").await.unwrap();
        for _ in 0..3 {
            let mut sealer = b.streams.sealer(&stream, &key, 5).await.unwrap();
            for index in [0, 1] {
                let records = vec![NewRecord::default(); 2 + index as usize];
                let log = LogId { group: stream.group, index };
                for record in sealer.seal(log, records) {
                    let seal = record.seal.unwrap();
                    assert!(nonces.insert((seal.data_key, seal.nonce)));
                }
            }
        }
        assert_eq!(nonces.len(), 15);
    }

    /// A stream with a record as servers wrote it before streams were sealed under KMS keys.
    async fn bench_of_old() -> Bench {
        let b = bench().await;
        b.create("s", 1).await;
        let stream = b.streams.directory.all().remove(0);
        let (log, key) = (stream.view().open[0].live.log, DataKey::random(&Rng::seeded(9)));
        let wrapped = b.streams.master_key.wrap(&key, &context(stream.group, 0), &Rng::seeded(8)).to_vec();
        let stored = StoredDataKey { id: 0, wrapped, made_ms: b.clock.now().millis(), kms_key: None };
        let place = stream.scope.stream(&stream.id.name).data_keys(0);
        let put = vec![(place, Value::to_bytes(&vec![stored]))];
        b.streams.catalog.commit(Commit { put, ..Commit::default() }).await.unwrap();
        let mut sealer = Sealer { id: 0, key: Arc::new(key), nonces: 0..1, buffers: Buffers::default() };
        let record = NewRecord {
            key: Some(Bytes::from_static(b"k")),
            data: Bytes::from_static(b"of old"),
            ..NewRecord::default()
        };
        let batch = Batch { log, records: sealer.seal(log, vec![record]), producer: Producer::default() };
        b.streams.log.append_all(vec![batch]).await;
        b
    }

    #[tokio::test]
    async fn another_master_key_is_noticed_at_the_start() {
        let Err(refused) = bench_of_old().await.restarted_with_another_master_key().await else {
            panic!("it started")
        };
        let OpenError::Failed(cause) = refused else { panic!("{refused}") };
        assert!(cause.to_string().contains("sealed under another master key"), "{cause}");
    }

    #[tokio::test]
    async fn records_whose_data_key_is_under_the_master_key_are_read_whatever_becomes_of_kms_keys() {
        let b = bench_of_old().await.restarted().await;
        b.encrypt("s", "alias/aws/kinesis").await;
        b.put("s", "k", b"of today").await;
        let iterator = b.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        assert_eq!(b.data(&iterator).await, ["of old", "of today"]);
        let stream = b.streams.directory.all().remove(0);
        let kms_keys: Vec<bool> =
            stream.data_keys.stored().iter().map(|stored| stored.kms_key.is_some()).collect();
        assert_eq!(kms_keys, [false, true]);
    }
}
