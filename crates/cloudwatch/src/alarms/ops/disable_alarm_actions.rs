use anabranch_api::cloudwatch::{DisableAlarmActions, DisableAlarmActionsOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use super::super::configure::ActionsAre;
use super::super::service::{Alarms, each_alarm, scope};

impl Serve<DisableAlarmActions> for Alarms {
    fn resources(&self, cx: &Context, request: &DisableAlarmActions) -> Result<Resources, Error> {
        Ok(each_alarm(cx, DisableAlarmActions::ACTION, &request.alarm_names))
    }

    /// Names of which there is no alarm are passed over, as with AWS.
    async fn serve(
        &self,
        cx: &Context,
        request: DisableAlarmActions,
    ) -> Result<DisableAlarmActionsOutput, Error> {
        self.set_actions(&scope(cx), &request.alarm_names, ActionsAre::Disabled, cx.received).await?;
        Ok(DisableAlarmActionsOutput {})
    }
}
