use anabranch_api::cloudtrail::{Error, UpdateTrail, UpdateTrailOutput};
use anabranch_api::{Context, Resources, Serve};

use super::create_trail::Elsewhere;
use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<UpdateTrail> for CloudTrail {
    fn resources(&self, cx: &Context, request: &UpdateTrail) -> Result<Resources, Error> {
        Ok(about::<UpdateTrail>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: UpdateTrail) -> Result<UpdateTrailOutput, Error> {
        let elsewhere = Elsewhere {
            topic: request.sns_topic_name.is_some_and(|topic| !topic.is_empty()),
            log_group: request.cloud_watch_logs_log_group_arn.is_some_and(|arn| !arn.is_empty())
                || request.cloud_watch_logs_role_arn.is_some_and(|arn| !arn.is_empty()),
            key: request.kms_key_id.is_some_and(|key| !key.is_empty()),
            organization: request.is_organization_trail == Some(true),
        };
        let changed = self.change(cx, &request.name, |stored| {
            if let Some(bucket) = &request.s3_bucket_name {
                stored.bucket = bucket.to_string();
            }
            if let Some(prefix) = &request.s3_key_prefix {
                stored.prefix = Some(prefix.to_string()).filter(|prefix| !prefix.is_empty());
            }
            stored.global = request.include_global_service_events.unwrap_or(stored.global);
            stored.multi_region = request.is_multi_region_trail.unwrap_or(stored.multi_region);
            stored.validated = request.enable_log_file_validation.unwrap_or(stored.validated);
            self.check(stored, &elsewhere)
        });
        let trail = changed.await?.described();
        Ok(UpdateTrailOutput {
            name: trail.name,
            s3_bucket_name: trail.s3_bucket_name,
            s3_key_prefix: trail.s3_key_prefix,
            include_global_service_events: trail.include_global_service_events,
            is_multi_region_trail: trail.is_multi_region_trail,
            trail_arn: trail.trail_arn,
            log_file_validation_enabled: trail.log_file_validation_enabled,
            is_organization_trail: trail.is_organization_trail,
            ..UpdateTrailOutput::default()
        })
    }
}
