//! Every log group and log stream there is, in memory.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_log::{GroupId, LogId};
use tokio::sync::OnceCell;

use crate::filters::Filters;
use crate::store::stream::Stream;
use crate::stored::{Scope, StoredGroup};

/// A log group that exists.
pub(crate) struct Group {
    pub scope: Scope,
    pub name: String,
    pub id: GroupId,
    stored: Mutex<Arc<StoredGroup>>,
    streams: Mutex<Streams>,
    filters: Mutex<Arc<Filters>>,
    /// Held by whoever changes it, its streams or its filters.
    pub changing: tokio::sync::Mutex<()>,
    /// Whether its index was read.
    pub indexed: OnceCell<()>,
}

#[derive(Default)]
struct Streams {
    by_name: BTreeMap<String, Arc<Stream>>,
    by_number: HashMap<u32, Arc<Stream>>,
    /// How many there ever were; the next one's number less one.
    ever: u32,
}

impl Group {
    pub fn new(scope: Scope, name: String, stored: StoredGroup) -> Self {
        Self {
            scope,
            name,
            id: GroupId(stored.number),
            stored: Mutex::new(Arc::new(stored)),
            streams: Mutex::default(),
            filters: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            indexed: OnceCell::new(),
        }
    }

    /// Where its index stands.
    pub fn index_log(&self) -> LogId {
        LogId { group: self.id, index: 0 }
    }

    pub fn stored(&self) -> Arc<StoredGroup> {
        Arc::clone(&lock(&self.stored))
    }

    pub fn set_stored(&self, stored: StoredGroup) {
        *lock(&self.stored) = Arc::new(stored);
    }

    pub fn filters(&self) -> Arc<Filters> {
        Arc::clone(&lock(&self.filters))
    }

    pub fn set_filters(&self, filters: Filters) {
        *lock(&self.filters) = Arc::new(filters);
    }

    /// As policies and subscriptions name it.
    pub fn arn(&self) -> String {
        let Scope { account, region } = &self.scope;
        format!("arn:{}:logs:{region}:{account}:log-group:{}", region.partition().as_str(), self.name)
    }

    pub fn stream(&self, name: &str) -> Option<Arc<Stream>> {
        lock(&self.streams).by_name.get(name).cloned()
    }

    pub fn stream_of(&self, number: u32) -> Option<Arc<Stream>> {
        lock(&self.streams).by_number.get(&number).cloned()
    }

    /// The streams whose names begin so, by name.
    pub fn streams(&self, prefix: &str) -> Vec<Arc<Stream>> {
        let streams = lock(&self.streams);
        let from = streams.by_name.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(|(name, _)| name.starts_with(prefix)).map(|(_, stream)| Arc::clone(stream)).collect()
    }

    pub fn stream_count(&self) -> usize {
        lock(&self.streams).by_name.len()
    }

    pub fn streams_ever(&self) -> u32 {
        lock(&self.streams).ever
    }

    pub fn set_streams_ever(&self, ever: u32) {
        lock(&self.streams).ever = ever;
    }

    pub fn add_stream(&self, stream: Stream) {
        let stream = Arc::new(stream);
        let mut streams = lock(&self.streams);
        streams.ever = streams.ever.max(stream.log.index);
        streams.by_number.insert(stream.log.index, Arc::clone(&stream));
        streams.by_name.insert(stream.name.clone(), stream);
    }

    pub fn remove_stream(&self, stream: &Stream) {
        let mut streams = lock(&self.streams);
        streams.by_name.remove(&stream.name);
        streams.by_number.remove(&stream.log.index);
    }
}

/// The log groups by scope and name.
#[derive(Default)]
pub(crate) struct Directory {
    groups: Mutex<HashMap<Scope, BTreeMap<String, Arc<Group>>>>,
    revision: AtomicU64,
}

impl Directory {
    pub fn get(&self, scope: &Scope, name: &str) -> Option<Arc<Group>> {
        lock(&self.groups).get(scope)?.get(name).cloned()
    }

    pub fn add(&self, group: Group) -> Arc<Group> {
        let group = Arc::new(group);
        let mut groups = lock(&self.groups);
        groups.entry(group.scope.clone()).or_default().insert(group.name.clone(), Arc::clone(&group));
        self.changed();
        group
    }

    pub fn remove(&self, group: &Group) {
        if let Some(groups) = lock(&self.groups).get_mut(&group.scope) {
            groups.remove(&group.name);
        }
        self.changed();
    }

    pub fn count(&self, scope: &Scope) -> usize {
        lock(&self.groups).get(scope).map_or(0, BTreeMap::len)
    }

    /// Those of a scope behind this name for which it holds, in order: at most `limit`, and whether there are more.
    pub fn page(
        &self,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
        holds: impl Fn(&Group) -> bool,
    ) -> (Vec<Arc<Group>>, bool) {
        let groups = lock(&self.groups);
        let Some(all) = groups.get(scope) else { return (Vec::new(), false) };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut fit =
            all.range::<str, _>((from, Bound::Unbounded)).map(|(_, group)| group).filter(|g| holds(g));
        (fit.by_ref().take(limit).cloned().collect(), fit.next().is_some())
    }

    pub fn all(&self) -> Vec<Arc<Group>> {
        lock(&self.groups).values().flat_map(BTreeMap::values).cloned().collect()
    }

    /// Notes that something that conditions may ask for changed: tags.
    pub fn changed(&self) {
        self.revision.fetch_add(1, Ordering::SeqCst);
    }

    /// Rises with every change.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
