use anabranch_api::cloudtrail::{Error, GetTrail, GetTrailOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::errors;
use crate::resolve::about;
use crate::service::CloudTrail;
use crate::trails::TrailId;

impl Serve<GetTrail> for CloudTrail {
    fn resources(&self, cx: &Context, request: &GetTrail) -> Result<Resources, Error> {
        Ok(about::<GetTrail>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: GetTrail) -> Result<GetTrailOutput, Error> {
        let id = TrailId::asked(cx, &request.name)?;
        // Alone among the operations it names the trail as it was asked for (moto, tests/test_cloudtrail).
        let trail = self.lookup(cx, &id).ok_or_else(|| errors::unknown_trail(&request.name, cx.account))?;
        Ok(GetTrailOutput { trail: Some(trail.described()) })
    }
}
