//! Every stream there is, by account and region, by ARN and by log group.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use anabranch_log::GroupId;
use anabranch_types::StreamName;
use bytestring::ByteString;

use crate::stored::{Mode, Scope, Status};
use crate::stream::Stream;

/// Every stream there is.
#[derive(Default)]
pub(crate) struct Directory {
    tables: RwLock<Tables>,
    revision: AtomicU64,
}

#[derive(Default)]
struct Tables {
    by_scope: BTreeMap<Scope, BTreeMap<StreamName, Arc<Stream>>>,
    by_arn: HashMap<ByteString, Arc<Stream>>,
    by_group: HashMap<GroupId, Arc<Stream>>,
}

/// What the streams of a scope count against its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub open_shards: u32,
    pub on_demand_streams: u32,
    pub creating_streams: usize,
}

impl Directory {
    pub fn by_name(&self, scope: &Scope, name: &StreamName) -> Option<Arc<Stream>> {
        self.read(|t| t.by_scope.get(scope)?.get(name).cloned())
    }

    pub fn by_arn(&self, arn: &str) -> Option<Arc<Stream>> {
        self.read(|t| t.by_arn.get(arn).cloned())
    }

    pub fn by_group(&self, group: GroupId) -> Option<Arc<Stream>> {
        self.read(|t| t.by_group.get(&group).cloned())
    }

    /// At most `limit` streams of a scope in the order of their names, after `after`; and whether there are more.
    pub fn page(&self, scope: &Scope, after: Option<&StreamName>, limit: usize) -> (Vec<Arc<Stream>>, bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        self.read(|t| {
            let Some(streams) = t.by_scope.get(scope) else { return (Vec::new(), false) };
            let mut rest = streams.range::<StreamName, _>((from, Unbounded)).map(|(_, s)| s);
            let page = rest.by_ref().take(limit).cloned().collect();
            (page, rest.next().is_some())
        })
    }

    /// Every stream there is.
    pub fn all(&self) -> Vec<Arc<Stream>> {
        self.read(|t| t.by_group.values().cloned().collect())
    }

    /// A number that rises whenever a stream comes, goes or changes.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// A stream was changed: its new view is there.
    pub fn note_change(&self) {
        self.revision.fetch_add(1, Ordering::Release);
    }

    /// What an account uses in a region.
    pub fn usage(&self, scope: &Scope) -> Usage {
        let streams = self.page(scope, None, usize::MAX).0;
        streams.iter().fold(Usage::default(), |mut usage, stream| {
            let view = stream.view();
            let on_demand = view.stored.mode == Mode::OnDemand;
            if !on_demand {
                usage.open_shards += u32::try_from(view.open.len()).unwrap_or(u32::MAX);
            }
            usage.on_demand_streams += u32::from(on_demand);
            usage.creating_streams += usize::from(view.stored.status == Status::Creating);
            usage
        })
    }

    /// Adds a stream whose name is free.
    pub fn add(&self, stream: Arc<Stream>) {
        let mut t = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        t.by_arn.insert(stream.arn.clone(), Arc::clone(&stream));
        t.by_group.insert(stream.group, Arc::clone(&stream));
        let names = t.by_scope.entry(stream.scope.clone()).or_default();
        names.insert(stream.id.name.clone(), stream);
        drop(t);
        self.note_change();
    }

    /// Forgets a stream.
    pub fn remove(&self, stream: &Stream) {
        let mut t = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        t.by_arn.remove(&stream.arn);
        t.by_group.remove(&stream.group);
        if let Some(names) = t.by_scope.get_mut(&stream.scope) {
            names.remove(&stream.id.name);
            if names.is_empty() {
                t.by_scope.remove(&stream.scope);
            }
        }
        drop(t);
        self.note_change();
    }

    fn read<T>(&self, f: impl FnOnce(&Tables) -> T) -> T {
        f(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }
}
