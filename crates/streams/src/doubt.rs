//! What becomes of a stream when the catalog cannot tell whether a commit happened: it is looked up, at once or before the next change.

use anabranch_api::kinesis::Error;
use anabranch_catalog::{CatalogError, Commit, Entry, Expect, Revision};
use bytes::Bytes;

use crate::Streams;
use crate::changes::Draft;
use crate::errors::{self, Failed};
use crate::stored::{StoredStream, Value};
use crate::stream::Stream;

impl Streams {
    /// Commits. Where the catalog cannot tell whether it happened, the first expectation's key does: nobody else writes it, so its
    /// version is the expected one, or it was written by this commit.
    pub(crate) async fn commit_surely(&self, commit: Commit) -> Result<Revision, Failed> {
        let witness = commit.expect.first().cloned();
        let written = commit.put.first().map(|(_, value)| value.clone());
        match self.catalog.commit(commit).await {
            Err(error @ CatalogError::Store { .. }) => match self.happened(witness, written).await? {
                Some(revision) => {
                    tracing::warn!(%error, "a commit happened although the catalog failed");
                    Ok(revision)
                }
                None => Err(error.into()),
            },
            done => Ok(done?),
        }
    }

    /// The commit that wrote the key of an expectation instead of leaving it as expected.
    async fn happened(
        &self,
        witness: Option<Expect>,
        written: Option<Bytes>,
    ) -> Result<Option<Revision>, Failed> {
        Ok(match witness {
            // An earlier commit may have written it, of which that was not certain.
            Some(Expect::Absent(key)) => {
                let found = self.catalog.get(key).await?;
                found.filter(|entry| Some(&entry.value) == written.as_ref()).map(|entry| entry.version)
            }
            Some(Expect::Version(key, expected)) => match self.catalog.get(key).await? {
                Some(entry) if entry.version == expected => None,
                Some(entry) => Some(entry.version),
                // Deleted: that has no version, and nobody needs it.
                None => Some(expected),
            },
            Some(Expect::PrefixUnchanged(..)) | None => None,
        })
    }

    /// Looks up a stream of which it is not certain what the catalog holds; the caller holds `changing`. A stream that turns out to be
    /// deleted is forgotten.
    pub(crate) async fn be_certain_locked(&self, stream: &Stream) -> Result<(), Error> {
        if !stream.is_doubted() {
            return Ok(());
        }
        let key = stream.scope.stream(&stream.id.name).stream();
        match self.catalog.get(key).await.map_err(Failed::from)? {
            Some(entry) => self.look_up(stream, &entry).await?,
            None => {
                self.forget(stream, stream.last_second());
                return Err(errors::stream_not_found(&stream.id.name, stream.id.account));
            }
        }
        stream.trust();
        Ok(())
    }

    /// Takes over a stream that the catalog holds and nobody here knows: what a creation left of which it was not certain whether it
    /// happened. Whether there is one.
    pub(crate) async fn adopt(&self, stream: &Stream) -> Result<bool, Failed> {
        let (scope, name) = (&stream.scope, &stream.id.name);
        let Some(entry) = self.catalog.get(scope.stream(name).stream()).await? else { return Ok(false) };
        self.load_stream(scope, name.clone(), &entry).await?;
        Ok(true)
    }

    async fn look_up(&self, stream: &Stream, entry: &Entry) -> Result<(), Failed> {
        let view = stream.view();
        if entry.version == view.version {
            return Ok(());
        }
        let stored = StoredStream::from_bytes(&entry.value)?;
        let (shards, consumers) = self.read_parts(&stream.scope, &stream.id.name).await?;
        let consumers = consumers.into_iter().map(|c| (c.name.clone(), c)).collect();
        let draft = Draft { stored, shards, consumers };
        self.publish(stream, draft.into_view(entry.version, &view, self.clock.now()));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
