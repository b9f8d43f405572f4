//! How a stream changes: one commit in the catalog, then a new view in memory. Changes of one stream happen one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::kinesis::Error;
use anabranch_catalog::{Commit, Expect};
use anabranch_types::Timestamp;

use crate::Streams;
use crate::errors::{self, Failed};
use crate::stored::{
    SHARDS_PER_VALUE, StoredConsumer, StoredShard, StoredStream, StreamKeys, Value, data_key_chunks,
};
use crate::stream::{Shard, Stream, View};

/// A stream being changed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub stored: StoredStream,
    /// By index.
    pub shards: Vec<StoredShard>,
    pub consumers: BTreeMap<String, StoredConsumer>,
}

impl Draft {
    fn of(view: &View) -> Self {
        Self {
            stored: view.stored.clone(),
            shards: view.shards.iter().map(|s| s.stored.clone()).collect(),
            consumers: view.consumers.iter().map(|(name, c)| (name.clone(), (**c).clone())).collect(),
        }
    }

    /// The shards by the catalog's values.
    fn chunks(&self) -> BTreeMap<u32, Vec<StoredShard>> {
        let mut chunks: BTreeMap<u32, Vec<StoredShard>> = BTreeMap::new();
        for shard in &self.shards {
            chunks.entry(shard.index / SHARDS_PER_VALUE).or_default().push(shard.clone());
        }
        chunks
    }

    /// The writes that make `before` in the catalog into this.
    fn write_over(&self, before: &Draft, keys: &StreamKeys<'_>, commit: &mut Commit) {
        commit.put.push((keys.stream(), self.stored.to_bytes()));
        let (old, new) = (before.chunks(), self.chunks());
        for (chunk, shards) in &new {
            if old.get(chunk) != Some(shards) {
                commit.put.push((keys.shards(*chunk), shards.to_bytes()));
            }
        }
        commit.delete.extend(old.keys().filter(|c| !new.contains_key(c)).map(|c| keys.shards(*c)));
        for (name, consumer) in &self.consumers {
            if before.consumers.get(name) != Some(consumer) {
                commit.put.push((keys.consumer(name), consumer.to_bytes()));
            }
        }
        let gone = before.consumers.keys().filter(|name| !self.consumers.contains_key(*name));
        commit.delete.extend(gone.map(|name| keys.consumer(name)));
    }

    /// The view this makes, with what the shards of `before` have in memory.
    pub(crate) fn into_view(
        self,
        version: anabranch_catalog::Revision,
        before: &View,
        now: Timestamp,
    ) -> View {
        let group = self.stored.group();
        let shards = self.shards.into_iter().map(|stored| match before.shard(stored.id()) {
            Some(shard) if shard.stored == stored => Arc::clone(shard),
            Some(shard) => Arc::new(shard.restored(stored)),
            None => Arc::new(Shard::new(stored, group, now)),
        });
        let consumers = self.consumers.into_iter().map(|(name, c)| (name, Arc::new(c))).collect();
        View::new(self.stored, version, shards.collect(), consumers)
    }
}

impl Streams {
    /// Changes a stream as `decide` says, unless it refuses. The change is durable and seen by every later call when this returns.
    pub(crate) async fn change<T>(
        &self,
        stream: &Stream,
        decide: impl FnOnce(&mut Draft) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let _one_at_a_time = stream.changing.lock().await;
        if !self.is_there(stream) {
            return Err(errors::stream_not_found(&stream.id.name, stream.id.account));
        }
        self.change_locked(stream, decide).await
    }

    /// Whether the stream is the one of its name, still.
    pub(crate) fn is_there(&self, stream: &Stream) -> bool {
        self.directory.by_group(stream.group).is_some()
    }

    /// As [`Self::change`], while the caller holds `changing`.
    pub(crate) async fn change_locked<T>(
        &self,
        stream: &Stream,
        decide: impl FnOnce(&mut Draft) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        self.be_certain_locked(stream).await?;
        let view = stream.view();
        let before = Draft::of(&view);
        let mut draft = before.clone();
        let decided = decide(&mut draft)?;
        let keys = stream.scope.stream(&stream.id.name);
        let mut commit =
            Commit { expect: vec![Expect::Version(keys.stream(), view.version)], ..Commit::default() };
        draft.write_over(&before, &keys, &mut commit);
        let version = self.commit_surely(commit).await.inspect_err(|_| stream.doubt())?;
        self.publish(stream, draft.into_view(version, &view, self.clock.now()));
        Ok(decided)
    }

    /// Lets a stream be seen as it was committed; the caller holds `changing`.
    pub(crate) fn publish(&self, stream: &Stream, changed: View) {
        let view = stream.view();
        let due = changed.due();
        let closed = changed.closed_since(&view);
        let monitored = view.stored.shard_metrics | changed.stored.shard_metrics != 0;
        stream.publish(changed);
        self.directory.note_change();
        if monitored {
            self.monitor_shards(stream);
        }
        closed.iter().for_each(|shard| shard.hub.wake());
        if let Some(due) = due {
            self.agenda.note(due, stream.group);
        }
    }

    /// Writes a stream that is not there yet; it is known from then on.
    pub(crate) async fn add(&self, stream: Stream) -> Result<Arc<Stream>, Error> {
        let view = stream.view();
        let draft = Draft::of(&view);
        let none = Draft { stored: view.stored.clone(), shards: Vec::new(), consumers: BTreeMap::new() };
        let keys = stream.scope.stream(&stream.id.name);
        let mut commit = Commit { expect: vec![Expect::Absent(keys.stream())], ..Commit::default() };
        draft.write_over(&none, &keys, &mut commit);
        let version = match self.commit_surely(commit).await {
            Ok(version) => version,
            Err(_) if self.adopt(&stream).await? => return Err(errors::stream_exists(&stream.id)),
            Err(failed) => return Err(failed.into()),
        };
        stream.publish(draft.into_view(version, &view, self.clock.now()));
        let stream = Arc::new(stream);
        self.directory.add(Arc::clone(&stream));
        if let Some(due) = stream.view().due() {
            self.agenda.note(due, stream.group);
        }
        Ok(stream)
    }

    /// Removes a stream and its records for good; the caller holds `changing`.
    pub(crate) async fn remove_locked(&self, stream: &Stream) -> Result<(), Error> {
        self.log.remove_group(stream.group).await.map_err(Failed::from)?;
        let view = stream.view();
        let last_second = stream.last_second();
        let keys = stream.scope.stream(&stream.id.name);
        let chunks = Draft::of(&view).chunks();
        let data_keys = data_key_chunks(&stream.data_keys.stored());
        let commit = Commit {
            expect: vec![Expect::Version(keys.stream(), view.version)],
            put: vec![(keys.tombstone(), last_second.to_bytes())],
            delete: std::iter::once(keys.stream())
                .chain(chunks.keys().map(|c| keys.shards(*c)))
                .chain(data_keys.keys().map(|c| keys.data_keys(*c)))
                .chain(view.consumers.keys().map(|name| keys.consumer(name)))
                .collect(),
        };
        self.commit_surely(commit).await.inspect_err(|_| stream.doubt())?;
        self.forget(stream, last_second);
        Ok(())
    }

    /// Forgets a stream that the catalog no longer holds.
    pub(crate) fn forget(&self, stream: &Stream, last_second: u64) {
        self.tombstones.set(stream.scope.clone(), stream.id.name.clone(), last_second);
        self.directory.remove(stream);
        self.subscriptions.stream_removed(stream);
    }
}
