use std::collections::HashSet;
use std::sync::Arc;

use anabranch_catalog::{Catalog, Commit, Entry, Key, Value as _};
use anabranch_log::{GroupId, LogId};
use bytes::Bytes;

use crate::delivery::Deliveries;
use crate::directory::{Directory, Group};
use crate::errors::Failed;
use crate::filters::{Filters, MetricFilter, Subscription};
use crate::pattern::Pattern;
use crate::service::{Logs, LogsGround};
use crate::store::stream::Stream;
use crate::stored::{
    Scope, StoredGroup, StoredMetricFilter, StoredPosition, StoredStream, StoredSubscription,
    next_scope_after, scope_of,
};
use crate::tail::Tails;

/// Entries read by one scan.
const SCAN_ENTRIES: usize = 1000;

/// The service could not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot load the log groups")]
pub struct LogsOpenError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl From<Failed> for LogsOpenError {
    fn from(failed: Failed) -> Self {
        Self(Box::new(failed))
    }
}

impl Logs {
    /// Loads every group, stream and filter; deletions that were begun are finished, deliveries go on by what [`Logs::due`] gives.
    pub async fn open(ground: LogsGround) -> Result<Arc<Self>, LogsOpenError> {
        let LogsGround { log, catalog, clock, rng, authorize, destination, metrics } = ground;
        let logs = Arc::new(Self {
            log,
            catalog,
            tails: Arc::new(Tails::new(clock.clone())),
            clock,
            rng,
            authorize,
            destination,
            metrics,
            directory: Directory::default(),
            deliveries: Deliveries::default(),
            creating: tokio::sync::Mutex::default(),
        });
        for scope in scopes(&*logs.catalog).await? {
            logs.load(&scope).await?;
        }
        logs.remove_nameless_logs().await?;
        Ok(logs)
    }

    async fn load(&self, scope: &Scope) -> Result<(), Failed> {
        for entry in scan_all(&*self.catalog, scope.deleted()).await? {
            let stored = StoredGroup::from_bytes(&entry.value)?;
            self.finish_deletion(scope, &stored).await?;
        }
        let prefix = scope.groups();
        for entry in scan_all(&*self.catalog, prefix.clone()).await? {
            let Ok(name) = std::str::from_utf8(&entry.key[prefix.len()..]) else { continue };
            let group = Group::new(scope.clone(), name.to_owned(), StoredGroup::from_bytes(&entry.value)?);
            self.load_group(group).await?;
        }
        Ok(())
    }

    /// Takes in a group as the catalog has it.
    pub(crate) async fn load_group(&self, group: Group) -> Result<Arc<Group>, Failed> {
        let (scope, id) = (&group.scope, group.id);
        if let Some(entry) = self.catalog.get(scope.streams_ever(id)).await? {
            group.set_streams_ever(u32::from_bytes(&entry.value)?);
        }
        for entry in scan_all(&*self.catalog, scope.streams(id)).await? {
            let stored = StoredStream::from_bytes(&entry.value)?;
            let log = LogId { group: id, index: stored.number };
            if self.log.state(log).is_err() {
                // What a restore of the catalog alone would lack.
                self.log.create(vec![log]).await?;
            }
            group.add_stream(Stream::new(stored, log));
        }
        let mut filters = Filters::default();
        for entry in scan_all(&*self.catalog, scope.metric_filters(id)).await? {
            let stored = StoredMetricFilter::from_bytes(&entry.value)?;
            let Ok(pattern) = Pattern::parse(&stored.pattern) else { continue };
            filters = filters.with_metric(MetricFilter { stored, pattern });
        }
        for entry in scan_all(&*self.catalog, scope.subscriptions(id)).await? {
            let stored = StoredSubscription::from_bytes(&entry.value)?;
            let Ok(pattern) = Pattern::parse(&stored.pattern) else { continue };
            let position = self.catalog.get(scope.position(id, &stored.name)).await?;
            let position = position.map(|entry| StoredPosition::from_bytes(&entry.value)).transpose()?;
            self.deliveries.begin(id, &stored.name, position.unwrap_or_default().into(), self.clock.now());
            filters = filters.with_subscription(Subscription { stored, pattern });
        }
        group.set_filters(filters);
        Ok(self.directory.add(group))
    }

    /// Removes the logs of streams that a crash left without a name.
    async fn remove_nameless_logs(&self) -> Result<(), Failed> {
        let groups = self.directory.all();
        let ours: HashSet<GroupId> = groups.iter().map(|group| group.id).collect();
        let named: HashSet<LogId> =
            groups.iter().flat_map(|group| group.streams("").into_iter().map(|stream| stream.log)).collect();
        let nameless = self.log.logs().into_iter().filter(|log| ours.contains(&log.group) && log.index > 0);
        let nameless: Vec<LogId> = nameless.filter(|log| !named.contains(log)).collect();
        if nameless.is_empty() { Ok(()) } else { Ok(self.log.remove(nameless).await?) }
    }

    /// Deletes what is left of a group that was deleted.
    pub(crate) async fn finish_deletion(&self, scope: &Scope, stored: &StoredGroup) -> Result<(), Failed> {
        let id = GroupId(stored.number);
        for group in [Some(stored.number), stored.outbox].into_iter().flatten() {
            self.log.remove_group(GroupId(group)).await?;
        }
        let prefixes =
            [scope.streams(id), scope.metric_filters(id), scope.subscriptions(id), scope.positions(id)];
        for prefix in prefixes {
            loop {
                let page = self.catalog.scan(prefix.clone(), None, SCAN_ENTRIES).await?;
                let delete: Vec<Key> = page.entries.into_iter().map(|entry| entry.key).collect();
                if delete.is_empty() {
                    break;
                }
                self.catalog.commit(Commit { delete, ..Commit::default() }).await?;
            }
        }
        let delete = vec![scope.streams_ever(id), scope.deleted_group(id)];
        self.catalog.commit(Commit { delete, ..Commit::default() }).await?;
        Ok(())
    }
}

/// Every account and region that has anything.
pub(crate) async fn scopes(catalog: &dyn Catalog) -> Result<Vec<Scope>, Failed> {
    let (mut scopes, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.scan(Bytes::from_static(b"/"), after, 1).await?;
        let Some(entry) = page.entries.into_iter().next() else { return Ok(scopes) };
        scopes.extend(scope_of(&entry.key));
        after = Some(next_scope_after(&entry.key));
    }
}

pub(crate) async fn scan_all(catalog: &dyn Catalog, prefix: Bytes) -> Result<Vec<Entry>, Failed> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map(|entry| entry.key.clone());
        let page = catalog.scan(prefix.clone(), after, SCAN_ENTRIES).await?;
        entries.extend(page.entries);
        if !page.more {
            return Ok(entries);
        }
    }
}
