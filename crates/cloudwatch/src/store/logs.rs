use std::fmt::{self, Display};
use std::sync::Arc;

use anabranch_api::cloudwatch::Error;
use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, next_log_group};
use anabranch_log::{
    AppendOutcome, Batch, GroupId, LogError, LogId, NewRecord, Offset, Position, Producer, ReadFrom,
    ReadLimit, Record, RecordLog,
};
use anabranch_types::Timestamp;
use bytes::Bytes;

use crate::errors;

/// The version of the catalog's value that names a log.
const VALUE_VERSION: u8 = 1;
/// What stands in the keys of logs of metrics, between account and region and whose they are.
pub(super) const KEY_MIDDLE: &str = "/monitoring/log/";
/// Keys read by one scan.
const SCAN_KEYS: usize = 1000;
/// What is read of a log at a time.
pub(super) const READ: ReadLimit = ReadLimit { records_max: 10_000, bytes_max: 4 * 1024 * 1024 };
/// A frame is read as a whole: one of small records is no longer than what is read anyway.
const FRAME_BYTES: usize = 64 * 1024;

/// The group of logs of every account's metrics in the catalog, with `account/region`.
pub async fn log_groups(catalog: &dyn Catalog) -> Result<Vec<(GroupId, String)>, CatalogError> {
    let named = named(catalog).await?;
    Ok(named.into_iter().map(|(scope, _, log)| (log.group, scope)).collect())
}

/// Every log of metrics: account and region, its name among theirs, and the log.
pub(super) async fn named(catalog: &dyn Catalog) -> Result<Vec<(String, String, LogId)>, CatalogError> {
    let (mut logs, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.scan(Key::from_static(b"/"), after, SCAN_KEYS).await?;
        for entry in &page.entries {
            let key = std::str::from_utf8(&entry.key).unwrap_or_default();
            if let Some((scope, name)) = key.split_once(KEY_MIDDLE)
                && let Some(log) = parse(&entry.value)
            {
                logs.push((scope.trim_start_matches('/').to_owned(), name.to_owned(), log));
            }
        }
        after = page.entries.last().map(|e| e.key.clone());
        if !page.more {
            return Ok(logs);
        }
    }
}

/// The record log, and the catalog that says which logs of it are whose.
pub(super) struct Logs {
    pub(super) log: Arc<dyn RecordLog>,
    pub(super) catalog: Arc<dyn Catalog>,
}

impl Logs {
    /// The log under a key, if it was ever made.
    pub(super) async fn open(&self, key: &str) -> Result<Option<LogId>, Error> {
        let key = Bytes::copy_from_slice(key.as_bytes());
        let entry = self.catalog.get(key).await.map_err(|e| failed("find a log of metrics", &Chain(&e)))?;
        let Some(entry) = entry else { return Ok(None) };
        let log = parse(&entry.value)
            .ok_or_else(|| failed("find a log of metrics", &"the catalog's value is not readable"))?;
        Ok(Some(log))
    }

    /// The log under a key. It is made before the catalog names it: a crash between leaves an empty log that nobody names.
    pub(super) async fn open_or_make(&self, key: &str) -> Result<LogId, Error> {
        if let Some(log) = self.open(key).await? {
            return Ok(log);
        }
        let number = next_log_group(&*self.catalog).await.map_err(|e| failed("number a log", &Chain(&e)))?;
        let log = LogId { group: GroupId(number), index: 0 };
        self.log.create(vec![log]).await.map_err(|e| failed("make a log of metrics", &Chain(&e)))?;
        let mut value = vec![VALUE_VERSION];
        value.extend(number.to_be_bytes());
        let name = Bytes::copy_from_slice(key.as_bytes());
        let commit = Commit {
            expect: vec![Expect::Absent(name.clone())],
            put: vec![(name, value.into())],
            delete: vec![],
        };
        match self.catalog.commit(commit).await {
            Ok(_) => Ok(log),
            Err(CatalogError::Conflict { .. }) => {
                self.log.remove_group(log.group).await.map_err(|e| failed("remove a log", &Chain(&e)))?;
                let made = self.open(key).await?;
                made.ok_or_else(|| failed("make a log of metrics", &"its name came and went"))
            }
            Err(error) => Err(failed("name a log of metrics", &Chain(&error))),
        }
    }

