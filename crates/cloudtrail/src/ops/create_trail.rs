use anabranch_api::cloudtrail::{CreateTrail, CreateTrailOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::buckets::{is_name, is_prefix};
use crate::errors;
use crate::resolve::{about, put_tags};
use crate::service::CloudTrail;
use crate::trails::{StoredTrail, TrailId, check};

/// Most trails of an account in a region (CT WhatIsCloudTrail-Limits).
const TRAILS_MAX: usize = 5;

impl Serve<CreateTrail> for CloudTrail {
    fn resources(&self, cx: &Context, request: &CreateTrail) -> Result<Resources, Error> {
        Ok(about::<CreateTrail>(cx, &request.name))
    }

    async fn serve(&self, cx: &Context, request: CreateTrail) -> Result<CreateTrailOutput, Error> {
        check(&request.name)?;
        let mut stored = StoredTrail {
            bucket: request.s3_bucket_name.to_string(),
            prefix: request.s3_key_prefix.map(|prefix| prefix.to_string()),
            global: request.include_global_service_events.unwrap_or(true),
            multi_region: request.is_multi_region_trail.unwrap_or(false),
            validated: request.enable_log_file_validation.unwrap_or(false),
            ..StoredTrail::default()
        };
        put_tags(&mut stored.tags, request.tags_list.unwrap_or_default())?;
        self.check(
            &stored,
            &Elsewhere {
                topic: request.sns_topic_name.is_some_and(|topic| !topic.is_empty()),
                log_group: request.cloud_watch_logs_log_group_arn.is_some()
                    || request.cloud_watch_logs_role_arn.is_some(),
                key: request.kms_key_id.is_some_and(|key| !key.is_empty()),
                organization: request.is_organization_trail == Some(true),
            },
        )?;
        let _turn = self.changing.lock().await;
        let id = TrailId { account: cx.account, region: cx.region.clone(), name: request.name.to_string() };
        if self.lookup(cx, &id).is_some() {
            return Err(errors::trail_exists(&id.name, cx.account));
        }
        let of_account = self.trails.of_account(cx.account);
        if of_account.iter().filter(|trail| trail.id.region == cx.region).count() >= TRAILS_MAX {
            return Err(errors::too_many_trails(cx.account, TRAILS_MAX, &cx.region));
        }
        self.trails.create(id.clone(), stored).await?;
        let trail = self.trails.get(&id).ok_or_else(|| errors::conflict(&id.name))?.described();
        Ok(CreateTrailOutput {
            name: trail.name,
            s3_bucket_name: trail.s3_bucket_name,
            s3_key_prefix: trail.s3_key_prefix,
            include_global_service_events: trail.include_global_service_events,
            is_multi_region_trail: trail.is_multi_region_trail,
            trail_arn: trail.trail_arn,
            log_file_validation_enabled: trail.log_file_validation_enabled,
            is_organization_trail: trail.is_organization_trail,
            ..CreateTrailOutput::default()
        })
    }
}

/// Which further places a request names for its events.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elsewhere {
    pub topic: bool,
    pub log_group: bool,
    pub key: bool,
    pub organization: bool,
}

impl CloudTrail {
    /// Refuses a trail that could not deliver.
    pub(super) fn check(&self, stored: &StoredTrail, elsewhere: &Elsewhere) -> Result<(), Error> {
        if stored.multi_region && !stored.global {
            return Err(errors::multi_region_is_global());
        }
        if elsewhere.organization {
            return Err(errors::no_organizations());
        }
        if !is_name(&stored.bucket) {
            return Err(errors::bucket_name(&stored.bucket));
        }
        if stored.prefix.as_deref().is_some_and(|prefix| !is_prefix(prefix)) {
            return Err(errors::prefix());
        }
        if self.buckets.find(&stored.bucket).is_none() {
            return Err(errors::no_bucket(&stored.bucket));
        }
        if elsewhere.topic {
            return Err(errors::no_topic());
        }
        if elsewhere.log_group {
            return Err(errors::not_built("Delivery of events to CloudWatch Logs"));
        }
        if elsewhere.key {
            return Err(errors::not_built("Encryption of event files under a KMS key"));
        }
        Ok(())
    }
}
