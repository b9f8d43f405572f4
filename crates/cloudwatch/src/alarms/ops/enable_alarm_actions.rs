use anabranch_api::cloudwatch::{EnableAlarmActions, EnableAlarmActionsOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use super::super::configure::ActionsAre;
use super::super::service::{Alarms, each_alarm, scope};

impl Serve<EnableAlarmActions> for Alarms {
    fn resources(&self, cx: &Context, request: &EnableAlarmActions) -> Result<Resources, Error> {
        Ok(each_alarm(cx, EnableAlarmActions::ACTION, &request.alarm_names))
    }

    /// Names of which there is no alarm are passed over, as with AWS.
    async fn serve(
        &self,
        cx: &Context,
        request: EnableAlarmActions,
    ) -> Result<EnableAlarmActionsOutput, Error> {
        self.set_actions(&scope(cx), &request.alarm_names, ActionsAre::Enabled, cx.received).await?;
        Ok(EnableAlarmActionsOutput {})
    }
}
