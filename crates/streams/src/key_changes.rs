//! What happens at once when a KMS key that sealed records changes: opened data keys are wiped, and who is subscribed is told.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anabranch_governance::kms::Usability;
use bytestring::ByteString;

use crate::Streams;
use crate::errors;
use crate::stream::Stream;

/// The KMS keys that are watched.
#[derive(Default)]
pub(crate) struct WatchedKeys(Mutex<HashSet<ByteString>>);

impl WatchedKeys {
    /// Whether it is new.
    fn add(&self, arn: &ByteString) -> bool {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !watched.contains(arn) && watched.insert(arn.clone())
    }

    fn remove(&self, arn: &ByteString) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }
}

impl Streams {
    /// From now on a change of the key of this ARN is followed by what it takes; to be called before something is opened with it.
    pub(crate) fn watch_key(&self, arn: &ByteString) {
        if !self.watched_keys.add(arn) {
            return;
        }
        let Ok(mut changes) = self.kms.watch(arn) else { return self.watched_keys.remove(arn) };
        let (me, arn) = (self.me.clone(), arn.clone());
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let Some(streams) = me.upgrade() else { return };
                streams.key_changed(&arn, *changes.borrow_and_update());
            }
            // The key is deleted, or the server's world ends.
            if let Some(streams) = me.upgrade() {
                streams.watched_keys.remove(&arn);
            }
        });
    }

    fn key_changed(&self, arn: &ByteString, usability: Usability) {
        let Some(told) = errors::key_became(usability, arn) else { return };
        for stream in self.directory.all() {
            stream.data_keys.forget(arn);
            if self.is_sealed_under(&stream, arn) {
                stream.view().shards.iter().for_each(|shard| shard.live.hub.end(&told));
            }
        }
    }

    /// Whether the stream's records are sealed under the key of this ARN now.
    fn is_sealed_under(&self, stream: &Stream, arn: &ByteString) -> bool {
        let view = stream.view();
        let Some(named) = &view.stored.key_id else { return false };
        let meant = self.kms.arn_meant(stream.id.account, &stream.id.region, named);
        meant.is_ok_and(|meant| meant == *arn)
    }
}
