//! What happened to alarms, for 30 days.

use anabranch_api::cloudwatch::{AlarmHistoryItem, AlarmType, HistoryItemType};
use anabranch_catalog::{CatalogError, Commit, Key};
use anabranch_types::Timestamp;
use serde_json::{Value, json};

use super::changes::Changes;
use super::keys::{HISTORY, Scope, time_of};
use super::limits::HISTORY_DAYS;
use super::service::{Alarms, SCAN_ENTRIES};
use super::stored::{StoredAlarm, StoredHistoryItem};

/// CW API AlarmHistoryItem, HistoryData.
pub(super) const DATA_CHARS_MAX: usize = 4095;
/// CW API AlarmHistoryItem, HistorySummary.
const SUMMARY_CHARS_MAX: usize = 255;

/// What was done with an alarm's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Configured {
    Created,
    Updated,
    Deleted,
}

impl Alarms {
    /// Notes what happened; part of the changes.
    pub(super) fn note(&self, changes: &mut Changes, scope: &Scope, at: Timestamp, item: &StoredHistoryItem) {
        changes.add(scope.history_item(at, self.number()), item);
    }

    /// Notes a change of configuration.
    pub(super) fn note_configured(
        &self,
        changes: &mut Changes,
        scope: &Scope,
        at: Timestamp,
        alarm: &StoredAlarm,
        what: Configured,
    ) {
        let (did, kind, member) = match what {
            Configured::Created => ("created", "Create", "createdAlarm"),
            Configured::Updated => ("updated", "Update", "updatedAlarm"),
            Configured::Deleted => ("deleted", "Delete", "deletedAlarm"),
        };
        let summary = format!("Alarm \"{}\" {did}", alarm.name);
        let mut data = json!({"version": "1.0", "type": kind});
        data[member] = super::message::configuration(scope, alarm);
        self.note(changes, scope, at, &item(alarm, HistoryItemType::ConfigurationUpdate, &summary, data));
    }

    /// Deletes what is older than history is kept.
    pub(super) async fn trim_history(&self, now: Timestamp) -> Result<(), CatalogError> {
        let oldest_ms = now.millis() - HISTORY_DAYS * 86_400_000;
        let mut scope_after: Option<Key> = None;
        loop {
            let page = self.catalog.scan(HISTORY.into(), scope_after.take(), 1).await?;
            let Some(scope) = page.entries.first().and_then(|entry| Scope::of_key(&entry.key)) else {
                return Ok(());
            };
            loop {
                let page = self.catalog.scan(scope.history(), None, SCAN_ENTRIES).await?;
                let is_old = |key: &Key| time_of(key).is_none_or(|at| at.millis() < oldest_ms);
                let old: Vec<Key> = page.entries.into_iter().map(|entry| entry.key).filter(is_old).collect();
                let is_full = old.len() == SCAN_ENTRIES;
                if !old.is_empty() {
                    self.catalog.commit(Commit { delete: old, ..Commit::default() }).await?;
                }
                if !is_full {
                    break;
                }
            }
            let mut behind = scope.history().to_vec();
            behind.push(u8::MAX);
            scope_after = Some(behind.into());
        }
    }
}

/// An item; what does not fit is cut off the summary, and data that do not fit are left out.
pub(super) fn item(
    alarm: &StoredAlarm,
    kind: HistoryItemType,
    summary: &str,
    data: Value,
) -> StoredHistoryItem {
    item_of(&alarm.name, alarm.kind(), kind, summary, data)
}

/// The same, of an alarm that may be gone.
pub(super) fn item_of(
    alarm: &str,
    alarm_type: AlarmType,
    kind: HistoryItemType,
    summary: &str,
    data: Value,
) -> StoredHistoryItem {
    let mut text = data.to_string();
    if text.chars().count() > DATA_CHARS_MAX {
        text = json!({"version": "1.0", "truncated": true}).to_string();
    }
    StoredHistoryItem {
        alarm: alarm.to_owned(),
        alarm_type,
        kind,
        summary: summary.chars().take(SUMMARY_CHARS_MAX).collect(),
        data: text,
    }
}

impl StoredHistoryItem {
    /// As DescribeAlarmHistory shows it.
    pub fn shown(&self, at: Timestamp) -> AlarmHistoryItem {
        AlarmHistoryItem {
            alarm_name: Some(self.alarm.as_str().into()),
            alarm_type: Some(self.alarm_type),
            timestamp: Some(at),
            history_item_type: Some(self.kind),
            history_summary: Some(self.summary.as_str().into()),
            history_data: Some(self.data.as_str().into()),
            ..AlarmHistoryItem::default()
        }
    }
}
