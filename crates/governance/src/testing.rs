//! What the tests of this crate share.

use anabranch_api::{Context, Principal, RequestId};
use anabranch_types::{AccountId, Partition, Region, Timestamp};

/// A call of the root of `account` in us-east-1, received at 2026-11-21T15:40:00.123Z.
pub(crate) fn context(account: &str) -> Context {
    let account: AccountId = account.parse().unwrap();
    Context {
        principal: Principal::Root(account),
        account,
        region: Region::parse("us-east-1").unwrap(),
        partition: Partition::Aws,
        access_key: Some("AKIATEST".into()),
        source: Some([127, 0, 0, 1].into()),
        user_agent: Some("test/1".into()),
        endpoint: "main".into(),
        secure_transport: false,
        request_id: RequestId::from_random(7),
        received: Timestamp::from_millis(1_795_275_600_123),
    }
}
