//! What protects log groups, for whoever judges a call: their tags.

use std::sync::{Arc, Weak};

use anabranch_governance::{Guarded, Protection};
use anabranch_types::Arn;

use crate::service::Logs;
use crate::stored::Scope;

/// Does not keep the service: what it sends goes through the door, which keeps what guards resources.
struct Guard(Weak<Logs>);

impl Logs {
    /// Tells what protects log groups.
    pub fn guard(self: &Arc<Self>) -> Arc<dyn Guarded> {
        Arc::new(Guard(Arc::downgrade(self)))
    }
}

impl Guarded for Guard {
    /// Of a group, also where a stream of it is asked for.
    fn protection(&self, _: &str, arn: &str) -> Option<Protection> {
        let parsed: Arn = arn.parse().ok()?;
        let scope = Scope { account: parsed.account?, region: parsed.region? };
        let name = parsed.resource.strip_prefix("log-group:")?.split(':').next()?;
        let stored = self.0.upgrade()?.directory.get(&scope, name)?.stored();
        let tags = stored.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        Some(Protection { tags, ..Protection::default() })
    }

    fn revision(&self) -> u64 {
        self.0.upgrade().map_or(u64::MAX, |logs| logs.directory.revision())
    }
}
