use anabranch_api::dynamodb::{Error, UpdateContinuousBackups, UpdateContinuousBackupsOutput};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use super::describe_continuous_backups::{describe, table_not_found};
use crate::Tables;
use crate::resolve::about;
use crate::stored::Recovery;

/// AWS (API_PointInTimeRecoverySpecification): days unless the request says otherwise.
const DAYS: i32 = 35;

impl Serve<UpdateContinuousBackups> for Tables {
    fn resources(&self, cx: &Context, request: &UpdateContinuousBackups) -> Result<Resources, Error> {
        Ok(about(cx, UpdateContinuousBackups::ACTION, &request.table_name, None))
    }

    /// Kept and shown, for the KCL asks for it; nothing is recovered by it.
    async fn serve(
        &self,
        cx: &Context,
        request: UpdateContinuousBackups,
    ) -> Result<UpdateContinuousBackupsOutput, Error> {
        let _changing = self.changing.lock().await;
        let table = self.table(cx, &request.table_name).map_err(table_not_found)?;
        let asked = &request.point_in_time_recovery_specification;
        let now = self.clock.now();
        let mut stored = table.stored.clone();
        stored.recovery = asked.point_in_time_recovery_enabled.then(|| Recovery {
            since_ms: stored.recovery.map_or(now.millis(), |recovery| recovery.since_ms),
            days: asked.recovery_period_in_days.unwrap_or(DAYS),
        });
        let table = self.change(&table, stored).await?;
        let description = describe(&table, now);
        Ok(UpdateContinuousBackupsOutput { continuous_backups_description: Some(description) })
    }
}
