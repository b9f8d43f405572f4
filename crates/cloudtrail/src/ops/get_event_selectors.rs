use anabranch_api::cloudtrail::{Error, GetEventSelectors, GetEventSelectorsOutput};
use anabranch_api::{Context, Resources, Serve};

use super::put_event_selectors::told;
use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<GetEventSelectors> for CloudTrail {
    fn resources(&self, cx: &Context, request: &GetEventSelectors) -> Result<Resources, Error> {
        Ok(about::<GetEventSelectors>(cx, &request.trail_name))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: GetEventSelectors,
    ) -> Result<GetEventSelectorsOutput, Error> {
        let trail = self.find(cx, &request.trail_name)?;
        let (event_selectors, advanced_event_selectors) = told(&trail.stored.selectors);
        let trail_arn = Some(trail.id.arn().into());
        Ok(GetEventSelectorsOutput { trail_arn, event_selectors, advanced_event_selectors })
    }
}
