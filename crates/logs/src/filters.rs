//! A log group's metric filters and subscription filters, ready to be applied.

use std::sync::Arc;

use crate::pattern::Pattern;
use crate::stored::{StoredMetricFilter, StoredSubscription};

/// Those of one group, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    pub metrics: Vec<Arc<MetricFilter>>,
    pub subscriptions: Vec<Arc<Subscription>>,
}

/// A metric filter.
#[derive(Debug)]
pub(crate) struct MetricFilter {
    pub stored: StoredMetricFilter,
    pub pattern: Pattern,
}

/// A subscription filter.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub stored: StoredSubscription,
    pub pattern: Pattern,
}

impl Filters {
    /// How many of them have regular expressions, but for the one of this name.
    pub fn with_regexes(&self, but: &str) -> usize {
        let metrics = self.metrics.iter().map(|filter| (&filter.stored.name, &filter.pattern));
        let subscriptions = self.subscriptions.iter().map(|filter| (&filter.stored.name, &filter.pattern));
        metrics.chain(subscriptions).filter(|(name, pattern)| *name != but && pattern.regexes() > 0).count()
    }

    /// With this one, in the place of its namesake.
    pub fn with_metric(&self, filter: MetricFilter) -> Self {
        let mut filters = self.without_metric(&filter.stored.name);
        filters.metrics.push(Arc::new(filter));
        filters.metrics.sort_by(|a, b| a.stored.name.cmp(&b.stored.name));
        filters
    }

    pub fn without_metric(&self, name: &str) -> Self {
        let mut filters = self.clone();
        filters.metrics.retain(|filter| filter.stored.name != name);
        filters
    }

    /// With this one, in the place of its namesake.
    pub fn with_subscription(&self, filter: Subscription) -> Self {
        let mut filters = self.without_subscription(&filter.stored.name);
        filters.subscriptions.push(Arc::new(filter));
        filters.subscriptions.sort_by(|a, b| a.stored.name.cmp(&b.stored.name));
        filters
    }

    pub fn without_subscription(&self, name: &str) -> Self {
        let mut filters = self.clone();
        filters.subscriptions.retain(|filter| filter.stored.name != name);
        filters
    }

    pub fn metric(&self, name: &str) -> Option<&Arc<MetricFilter>> {
        self.metrics.iter().find(|filter| filter.stored.name == name)
    }

    pub fn subscription(&self, name: &str) -> Option<&Arc<Subscription>> {
        self.subscriptions.iter().find(|filter| filter.stored.name == name)
    }
}
