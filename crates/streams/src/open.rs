//! Start-up: everything the catalog holds of streams comes into memory, and what a crash left half-done is finished.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Weak};

use anabranch_api::{Register, kinesis};
use anabranch_catalog::{Catalog, Commit, Entry, Expect, Key};
use anabranch_log::{Buffers, LogId};
use anabranch_types::{Due, Rng, StreamArn, StreamName};
use bytes::Bytes;

use crate::accounts::Accounts;
use crate::calls::Calls;
use crate::directory::Directory;
use crate::errors::Failed;
use crate::fanout::{HeartBeats, Subscriptions};
use crate::key_changes::WatchedKeys;
use crate::monitoring::Monitoring;
use crate::retention::Retention;
use crate::scaling::Scaling;
use crate::service::{Ground, Settings, Streams, Tombstones};
use crate::stored::{
    Scope, StoredConsumer, StoredDataKey, StoredSettings, StoredShard, StoredStream, Value, next_scope_after,
    scope_of, token_key,
};
use crate::stream::{Shard, Stream, View};
use crate::tokens::{KEY_BYTES, Tokens};
use crate::transitions::{Agenda, Transitions};

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The catalog or the log failed, or holds what this program cannot read.
    #[error("cannot load the data streams")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stream that was being changed could not be brought to an end.
    #[error("cannot finish what was begun with {stream}: {reason}")]
    Unfinished {
        /// The stream's ARN.
        stream: String,
        /// What its operation would have answered.
        reason: String,
    },
}

impl From<Failed> for OpenError {
    fn from(failed: Failed) -> Self {
        OpenError::Failed(Box::new(failed))
    }
}

/// Entries read by one scan.
const SCAN_ENTRIES: usize = 1000;

