//! The trail that a request names.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::cloudtrail::{Error, Tag, Trail as Described};
use anabranch_api::{Context, Operation, Resource, Resources};

use crate::errors;
use crate::service::CloudTrail;
use crate::trails::{StoredTrail, Trail, TrailId, asked_arn};

/// AWS: API_AddTags.
const TAGS_MAX: usize = 50;

/// What a call on a trail is about.
pub(crate) fn about<Op: Operation>(cx: &Context, text: &str) -> Resources {
    vec![Resource { action: Op::ACTION, arn: asked_arn(cx, text) }]
}

impl CloudTrail {
    /// The trail of this name or ARN; in other regions than its own a trail of many regions is found by its name, too.
    pub(crate) fn find(&self, cx: &Context, text: &str) -> Result<Arc<Trail>, Error> {
        let id = TrailId::asked(cx, text)?;
        self.lookup(cx, &id).ok_or_else(|| errors::unknown_trail(id.arn(), cx.account))
    }

    pub(crate) fn lookup(&self, cx: &Context, id: &TrailId) -> Option<Arc<Trail>> {
        self.trails.get(id).or_else(|| {
            let of_account = self.trails.of_account(cx.account);
            of_account.into_iter().find(|trail| {
                trail.stored.multi_region
                    && trail.id.name == id.name
                    && id.account == cx.account
                    && id.region == cx.region
            })
        })
    }

    /// The same, to be changed: that is done in its own region.
    pub(crate) fn find_at_home(&self, cx: &Context, text: &str) -> Result<Arc<Trail>, Error> {
        let trail = self.find(cx, text)?;
        match trail.id.region == cx.region {
            true => Ok(trail),
            false => Err(errors::not_home(&trail.id.name, &trail.id.region)),
        }
    }

    /// Changes a trail. Whoever calls at the same time comes after.
    pub(crate) async fn change(
        &self,
        cx: &Context,
        text: &str,
        change: impl FnOnce(&mut StoredTrail) -> Result<(), Error>,
    ) -> Result<Arc<Trail>, Error> {
        let _turn = self.changing.lock().await;
        let trail = self.find_at_home(cx, text)?;
        let mut stored = trail.stored.clone();
        change(&mut stored)?;
        self.trails.change(&trail, stored).await?;
        self.plan();
        self.find(cx, text)
    }

    /// The trail that a tag's request names by its ARN.
    pub(crate) fn tagged(&self, cx: &Context, arn: &str) -> Result<Arc<Trail>, Error> {
        let id = TrailId::parse(arn).ok_or_else(|| errors::arn_is_none(arn))?;
        self.lookup(cx, &id).ok_or_else(|| errors::no_resource(arn))
    }
}

/// Puts tags over those there are.
pub(crate) fn put_tags(over: &mut BTreeMap<String, String>, tags: Vec<Tag>) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for Tag { key, value } in tags {
        if key.starts_with("aws:") {
            return Err(errors::tag("Tag keys that begin with aws: are reserved."));
        }
        if !seen.insert(key.to_string()) {
            return Err(errors::tag("Duplicate tag keys found."));
        }
        over.insert(key.to_string(), value.unwrap_or_default().to_string());
    }
    if over.len() > TAGS_MAX {
        return Err(errors::too_many_tags(TAGS_MAX));
    }
    Ok(())
}

impl Trail {
    /// As it is described to whoever asks.
    pub(crate) fn described(&self) -> Described {
        let stored = &self.stored;
        Described {
            name: Some(self.id.name.clone().into()),
            s3_bucket_name: Some(stored.bucket.clone().into()),
            s3_key_prefix: stored.prefix.clone().map(Into::into),
            include_global_service_events: Some(stored.global),
            is_multi_region_trail: Some(stored.multi_region),
            home_region: Some(self.id.region.to_string().into()),
            trail_arn: Some(self.id.arn().into()),
            log_file_validation_enabled: Some(stored.validated),
            has_custom_event_selectors: Some(stored.selectors.are_custom()),
            has_insight_selectors: Some(false),
            is_organization_trail: Some(false),
            ..Described::default()
        }
    }
}
