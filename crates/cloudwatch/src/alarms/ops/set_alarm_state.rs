use anabranch_api::cloudwatch::{Error, SetAlarmState, SetAlarmStateOutput};
use anabranch_api::{Context, Serve};

use super::super::changes::Changes;
use super::super::errors;
use super::super::service::{Alarms, scope};
use super::super::transition::{Actions, NewState};

impl Serve<SetAlarmState> for Alarms {
    /// Until the alarm is evaluated next it is in this state; actions are taken and composite alarms follow, as with any change.
    async fn serve(&self, cx: &Context, request: SetAlarmState) -> Result<SetAlarmStateOutput, Error> {
        let scope = scope(cx);
        let data = request.state_reason_data.as_ref().filter(|data| !data.is_empty());
        if data.is_some_and(|data| serde_json::from_str::<serde_json::Value>(data).is_err()) {
            return Err(errors::reason_data_not_json());
        }
        let mut writing = self.turn().await?;
        let name = &request.alarm_name;
        let alarm = self.alarm(&scope, name).ok_or_else(|| errors::no_such_alarm(name))?;
        let to = NewState {
            value: request.state_value,
            reason: request.state_reason.to_string(),
            data: data.map(ToString::to_string),
        };
        let mut changes = Changes::default();
        let after = self.transit(&mut changes, &scope, &alarm.stored, to, cx.received, Actions::Taken);
        changes.put(&scope, Some(&alarm), after);
        self.commit(&mut writing, changes).await?;
        self.follow(&mut writing, &scope, vec![name.to_string()], cx.received).await?;
        Ok(SetAlarmStateOutput {})
    }
}