impl Streams {
    /// Loads every stream and finishes what was begun. All of it is served when this returns.
    pub async fn open(ground: Ground, settings: Settings) -> Result<Arc<Self>, OpenError> {
        let tokens = load_tokens(&*ground.catalog, &ground.rng).await?;
        let streams = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            log: ground.log,
            catalog: ground.catalog,
            clock: ground.clock,
            master_key: ground.master_key,
            kms: ground.kms,
            authorize: ground.authorize,
            watched_keys: WatchedKeys::default(),
            buffers: Buffers::default(),
            metrics: ground.metrics,
            measurements: ground.measurements,
            settings,
            directory: Directory::default(),
            tokens,
            agenda: Agenda::default(),
            subscriptions: Subscriptions::default(),
            creating: tokio::sync::Mutex::default(),
            tombstones: Tombstones::default(),
            accounts: Accounts::default(),
            calls: Calls::default(),
            turn: AtomicUsize::new(0),
        });
        let mut after: Option<Key> = None;
        while let Some(entry) = first_entry(&*streams.catalog, after).await? {
            if let Some(scope) = scope_of(&entry.key) {
                streams.load_scope(&scope).await?;
            }
            after = Some(next_scope_after(&entry.key));
        }
        streams.finish_what_was_begun().await?;
        let measured: Weak<Self> = Arc::downgrade(&streams);
        streams.metrics.measures(measured);
        Ok(streams)
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        kinesis::register_streams(self, register);
    }

    /// What falls due by the Clock: transitions, subscriptions' heartbeats, retention, on-demand scaling, metrics. Called once.
    pub fn due(self: &Arc<Self>) -> Vec<Arc<dyn Due>> {
        vec![
            Arc::new(Transitions(Arc::clone(self))),
            Arc::new(HeartBeats(Arc::clone(self))),
            Arc::new(Retention::new(Arc::clone(self))),
            Arc::new(Scaling::new(Arc::clone(self))),
            Arc::new(Monitoring::new(Arc::clone(self))),
        ]
    }

    async fn load_scope(&self, scope: &Scope) -> Result<(), Failed> {
        for entry in scan_all(&*self.catalog, scope.kind("tombstone")).await? {
            if let Some(name) = last_part(&entry.key) {
                self.tombstones.set(scope.clone(), name, u64::from_bytes(&entry.value)?);
            }
        }
        if let Some(entry) = self.catalog.get(scope.settings()).await? {
            self.accounts.set(scope.clone(), StoredSettings::from_bytes(&entry.value)?);
        }
        for entry in scan_all(&*self.catalog, scope.kind("stream")).await? {
            if let Some(name) = last_part(&entry.key) {
                self.load_stream(scope, name, &entry).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn load_stream(
        &self,
        scope: &Scope,
        name: StreamName,
        entry: &Entry,
    ) -> Result<(), Failed> {
        let now = self.clock.now();
        let stored = StoredStream::from_bytes(&entry.value)?;
        let group = stored.group();
        let (shards, consumers) = self.read_parts(scope, &name).await?;
        let shards = shards.into_iter().map(|s| Arc::new(Shard::new(s, group, now))).collect();
        let consumers = consumers.into_iter().map(|c| (c.name.clone(), Arc::new(c))).collect();
        let view = View::new(stored, entry.version, shards, consumers);
        let due = view.due();
        let id = StreamArn { region: scope.region.clone(), account: scope.account, name };
        let stream = Stream::new(id, group, &self.metrics, view);
        self.monitor_shards(&stream);
        self.load_data_keys(&stream).await?;
        self.directory.add(Arc::new(stream));
        if let Some(due) = due {
            self.agenda.note(due, group);
        }
        Ok(())
    }

    /// The shards and consumers that the catalog holds of a stream.
    pub(crate) async fn read_parts(
        &self,
        scope: &Scope,
        name: &StreamName,
    ) -> Result<(Vec<StoredShard>, Vec<StoredConsumer>), Failed> {
        let keys = scope.stream(name);
        let (mut shards, mut consumers) = (Vec::new(), Vec::new());
        for entry in scan_all(&*self.catalog, keys.all_shards()).await? {
            shards.extend(Vec::<StoredShard>::from_bytes(&entry.value)?);
        }
        for entry in scan_all(&*self.catalog, keys.all_consumers()).await? {
            consumers.push(StoredConsumer::from_bytes(&entry.value)?);
        }
        Ok((shards, consumers))
    }

    /// Loads a stream's data keys, and makes sure that this is the master key beneath them.
    async fn load_data_keys(&self, stream: &Stream) -> Result<(), Failed> {
        let mut keys: Vec<StoredDataKey> = Vec::new();
        for entry in scan_all(&*self.catalog, stream.scope.stream(&stream.id.name).all_data_keys()).await? {
            keys.extend(Vec::<StoredDataKey>::from_bytes(&entry.value)?);
        }
        stream.data_keys.load(keys);
        self.check_data_keys(stream)
    }

    /// Ends the states whose time came while we were away.
    async fn finish_what_was_begun(&self) -> Result<(), OpenError> {
        for stream in self.directory.all() {
            self.settle(&stream, self.clock.now()).await.map_err(|error| OpenError::Unfinished {
                stream: stream.arn.to_string(),
                reason: error.to_string(),
            })?;
        }
        Ok(())
    }

    /// Makes the logs of a stream's shards exist.
    pub(crate) async fn create_logs(&self, view: &View) -> Result<(), Failed> {
        let logs: Vec<LogId> = view.shards.iter().map(|s| s.live.log).collect();
        Ok(self.log.create(logs).await?)
    }
}

/// The key that authenticates tokens, made at the first start.
async fn load_tokens(catalog: &dyn Catalog, rng: &Rng) -> Result<Tokens, Failed> {
    let mut fresh = [0; KEY_BYTES];
    rng.fill(&mut fresh);
    let commit = Commit {
        expect: vec![Expect::Absent(token_key())],
        put: vec![(token_key(), Bytes::copy_from_slice(&fresh))],
        delete: Vec::new(),
    };
    let key = match catalog.get(token_key()).await? {
        Some(entry) => entry.value,
        None => {
            catalog.commit(commit).await?;
            Bytes::copy_from_slice(&fresh)
        }
    };
    let key = <[u8; KEY_BYTES]>::try_from(&key[..]).map_err(|_| Failed::TokenKey)?;
    Ok(Tokens::new(&key, rng.u64()))
}

pub(crate) async fn first_entry(catalog: &dyn Catalog, after: Option<Key>) -> Result<Option<Entry>, Failed> {
    let page = catalog.scan(Bytes::from_static(b"/"), after, 1).await?;
    Ok(page.entries.into_iter().next())
}

pub(crate) async fn scan_all(catalog: &dyn Catalog, prefix: Bytes) -> Result<Vec<Entry>, Failed> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map(|e| e.key.clone());
        let page = catalog.scan(prefix.clone(), after, SCAN_ENTRIES).await?;
        entries.extend(page.entries);
        if !page.more {
            return Ok(entries);
        }
    }
}

pub(crate) fn last_part(key: &[u8]) -> Option<StreamName> {
    StreamName::parse(std::str::from_utf8(key).ok()?.rsplit('/').next()?)
}
