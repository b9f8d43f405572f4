use anabranch_api::cloudtrail::{DeleteTrail, DeleteTrailOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::delivery::state_key;
use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<DeleteTrail> for CloudTrail {
    fn resources(&self, cx: &Context, request: &DeleteTrail) -> Result<Resources, Error> {
        Ok(about::<DeleteTrail>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: DeleteTrail) -> Result<DeleteTrailOutput, Error> {
        let _turn = self.changing.lock().await;
        let trail = self.find_at_home(cx, &request.name)?;
        self.trails.delete(&trail, state_key(&trail.id)).await?;
        self.plan();
        Ok(DeleteTrailOutput {})
    }
}
