use anabranch_api::cloudwatch::{Error, PutMetricAlarm, PutMetricAlarmOutput, StateValue};
use anabranch_api::{Context, Serve};

use super::super::changes::Changes;
use super::super::history::Configured;
use super::super::limits::ALARMS_MAX;
use super::super::reason::UNCHECKED;
use super::super::service::{Alarms, scope};
use super::super::stored::{StoredAlarm, StoredState, Watch};
use super::super::{errors, request as asked};

impl Serve<PutMetricAlarm> for Alarms {
    /// Makes the alarm or puts it in the place of the one of this name, whose state and tags stay.
    async fn serve(&self, cx: &Context, request: PutMetricAlarm) -> Result<PutMetricAlarmOutput, Error> {
        let scope = scope(cx);
        let watch = asked::metric_watch(&request, &*self.series)?;
        let mut after = StoredAlarm {
            name: request.alarm_name.to_string(),
            description: request.alarm_description.as_ref().map(ToString::to_string),
            actions_enabled: request.actions_enabled.unwrap_or(true),
            ok_actions: asked::actions(&request.ok_actions)?,
            alarm_actions: asked::actions(&request.alarm_actions)?,
            insufficient_data_actions: asked::actions(&request.insufficient_data_actions)?,
            tags: Default::default(),
            configured_ms: cx.received.millis(),
            state: StoredState {
                value: StateValue::InsufficientData,
                reason: UNCHECKED.to_owned(),
                data: None,
                updated_ms: cx.received.millis(),
                transitioned_ms: cx.received.millis(),
            },
            watch: Watch::Metric(watch),
        };
        let mut writing = self.turn().await?;
        let before = self.alarm(&scope, &request.alarm_name);
        let mut changes = Changes::default();
        match &before {
            Some(before) if before.metric().is_none() => {
                return Err(errors::name_taken_by_other_type(before.name()));
            }
            Some(before) => {
                after.state = before.stored.state.clone();
                // CW API PutMetricAlarm, Tags: those of an alarm that is there are changed by TagResource alone.
                after.tags = before.stored.tags.clone();
                self.note_configured(&mut changes, &scope, cx.received, &after, Configured::Updated);
            }
            None if self.count(&scope) >= ALARMS_MAX => return Err(errors::too_many_alarms()),
            None => {
                asked::tags(&mut after.tags, request.tags.as_deref().unwrap_or_default())?;
                self.note_configured(&mut changes, &scope, cx.received, &after, Configured::Created);
            }
        }
        changes.put(&scope, before.as_deref(), after);
        self.commit(&mut writing, changes).await?;
        Ok(PutMetricAlarmOutput {})
    }
}
