//! Notifications that wait to be delivered: rows of the catalog, written with the change of state they tell of, deleted when whoever is to
//! have them has them. So each is delivered at least once, whatever ends between.

use anabranch_api::cloudwatch::HistoryItemType;
use anabranch_catalog::{CatalogError, Commit, Key, Revision, Value as _, Watch};
use anabranch_types::{AccountId, Region, Timestamp};
use serde_json::json;

use super::history::item_of;
use super::keys::{OUTBOX, Scope};
use super::limits::OUTBOX_MAX;
use super::reason::instant;
use super::service::{Alarms, SCAN_ENTRIES};
use super::stored::StoredNotification;

/// A notification that waits.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Where it stands in the catalog.
    pub key: Key,
    /// The alarm's account.
    pub account: AccountId,
    /// The alarm's region.
    pub region: Region,
    /// The alarm's ARN.
    pub alarm_arn: String,
    /// The ARN of what is to be done.
    pub action: String,
    /// In a few words.
    pub subject: String,
    /// AWS's message, a JSON text.
    pub message: String,
    /// When the alarm changed.
    pub at: Timestamp,
    stored: StoredNotification,
}

/// What became of a notification.
#[derive(Clone, Debug)]
pub enum Delivered {
    /// It was taken.
    Taken,
    /// It never will be, and why.
    GivenUp(String),
}

impl Alarms {
    /// The oldest notifications that wait, at most `most`, behind `after`; and behind which more follow.
    pub async fn waiting(
        &self,
        after: Option<Key>,
        most: usize,
    ) -> Result<(Vec<Notification>, Option<Key>), CatalogError> {
        let page = self.catalog.scan(OUTBOX.into(), after, most).await?;
        let next = page.entries.last().map(|entry| entry.key.clone()).filter(|_| page.more);
        let mut waiting = Vec::new();
        for entry in page.entries {
            match read(entry.key.clone(), &entry.value) {
                Some(notification) => waiting.push(notification),
                None => {
                    tracing::error!("a notification in the catalog cannot be read and is let go");
                    let commit = Commit { delete: vec![entry.key], ..Commit::default() };
                    self.catalog.commit(commit).await?;
                }
            }
        }
        Ok((waiting, next))
    }

    /// Notes what became of a notification in the history of its alarm and takes it out of the outbox.
    pub async fn delivered(
        &self,
        notification: &Notification,
        became: &Delivered,
    ) -> Result<(), CatalogError> {
        let scope = Scope { account: notification.account, region: notification.region.clone() };
        let StoredNotification { alarm, alarm_type, action, message, at_ms, .. } = &notification.stored;
        let (did, state, error) = match became {
            Delivered::Taken => ("Successfully executed", "Succeeded", None),
            Delivered::GivenUp(why) => ("Failed to execute", "Failed", Some(why)),
        };
        let mut summary = format!("{did} action {action}");
        if let Some(why) = error {
            summary = format!("{summary}. Received error: \"{why}\"");
        }
        let data = json!({
            "actionState": state,
            "stateUpdateTimestamp": at_ms,
            "notificationResource": action,
            "publishedMessage": message,
            "error": error,
        });
        let item = item_of(alarm, *alarm_type, HistoryItemType::Action, &summary, data);
        let key = scope.history_item(self.clock.now(), self.number());
        let commit = Commit {
            put: vec![(key, item.to_bytes())],
            delete: vec![notification.key.clone()],
            ..Commit::default()
        };
        self.catalog.commit(commit).await.map(drop)
    }

    /// Gives up the oldest notifications where too many wait.
    pub(super) async fn bound_outbox(&self) -> Result<(), CatalogError> {
        let page = self.catalog.scan_back(OUTBOX.into(), None, OUTBOX_MAX).await?;
        let Some(oldest_kept) = page.entries.last().filter(|_| page.more) else { return Ok(()) };
        loop {
            let oldest = self.waiting(None, SCAN_ENTRIES).await?.0;
            let given_up: Vec<_> = oldest.iter().filter(|waiting| waiting.key < oldest_kept.key).collect();
            if given_up.is_empty() {
                return Ok(());
            }
            for notification in given_up {
                let why = "Too many notifications wait to be delivered".to_owned();
                self.delivered(notification, &Delivered::GivenUp(why)).await?;
            }
        }
    }

    /// Calls `told` after each change of what waits, until the watch is dropped.
    pub fn watch_outbox(&self, told: impl Fn() + Send + Sync + 'static) -> Watch {
        self.catalog.watch(OUTBOX.into(), std::sync::Arc::new(move |_: Revision| told()))
    }
}

impl Notification {
    /// When the alarm changed, as AWS writes it in JSON.
    pub fn told_at(&self) -> String {
        instant(self.at)
    }
}

fn read(key: Key, value: &[u8]) -> Option<Notification> {
    let stored = StoredNotification::from_bytes(value).ok()?;
    let scope =
        Scope { account: stored.account.parse().ok()?, region: Region::parse(stored.region.as_str())? };
    Some(Notification {
        key,
        alarm_arn: scope.arn(&stored.alarm),
        account: scope.account,
        region: scope.region,
        action: stored.action.clone(),
        subject: stored.subject.clone(),
        message: stored.message.clone(),
        at: Timestamp::from_millis(stored.at_ms),
        stored,
    })
}
