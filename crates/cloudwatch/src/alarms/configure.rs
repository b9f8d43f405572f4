//! Changes to alarms that leave what they watch as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::cloudwatch::Error;
use anabranch_types::{Arn, Timestamp};
use bytestring::ByteString;

use super::changes::Changes;
use super::errors;
use super::history::Configured;
use super::keys::Scope;
use super::service::{Alarm, Alarms, scope};

/// Whether actions are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionsAre {
    Enabled,
    Disabled,
}

impl Alarms {
    /// Names of which there is no alarm are passed over.
    pub(super) async fn set_actions(
        &self,
        scope: &Scope,
        names: &[ByteString],
        are: ActionsAre,
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        let mut changes = Changes::default();
        let mut names: Vec<&ByteString> = names.iter().collect();
        names.sort_unstable();
        names.dedup();
        for alarm in names.into_iter().filter_map(|name| self.alarm(scope, name)) {
            let enabled = are == ActionsAre::Enabled;
            if alarm.stored.actions_enabled != enabled {
                let mut after = alarm.stored.clone();
                after.actions_enabled = enabled;
                after.configured_ms = at.millis();
                self.note_configured(&mut changes, scope, at, &after, Configured::Updated);
                changes.put(scope, Some(&alarm), after);
            }
        }
        self.commit(&mut writing, changes).await
    }

    /// The alarm of an ARN of the caller's account and region.
    pub(super) fn tagged(&self, cx: &Context, arn: &str) -> Result<(Scope, Arc<Alarm>), Error> {
        let scope = scope(cx);
        let parsed: Arn = arn.parse().map_err(|_| errors::not_an_alarm(arn))?;
        if &*parsed.service != "cloudwatch" || !parsed.resource.starts_with("alarm:") {
            return Err(errors::not_an_alarm(arn));
        }
        let found = scope.name_in(arn).and_then(|name| self.alarm(&scope, name));
        found.map(|alarm| (scope, alarm)).ok_or_else(errors::nothing_of_this_arn)
    }

    pub(super) async fn change_tags(
        &self,
        cx: &Context,
        arn: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        let (scope, alarm) = self.tagged(cx, arn)?;
        let mut after = alarm.stored.clone();
        change(&mut after.tags)?;
        let mut changes = Changes::default();
        changes.put(&scope, Some(&alarm), after);
        self.commit(&mut writing, changes).await
    }
}
