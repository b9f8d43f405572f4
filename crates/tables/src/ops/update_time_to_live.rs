use anabranch_api::dynamodb::{Error, UpdateTimeToLive, UpdateTimeToLiveOutput};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::errors;
use crate::resolve::about;
use crate::stored::TimeToLive;

impl Serve<UpdateTimeToLive> for Tables {
    fn resources(&self, cx: &Context, request: &UpdateTimeToLive) -> Result<Resources, Error> {
        Ok(about(cx, UpdateTimeToLive::ACTION, &request.table_name, None))
    }

    async fn serve(&self, cx: &Context, request: UpdateTimeToLive) -> Result<UpdateTimeToLiveOutput, Error> {
        let _changing = self.changing.lock().await;
        let table = self.table(cx, &request.table_name)?;
        let now = self.clock.now();
        table.refuse_while(&["CREATING", "DELETING"], now)?;
        let asked = &request.time_to_live_specification;
        let current = table.stored.time_to_live.as_ref();
        if current.is_some_and(|ttl| ttl.settled_ms > now.millis()) {
            return Err(errors::time_to_live(
                "Time to live has been modified multiple times within a fixed interval",
            ));
        }
        let enabled = current.filter(|ttl| ttl.is_enabled);
        match (asked.enabled, enabled) {
            (true, Some(_)) => return Err(errors::time_to_live("TimeToLive is already enabled")),
            (false, None) => return Err(errors::time_to_live("TimeToLive is already disabled")),
            (false, Some(ttl)) if ttl.attribute != *asked.attribute_name => {
                return Err(errors::time_to_live_attribute(&ttl.attribute));
            }
            _ => {}
        }
        let mut stored = table.stored.clone();
        stored.time_to_live = Some(TimeToLive {
            attribute: asked.attribute_name.to_string(),
            is_enabled: asked.enabled,
            settled_ms: self.transition_end(now),
        });
        self.change(&table, stored).await?;
        Ok(UpdateTimeToLiveOutput { time_to_live_specification: Some(request.time_to_live_specification) })
    }
}
