use anabranch_api::cloudtrail::{Error, StartLogging, StartLoggingOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<StartLogging> for CloudTrail {
    fn resources(&self, cx: &Context, request: &StartLogging) -> Result<Resources, Error> {
        Ok(about::<StartLogging>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: StartLogging) -> Result<StartLoggingOutput, Error> {
        let now = self.clock.now();
        let trail = self.find_at_home(cx, &request.name)?;
        if !trail.stored.logging {
            self.begin_delivery(&trail.id, now).await?;
        }
        let changed = self.change(cx, &request.name, |stored| {
            if !stored.logging {
                (stored.logging, stored.started_ms) = (true, Some(now.millis()));
            }
            Ok(())
        });
        changed.await?;
        Ok(StartLoggingOutput {})
    }
}
