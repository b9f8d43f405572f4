use anabranch_api::cloudtrail::{Error, ListTrails, ListTrailsOutput, TrailInfo};
use anabranch_api::{Context, Serve};

use crate::service::CloudTrail;

impl Serve<ListTrails> for CloudTrail {
    /// Every trail of the account, in all regions: five in each at the most, so that they are one page.
    async fn serve(&self, cx: &Context, _: ListTrails) -> Result<ListTrailsOutput, Error> {
        let trails = self.trails.of_account(cx.account);
        let listed = trails.iter().map(|trail| TrailInfo {
            trail_arn: Some(trail.id.arn().into()),
            name: Some(trail.id.name.clone().into()),
            home_region: Some(trail.id.region.to_string().into()),
        });
        Ok(ListTrailsOutput { trails: Some(listed.collect()), next_token: None })
    }
}
