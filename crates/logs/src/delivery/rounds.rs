use std::sync::Arc;
use std::time::Duration;

use anabranch_catalog::{Commit, Value as _};
use anabranch_log::{LogError, LogId, ReadFrom, ReadLimit};
use anabranch_types::Timestamp;
use bytes::Bytes;

use super::outbox::Label;
use super::payload::{data_messages, partition_key};
use crate::directory::Group;
use crate::errors::Failed;
use crate::filters::Subscription;
use crate::limits::DELIVERY_LIFE;
use crate::service::Logs;
use crate::sinks::{NotTaken, Parcel};
use crate::store::event::{Event, decode};
use crate::store::place::Place;
use crate::stored::StoredPosition;

/// What is read of an outbox at a time: what becomes one put, which a stream takes (KDS API PutRecords).
const READ: ReadLimit = ReadLimit { records_max: 100, bytes_max: 1024 * 1024 };
/// Rounds of one filter before the others have their turn.
const ROUNDS_MAX: usize = 16;
/// When it is the filter's turn again then.
const AGAIN_AFTER: Duration = Duration::from_millis(1);

/// What became of a round.
enum Round {
    /// There may be more.
    Delivered,
    /// Nothing is left.
    Done,
    /// The destination takes nothing.
    Failed,
}

impl Logs {
    /// Delivers what is due; what a destination does not take is tried again later.
    pub(super) async fn deliver(&self, now: Timestamp) {
        let due = self.deliveries.due(now);
        if due.is_empty() {
            return;
        }
        let groups = self.directory.all();
        for (id, name) in due {
            match groups.iter().find(|group| group.id == id) {
                Some(group) => self.deliver_to(group, &name, now).await,
                None => self.deliveries.end(id, &name),
            }
        }
    }

    async fn deliver_to(&self, group: &Group, name: &str, now: Timestamp) {
        let Some(filter) = group.filters().subscription(name).cloned() else {
            self.deliveries.end(group.id, name);
            return;
        };
        for _ in 0..ROUNDS_MAX {
            // Whatever is put into the outbox from now on makes it due again.
            self.deliveries.change(group.id, name, |progress| progress.due = None);
            match self.round(group, &filter, now).await {
                Ok(Round::Delivered) => continue,
                Ok(Round::Done) => return,
                Ok(Round::Failed) => {}
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(group = %group.name, filter = name, error, "cannot deliver");
                }
            }
            self.deliveries.change(group.id, name, |progress| {
                progress.due = Some(now + progress.pause());
                progress.failures += 1;
            });
            return;
        }
        self.deliveries.change(group.id, name, |progress| progress.due = Some(now + AGAIN_AFTER));
    }

    async fn round(
        &self,
        group: &Group,
        filter: &Arc<Subscription>,
        now: Timestamp,
    ) -> Result<Round, Failed> {
        let name = &filter.stored.name;
        let Some(log) = group.stored().outbox_log() else { return Ok(Round::Done) };
        let Some(progress) = self.deliveries.get(group.id, name) else { return Ok(Round::Done) };
        let batch = match self.log.read(log, ReadFrom::Position(progress.position), READ).await {
            Ok(batch) => batch,
            Err(LogError::Corrupt { at, resume: Some(resume), .. }) => {
                tracing::error!(group = %group.name, filter = name, ?at, "a part of an outbox is damaged and not delivered");
                self.deliveries.change(group.id, name, |progress| progress.position = resume);
                return Ok(Round::Delivered);
            }
            Err(error) => return Err(error.into()),
        };
        if batch.records.is_empty() {
            return Ok(Round::Done);
        }
        let oldest = batch.records[0].arrival;
        let mut records = Vec::new();
        for record in batch.records {
            let label = Label::decode(record.record.headers).ok_or(Failed::Damaged)?;
            let events = decode(record.record.data).ok_or(Failed::Damaged)?;
            records.extend(self.let_through(group, filter, &label, events));
        }
        if !records.is_empty()
            && let Err(refusal) = self.put(group, filter, records).await
        {
            if now.millis_since(oldest) < DELIVERY_LIFE.as_millis() as u64 {
                tracing::warn!(group = %group.name, filter = name, %refusal, "a destination takes nothing");
                return Ok(Round::Failed);
            }
            tracing::error!(group = %group.name, filter = name, %refusal, "events of a day ago are not delivered any more");
        }
        let position = StoredPosition::from(batch.next);
        let put = vec![(group.scope.position(group.id, name), position.to_bytes())];
        self.deliveries.change(group.id, name, |progress| {
            progress.position = batch.next;
            progress.failures = 0;
        });
        self.catalog.commit(Commit { put, ..Commit::default() }).await?;
        Ok(Round::Delivered)
    }

    /// The records of those of a batch's events that the filter lets through.
    fn let_through(
        &self,
        group: &Group,
        filter: &Subscription,
        label: &Label,
        events: Vec<Event>,
    ) -> Vec<(String, Bytes)> {
        let log = LogId { group: group.id, index: label.number };
        let placed = events
            .into_iter()
            .enumerate()
            .map(|(index, event)| (Place::new(event.time_ms, log, label.at, index), event));
        let meant: Vec<_> = placed.filter(|(_, event)| filter.pattern.matches(&event.message)).collect();
        if meant.is_empty() {
            return Vec::new();
        }
        let messages = data_messages(group, &label.stream, filter, &meant);
        let key = || partition_key(filter.stored.is_random, &label.stream, &self.rng);
        messages.into_iter().map(|message| (key(), message)).collect()
    }

    async fn put(
        &self,
        group: &Group,
        filter: &Subscription,
        records: Vec<(String, Bytes)>,
    ) -> Result<(), NotTaken> {
        let parcel = Parcel {
            account: group.scope.account,
            region: group.scope.region.clone(),
            source: group.arn(),
            role: filter.stored.role.clone(),
            destination: filter.stored.destination.clone(),
            records,
        };
        self.destination.put(parcel).await
    }
}
