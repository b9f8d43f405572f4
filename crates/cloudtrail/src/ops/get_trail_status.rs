use anabranch_api::cloudtrail::{Error, GetTrailStatus, GetTrailStatusOutput};
use anabranch_api::{Context, Resources, Serve};
use anabranch_types::Timestamp;
use bytestring::ByteString;

use crate::ledger::seconds_utc;
use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<GetTrailStatus> for CloudTrail {
    fn resources(&self, cx: &Context, request: &GetTrailStatus) -> Result<Resources, Error> {
        Ok(about::<GetTrailStatus>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: GetTrailStatus) -> Result<GetTrailStatusOutput, Error> {
        let trail = self.find(cx, &request.name)?;
        let state = self.delivery_state(&trail.id).await?;
        let stored = &trail.stored;
        let error = state.error.clone().map(ByteString::from);
        let attempted = text(state.attempted_ms);
        Ok(GetTrailStatusOutput {
            is_logging: Some(stored.logging),
            latest_delivery_time: time(state.delivered_ms),
            start_logging_time: time(stored.started_ms),
            stop_logging_time: time(stored.stopped_ms),
            latest_digest_delivery_time: time(state.digested_ms),
            latest_delivery_attempt_succeeded: Some(match error {
                None => attempted.clone(),
                Some(_) => text(state.delivered_ms),
            }),
            latest_delivery_error: error,
            latest_delivery_attempt_time: Some(attempted),
            latest_notification_attempt_time: Some(ByteString::new()),
            latest_notification_attempt_succeeded: Some(ByteString::new()),
            time_logging_started: Some(text(stored.started_ms)),
            time_logging_stopped: Some(text(stored.stopped_ms)),
            ..GetTrailStatusOutput::default()
        })
    }
}

fn time(ms: Option<i64>) -> Option<Timestamp> {
    ms.map(Timestamp::from_millis)
}

/// What never was is an empty text (moto, tests/test_cloudtrail).
fn text(ms: Option<i64>) -> ByteString {
    ms.map_or_else(String::new, |ms| seconds_utc(Timestamp::from_millis(ms))).into()
}
