use anabranch_api::dynamodb::{DescribeLimits, DescribeLimitsOutput, Error};
use anabranch_api::{Context, Serve};

use crate::Tables;

/// AWS (ServiceQuotas): units of an account in a region.
const ACCOUNT_UNITS: i64 = 80_000;
/// AWS (ServiceQuotas): units of a table.
const TABLE_UNITS: i64 = 40_000;

impl Serve<DescribeLimits> for Tables {
    /// AWS's quotas of a new account. Nothing is throttled by them here.
    async fn serve(&self, _: &Context, _: DescribeLimits) -> Result<DescribeLimitsOutput, Error> {
        Ok(DescribeLimitsOutput {
            account_max_read_capacity_units: Some(ACCOUNT_UNITS),
            account_max_write_capacity_units: Some(ACCOUNT_UNITS),
            table_max_read_capacity_units: Some(TABLE_UNITS),
            table_max_write_capacity_units: Some(TABLE_UNITS),
        })
    }
}
