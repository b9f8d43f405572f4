//! A change of state: the alarm, its history and its notifications, in one commit.

use anabranch_api::cloudwatch::{HistoryItemType, StateValue};
use anabranch_types::Timestamp;
use serde_json::{Value, json};

use super::changes::Changes;
use super::history::item;
use super::keys::{Scope, outbox_item};
use super::message;
use super::reason::{REASON_CHARS_MAX, instant};
use super::service::{Alarm, Alarms};
use super::stored::{StoredAlarm, StoredNotification, StoredState, Watch};

/// Whether the actions of the new state are taken with the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actions {
    Taken,
    HeldBack,
}

/// A state to come.
#[derive(Clone, Debug)]
pub(super) struct NewState {
    pub value: StateValue,
    pub reason: String,
    pub data: Option<String>,
}

impl Alarms {
    /// Adds what it takes to bring an alarm into a state; answers the alarm as it then is.
    pub(super) fn transit(
        &self,
        changes: &mut Changes,
        scope: &Scope,
        before: &StoredAlarm,
        to: NewState,
        at: Timestamp,
        actions: Actions,
    ) -> StoredAlarm {
        let mut after = before.clone();
        let has_changed = before.state.value != to.value;
        after.state = StoredState {
            value: to.value,
            reason: to.reason.chars().take(REASON_CHARS_MAX).collect(),
            data: to.data,
            updated_ms: at.millis(),
            transitioned_ms: if has_changed { at.millis() } else { before.state.transitioned_ms },
        };
        let summary = format!("Alarm updated from {} to {}", before.state.value, after.state.value);
        let data = json!({
            "version": "1.0", "oldState": state(&before.state), "newState": state(&after.state),
        });
        self.note(changes, scope, at, &item(&after, HistoryItemType::StateUpdate, &summary, data));
        if actions == Actions::Taken && has_changed {
            self.act(changes, scope, before.state.value, &mut after, at);
        }
        after
    }

    /// Adds a notification for each action of the state that the alarm is in.
    pub(super) fn act(
        &self,
        changes: &mut Changes,
        scope: &Scope,
        from: StateValue,
        alarm: &mut StoredAlarm,
        at: Timestamp,
    ) {
        if let Watch::Composite(watch) = &mut alarm.watch {
            watch.acted = alarm.state.value;
        }
        if !alarm.actions_enabled {
            return;
        }
        let (subject, message) = (message::subject(scope, alarm), message::message(scope, alarm, from));
        for action in alarm.actions(alarm.state.value) {
            let notification = StoredNotification {
                account: scope.account.to_string(),
                region: scope.region.to_string(),
                alarm: alarm.name.clone(),
                alarm_type: alarm.kind(),
                action: action.clone(),
                subject: subject.clone(),
                message: message.clone(),
                at_ms: at.millis(),
            };
            changes.add(outbox_item(at, self.number()), &notification);
        }
    }

    /// Brings an alarm into a state, with its actions, and lets the composite alarms over it follow.
    pub(super) async fn transit_one(
        &self,
        scope: &Scope,
        alarm: &Alarm,
        to: NewState,
        at: Timestamp,
    ) -> Result<(), anabranch_api::cloudwatch::Error> {
        let mut writing = self.turn().await?;
        // It may have changed while its metrics were read.
        let Some(now) = self.alarm(scope, alarm.name()).filter(|now| now.version == alarm.version) else {
            return Ok(());
        };
        let mut changes = Changes::default();
        let after = self.transit(&mut changes, scope, &now.stored, to, at, Actions::Taken);
        changes.put(scope, Some(&now), after);
        self.commit(&mut writing, changes).await?;
        self.follow(&mut writing, scope, vec![alarm.name().to_owned()], at).await
    }
}

fn state(state: &StoredState) -> Value {
    let mut shown = json!({"stateValue": state.value.as_str(), "stateReason": state.reason});
    if let Some(data) = &state.data {
        shown["stateReasonData"] = serde_json::from_str(data).unwrap_or_else(|_| json!(data));
    }
    shown["stateUpdatedTimestamp"] = json!(instant(state.updated()));
    shown
}
