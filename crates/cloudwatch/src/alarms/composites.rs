//! Composite alarms follow the alarms that their rules name.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use anabranch_api::cloudwatch::{Error, StateValue};
use anabranch_types::Timestamp;
use serde_json::json;

use super::changes::Changes;
use super::keys::Scope;
use super::reason::{UNCHECKED, instant, strftime};
use super::service::{Alarm, Alarms, Writing};
use super::stored::{StoredAlarm, Watch};
use super::suppression::{Now, Periods, Suppression};
use super::transition::{Actions, NewState};

/// Why a composite alarm is evaluated.
#[derive(Clone, Debug)]
pub(super) enum Cause {
    /// It was put.
    Put,
    /// An alarm that it refers to changed.
    Changed(String),
    /// A period of its suppression ended.
    Time,
}

impl Alarms {
    /// Evaluates the composite alarms that refer to what changed, then those that refer to these, and so on. What is part of a circle
    /// stays as it is (CW API PutCompositeAlarm: "CloudWatch stops evaluating" it), so this ends.
    pub(super) async fn follow(
        &self,
        writing: &mut Writing,
        scope: &Scope,
        changed: Vec<String>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut changed = VecDeque::from(changed);
        while let Some(name) = changed.pop_front() {
            for parent in self.parents(scope, &name) {
                let cause = Cause::Changed(name.clone());
                if self.evaluate_composite(writing, scope, &parent, &cause, at).await? {
                    changed.push_back(parent.name().to_owned());
                }
            }
        }
        Ok(())
    }

    /// Whether the alarm's rule leads back to it.
    pub(super) fn is_in_circle(&self, scope: &Scope, name: &str) -> bool {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![name.to_owned()]);
        while let Some(next) = todo.pop() {
            let Some(alarm) = self.alarm(scope, &next) else { continue };
            let Some((_, rule)) = alarm.composite() else { continue };
            for child in rule.alarms() {
                let child = scope.resolve(child);
                if child == name {
                    return true;
                }
                if seen.insert(child.to_owned()) {
                    todo.push(child.to_owned());
                }
            }
        }
        false
    }

    /// Brings a composite alarm into the state of its rule and lets its suppression go on. Answers whether its state changed.
    pub(super) async fn evaluate_composite(
        &self,
        writing: &mut Writing,
        scope: &Scope,
        alarm: &Alarm,
        cause: &Cause,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let Some((_, rule)) = alarm.composite() else { return Ok(false) };
        if self.is_in_circle(scope, alarm.name()) {
            return Ok(false);
        }
        let holds = rule.holds(&|other: &str| self.state_of(scope, other));
        let value = if holds { StateValue::Alarm } else { StateValue::Ok };
        let before = &alarm.stored;
        let has_changed = value != before.state.value && !matches!(cause, Cause::Time);
        let mut changes = Changes::default();
        let mut after = before.clone();
        if has_changed {
            let to = self.composite_state(scope, alarm, value, cause);
            after = self.transit(&mut changes, scope, before, to, at, Actions::HeldBack);
        }
        self.suppress(&mut changes, scope, before.state.value, &mut after, at);
        if after != *before {
            changes.put(scope, Some(alarm), after);
            self.commit(writing, changes).await?;
        }
        Ok(has_changed)
    }

    /// Takes the actions of a composite alarm unless something holds them back.
    fn suppress(
        &self,
        changes: &mut Changes,
        scope: &Scope,
        from: StateValue,
        alarm: &mut StoredAlarm,
        at: Timestamp,
    ) {
        let state = alarm.state.value;
        let Watch::Composite(watch) = &mut alarm.watch else { return };
        let suppressor = watch.suppressor.as_ref();
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let periods = Periods {
            wait: suppressor.map_or(Duration::ZERO, |s| seconds(s.wait_seconds)),
            extension: suppressor.map_or(Duration::ZERO, |s| seconds(s.extension_seconds)),
        };
        let suppressor_in_alarm =
            suppressor.is_some_and(|s| self.state_of(scope, &s.alarm) == Some(StateValue::Alarm));
        let until = watch.suppressed_until_ms.map(Timestamp::from_millis);
        let now = Now { at, state, acted: watch.acted, suppressor_in_alarm };
        let (next, acts) = Suppression { by: watch.suppressed_by, until }.next(&periods, &now);
        watch.suppressed_by = next.by;
        watch.suppressed_until_ms = next.until.map(Timestamp::millis);
        if acts {
            let from = if from == state { watch.acted } else { from };
            self.act(changes, scope, from, alarm, at);
        }
    }

    fn composite_state(&self, scope: &Scope, alarm: &Alarm, value: StateValue, cause: &Cause) -> NewState {
        let triggering = match cause {
            Cause::Changed(name) => self.alarm(scope, name),
            Cause::Put | Cause::Time => None,
        };
        let Some(triggering) = triggering else {
            let did = if alarm.stored.state.reason == UNCHECKED { "created" } else { "updated" };
            let children = alarm.composite().map(|(_, rule)| rule.alarms()).unwrap_or_default();
            let known = children.iter().filter_map(|child| self.alarm(scope, scope.resolve(child)));
            let data =
                json!({"triggeringAlarms": known.map(|child| shown(scope, &child)).collect::<Vec<_>>()});
            return NewState {
                value,
                reason: format!("Alarm was {did} and its alarm rule evaluates to {value}"),
                data: Some(bounded(data.to_string())),
            };
        };
        let state = &triggering.stored.state;
        let when = strftime("%A %d %B, %Y %H:%M:%S UTC", state.updated());
        let data = json!({"triggeringAlarms": [shown(scope, &triggering)]});
        NewState {
            value,
            reason: format!("{} transitioned to {} at {when}", scope.arn(triggering.name()), state.value),
            data: Some(bounded(data.to_string())),
        }
    }
}

fn shown(scope: &Scope, alarm: &Alarm) -> serde_json::Value {
    let state = &alarm.stored.state;
    json!({
        "arn": scope.arn(alarm.name()),
        "state": {"value": state.value.as_str(), "timestamp": instant(state.updated())},
    })
}

/// Data that do not fit name no alarm.
fn bounded(data: String) -> String {
    if data.chars().count() <= super::reason::REASON_DATA_CHARS_MAX {
        data
    } else {
        json!({"triggeringAlarms": []}).to_string()
    }
}
