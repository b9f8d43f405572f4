use anabranch_api::dynamodb::{
    DescribeTimeToLive, DescribeTimeToLiveOutput, Error, TimeToLiveDescription, TimeToLiveStatus,
};
use anabranch_api::{Context, Operation as _, Resources, Serve};
use anabranch_types::Timestamp;

use crate::Tables;
use crate::resolve::about;
use crate::stored::TimeToLive;

impl Serve<DescribeTimeToLive> for Tables {
    fn resources(&self, cx: &Context, request: &DescribeTimeToLive) -> Result<Resources, Error> {
        Ok(about(cx, DescribeTimeToLive::ACTION, &request.table_name, None))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DescribeTimeToLive,
    ) -> Result<DescribeTimeToLiveOutput, Error> {
        let table = self.table(cx, &request.table_name)?;
        let described = describe(table.stored.time_to_live.as_ref(), self.clock.now());
        Ok(DescribeTimeToLiveOutput { time_to_live_description: Some(described) })
    }
}

fn describe(time_to_live: Option<&TimeToLive>, now: Timestamp) -> TimeToLiveDescription {
    let is_settled = |ttl: &&TimeToLive| ttl.settled_ms <= now.millis();
    let status = match time_to_live {
        None => TimeToLiveStatus::Disabled,
        Some(ttl) if ttl.is_enabled && is_settled(&ttl) => TimeToLiveStatus::Enabled,
        Some(ttl) if ttl.is_enabled => TimeToLiveStatus::Enabling,
        Some(ttl) if is_settled(&ttl) => TimeToLiveStatus::Disabled,
        Some(_) => TimeToLiveStatus::Disabling,
    };
    let shown = time_to_live.filter(|_| status != TimeToLiveStatus::Disabled);
    TimeToLiveDescription {
        time_to_live_status: Some(status),
        attribute_name: shown.map(|ttl| ttl.attribute.as_str().into()),
    }
}
