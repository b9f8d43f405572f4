use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_types::{AccountId, Timestamp};

use super::stored::StoredUse;

/// What was used is written after this long at the latest; what a crash takes with it is no older.
pub(super) const WRITE_AFTER: Duration = Duration::from_secs(60);
/// Uses for the same are told apart by this much: AWS tells the last use to the minute or worse.
const RESOLUTION_MS: u64 = 60_000;

/// When an access key or role was last used. Shared by everything that shows the same key or role.
#[derive(Debug, Default)]
pub struct LastUsed(Mutex<Option<StoredUse>>);

impl LastUsed {
    pub(super) fn of(stored: Option<StoredUse>) -> Self {
        Self(Mutex::new(stored))
    }

    /// The last use, none if there was none.
    pub fn get(&self) -> Option<StoredUse> {
        self.locked().clone()
    }

    /// Takes note of a use; whether it is news that must be written. Costs a lock that is hardly ever contended, and nothing else
    /// within a minute of the last use for the same.
    pub(super) fn note(&self, service: &str, region: &str, at: Timestamp) -> bool {
        let mut used = self.locked();
        if let Some(used) = &*used
            && used.service == service
            && used.region == region
            && at.millis_since(used.at()) < RESOLUTION_MS
        {
            return false;
        }
        *used =
            Some(StoredUse { at_ms: at.millis(), service: service.to_owned(), region: region.to_owned() });
        true
    }

    fn locked(&self) -> MutexGuard<'_, Option<StoredUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was used and is not written yet.
#[derive(Default)]
pub(super) struct Unwritten {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    ids: BTreeSet<(AccountId, String)>,
    due: Option<Timestamp>,
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Unwritten {
    /// Notes that the use of this key or role must be written.
    pub(super) fn add(&self, account: AccountId, id: &str, now: Timestamp) {
        let mut waiting = self.locked();
        waiting.ids.insert((account, id.to_owned()));
        let earlier = waiting.due.is_none();
        waiting.due.get_or_insert(now + WRITE_AFTER);
        let wake = waiting.wake.clone().filter(|_| earlier);
        drop(waiting);
        if let Some(wake) = wake {
            wake();
        }
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.locked().due
    }

    pub(super) fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.locked().wake = Some(wake);
    }

    /// Everything that waits.
    pub(super) fn take(&self) -> BTreeSet<(AccountId, String)> {
        let mut waiting = self.locked();
        waiting.due = None;
        std::mem::take(&mut waiting.ids)
    }

    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_news_when_it_is_for_something_else_or_a_minute_later() {
        let used = LastUsed::default();
        let at = |s: i64| Timestamp::from_seconds(1_795_275_600 + s);
        let cases = [
            ("kinesis", "us-east-1", 0, true),
            ("kinesis", "us-east-1", 59, false),
            ("kinesis", "us-east-1", 60, true),
            ("sts", "us-east-1", 61, true),
            ("sts", "eu-west-1", 62, true),
            ("sts", "eu-west-1", 1, false),
        ];
        for (service, region, seconds, news) in cases {
            assert_eq!(used.note(service, region, at(seconds)), news, "{service} {region} {seconds}");
        }
        assert_eq!(used.get().unwrap().at(), at(62));
    }
}
