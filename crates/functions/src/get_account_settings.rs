use anabranch_api::lambda::{
    AccountLimit, AccountUsage, Error, GetAccountSettings, GetAccountSettingsOutput,
};
use anabranch_api::{Context, Serve};

use crate::Functions;

/// Lambda gettingstarted-limits: storage for uploaded functions, 75 GB.
const TOTAL_CODE_BYTES_MAX: i64 = 75 * 1024 * 1024 * 1024;
/// Lambda gettingstarted-limits: a deployment package unzipped, 250 MB.
const UNZIPPED_BYTES_MAX: i64 = 250 * 1024 * 1024;
/// Lambda gettingstarted-limits: a deployment package zipped and sent directly, 50 MB.
const ZIPPED_BYTES_MAX: i64 = 50 * 1024 * 1024;
/// Lambda gettingstarted-limits: concurrent executions of an account in a region.
const CONCURRENT_EXECUTIONS_MAX: i32 = 1000;

impl Serve<GetAccountSettings> for Functions {
    /// The default limits of an account, none of them used: functions cannot be created yet.
    async fn serve(&self, _: &Context, _: GetAccountSettings) -> Result<GetAccountSettingsOutput, Error> {
        let account_limit = AccountLimit {
            total_code_size: Some(TOTAL_CODE_BYTES_MAX),
            code_size_unzipped: Some(UNZIPPED_BYTES_MAX),
            code_size_zipped: Some(ZIPPED_BYTES_MAX),
            concurrent_executions: Some(CONCURRENT_EXECUTIONS_MAX),
            unreserved_concurrent_executions: Some(CONCURRENT_EXECUTIONS_MAX),
        };
        let account_usage = AccountUsage { total_code_size: Some(0), function_count: Some(0) };
        Ok(GetAccountSettingsOutput {
            account_limit: Some(account_limit),
            account_usage: Some(account_usage),
        })
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::lambda::{AccountLimit, AccountUsage, GetAccountSettings};
    use anabranch_api::{Context, Principal, RequestId, Serve};
    use anabranch_types::{AccountId, Region, Timestamp};

    use crate::Functions;

    fn context() -> Context {
        Context::inside(
            Principal::Root(AccountId::DEVELOPMENT),
            AccountId::DEVELOPMENT,
            Region::parse("us-east-1").unwrap(),
            RequestId::from_random(1),
            Timestamp::from_seconds(0),
        )
    }

    #[tokio::test]
    async fn an_account_has_lambdas_default_limits_and_uses_none() {
        let settings = Serve::serve(&Functions, &context(), GetAccountSettings::default()).await.unwrap();
        let limit = AccountLimit {
            total_code_size: Some(80_530_636_800),
            code_size_unzipped: Some(262_144_000),
            code_size_zipped: Some(52_428_800),
            concurrent_executions: Some(1000),
            unreserved_concurrent_executions: Some(1000),
        };
        assert_eq!(settings.account_limit, Some(limit));
        let usage = AccountUsage { total_code_size: Some(0), function_count: Some(0) };
        assert_eq!(settings.account_usage, Some(usage));
    }
}
