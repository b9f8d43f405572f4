use anabranch_api::cloudtrail::{DescribeTrails, DescribeTrailsOutput, Error};
use anabranch_api::{Context, Serve};

use crate::service::CloudTrail;
use crate::trails::TrailId;

impl Serve<DescribeTrails> for CloudTrail {
    /// Trails of this region, and those of many regions whose home is another one unless shadow trails are not asked for.
    async fn serve(&self, cx: &Context, request: DescribeTrails) -> Result<DescribeTrailsOutput, Error> {
        let shadows = request.include_shadow_trails.unwrap_or(true);
        let mut trails = self.trails.of_account(cx.account);
        trails.retain(|trail| trail.id.region == cx.region || shadows && trail.stored.multi_region);
        if let Some(names) = request.trail_name_list.filter(|names| !names.is_empty()) {
            let ids: Vec<TrailId> =
                names.iter().map(|name| TrailId::asked(cx, name)).collect::<Result<_, _>>()?;
            let is_asked = |id: &TrailId| {
                ids.iter().any(|asked| asked == id || asked.name == id.name && asked.region == cx.region)
            };
            trails.retain(|trail| is_asked(&trail.id));
        }
        Ok(DescribeTrailsOutput { trail_list: Some(trails.iter().map(|trail| trail.described()).collect()) })
    }
}
