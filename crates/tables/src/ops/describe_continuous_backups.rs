use anabranch_api::dynamodb::{
    ContinuousBackupsDescription, ContinuousBackupsStatus, DescribeContinuousBackups,
    DescribeContinuousBackupsOutput, Error, PointInTimeRecoveryDescription, PointInTimeRecoveryStatus,
};
use anabranch_api::{Context, Operation as _, Resources, Serve};
use anabranch_types::Timestamp;

use crate::Tables;
use crate::directory::Table;
use crate::errors;
use crate::resolve::about;

impl Serve<DescribeContinuousBackups> for Tables {
    fn resources(&self, cx: &Context, request: &DescribeContinuousBackups) -> Result<Resources, Error> {
        Ok(about(cx, DescribeContinuousBackups::ACTION, &request.table_name, None))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DescribeContinuousBackups,
    ) -> Result<DescribeContinuousBackupsOutput, Error> {
        let table = self.table(cx, &request.table_name).map_err(table_not_found)?;
        let description = describe(&table, self.clock.now());
        Ok(DescribeContinuousBackupsOutput { continuous_backups_description: Some(description) })
    }
}

/// The operations on backups have an error of their own for it.
pub(super) fn table_not_found(error: Error) -> Error {
    match error {
        Error::ResourceNotFoundException(sentence) => errors::no_such_table_for_backups(&sentence),
        other => other,
    }
}

/// Point-in-time recovery as it was set. A server is backed up whole; nothing can be restored by this.
pub(super) fn describe(table: &Table, now: Timestamp) -> ContinuousBackupsDescription {
    let recovery = table.stored.recovery;
    let status = match recovery {
        Some(_) => PointInTimeRecoveryStatus::Enabled,
        None => PointInTimeRecoveryStatus::Disabled,
    };
    ContinuousBackupsDescription {
        continuous_backups_status: ContinuousBackupsStatus::Enabled,
        point_in_time_recovery_description: Some(PointInTimeRecoveryDescription {
            point_in_time_recovery_status: Some(status),
            recovery_period_in_days: recovery.map(|recovery| recovery.days),
            earliest_restorable_date_time: recovery.map(|recovery| Timestamp::from_millis(recovery.since_ms)),
            latest_restorable_date_time: recovery.map(|_| now),
        }),
    }
}