    /// Appends records, all of them or none; durable, as the log is, when this returns. When they arrived.
    pub(super) async fn append(&self, log: LogId, data: Vec<Bytes>) -> Result<Timestamp, Error> {
        let records = data.into_iter().map(|data| NewRecord { data, ..NewRecord::default() }).collect();
        let batch = Batch { log, records, producer: Producer::default() };
        Ok(self.append_batches(vec![batch]).await?.1)
    }

    /// Appends records, small ones several to a frame. Where the first stands, behind which the others follow without a gap, and when
    /// the last arrived.
    pub(super) async fn append_many(
        &self,
        log: LogId,
        data: Vec<Bytes>,
    ) -> Result<(Position, Timestamp), Error> {
        let mut batches: Vec<Batch> = Vec::new();
        let mut bytes = FRAME_BYTES;
        for data in data {
            if bytes + data.len() > FRAME_BYTES {
                batches.push(Batch { log, records: vec![], producer: Producer::default() });
                bytes = 0;
            }
            bytes += data.len();
            if let Some(batch) = batches.last_mut() {
                batch.records.push(NewRecord { data, ..NewRecord::default() });
            }
        }
        self.append_batches(batches).await
    }

    async fn append_batches(&self, batches: Vec<Batch>) -> Result<(Position, Timestamp), Error> {
        let counts: Vec<u64> = batches.iter().map(|batch| batch.records.len() as u64).collect();
        let (mut first, mut next, mut last) = (None, None, Timestamp::default());
        for (outcome, count) in self.log.append_all(batches).await.into_iter().zip(counts) {
            match outcome {
                AppendOutcome::Appended { first: at, arrival } if next.is_none_or(|next| next == at) => {
                    first = first.or(Some(at));
                    next = Some(behind(at, count));
                    last = arrival;
                }
                other => return Err(failed("append metrics", &format_args!("{other:?}"))),
            }
        }
        first.map(|first| (first, last)).ok_or_else(|| failed("append metrics", &"there are none"))
    }

    /// The next records from a place on, which moves behind them; none at the end of the log. Records that are damaged are passed over, with a line
    /// in the server's log.
    pub(super) async fn next(&self, log: LogId, place: &mut Position) -> Result<Vec<Record>, Error> {
        loop {
            match self.log.read(log, ReadFrom::Position(*place), READ).await {
                Ok(batch) => {
                    *place = batch.next;
                    if !batch.records.is_empty() || batch.next >= batch.state.end {
                        return Ok(batch.records);
                    }
                }
                Err(error @ LogError::Corrupt { resume: Some(resume), .. }) => {
                    tracing::error!(%error, "metrics are lost");
                    *place = resume;
                }
                Err(error) => return Err(failed("read metrics", &Chain(&error))),
            }
        }
    }

    /// Lets go of what arrived before a time.
    pub(super) async fn trim(&self, log: LogId, before: Timestamp) -> Result<(), Error> {
        self.log.trim(log.group, before).await.map_err(|e| failed("let go of old metrics", &Chain(&e)))
    }
}

/// The place so many records behind another.
pub(super) fn behind(first: Position, records: u64) -> Position {
    Position { offset: Offset(first.offset.0 + records), ..first }
}

fn parse(value: &[u8]) -> Option<LogId> {
    let number = value.strip_prefix(&[VALUE_VERSION])?;
    Some(LogId { group: GroupId(u64::from_be_bytes(number.try_into().ok()?)), index: 0 })
}

/// Writes the cause to the server's log; the caller is told only that it failed.
pub(super) fn failed(doing: &str, cause: &dyn Display) -> Error {
    tracing::error!(%cause, "cannot {doing}");
    errors::internal()
}

/// An error with the causes behind it.
pub(super) struct Chain<'a>(pub(super) &'a dyn std::error::Error);

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |cause| write!(f, ": {}", Chain(cause)))
    }
}
