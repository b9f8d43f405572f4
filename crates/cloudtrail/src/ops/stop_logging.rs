use anabranch_api::cloudtrail::{Error, StopLogging, StopLoggingOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<StopLogging> for CloudTrail {
    fn resources(&self, cx: &Context, request: &StopLogging) -> Result<Resources, Error> {
        Ok(about::<StopLogging>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: StopLogging) -> Result<StopLoggingOutput, Error> {
        let now = self.clock.now();
        let trail = self.find_at_home(cx, &request.name)?;
        if trail.stored.logging {
            // What was called until now is delivered, too.
            self.deliver(&trail, now).await;
        }
        let changed = self.change(cx, &request.name, |stored| {
            if stored.logging {
                (stored.logging, stored.stopped_ms) = (false, Some(now.millis()));
            }
            Ok(())
        });
        changed.await?;
        Ok(StopLoggingOutput {})
    }
}
