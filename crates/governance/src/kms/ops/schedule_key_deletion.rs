use anabranch_api::kms::{Error, ScheduleKeyDeletion, ScheduleKeyDeletionOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::changes::Changes;
use super::super::directory::Slot;
use super::super::limits::{DELETION_DAYS_MAX, DELETION_DAYS_MIN};
use super::super::named::Aliases;
use super::super::service::Writing;
use super::super::stored::State;
use super::super::using::not_pending;
use super::super::{DAY_MS, Kms, errors};

/// How many grants are deleted together, below the catalog's limit of a commit.
const GRANTS_DELETED_TOGETHER: usize = 500;

impl Serve<ScheduleKeyDeletion> for Kms {
    fn resources(&self, cx: &Context, request: &ScheduleKeyDeletion) -> Result<Resources, Error> {
        self.about::<ScheduleKeyDeletion>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// The key can be used no more when this is answered; at the end of the waiting period it is deleted.
    async fn serve(
        &self,
        cx: &Context,
        request: ScheduleKeyDeletion,
    ) -> Result<ScheduleKeyDeletionOutput, Error> {
        let days = request.pending_window_in_days.unwrap_or(DELETION_DAYS_MAX);
        if !(DELETION_DAYS_MIN..=DELETION_DAYS_MAX).contains(&days) {
            return Err(errors::deletion_window());
        }
        let slot = self.own::<ScheduleKeyDeletion>(cx, &request.key_id)?;
        let at_ms = self.clock.now().millis() + i64::from(days) * DAY_MS;
        self.change(&slot, |stored| {
            not_pending(stored, &slot.arn)?;
            stored.state = State::PendingDeletion;
            stored.deletion_ms = Some(at_ms);
            stored.deletion_days = Some(days);
            Ok(())
        })
        .await?;
        let view = slot.view();
        Ok(ScheduleKeyDeletionOutput {
            key_id: Some(slot.arn.clone()),
            deletion_date: view.stored.deletion(),
            key_state: Some(view.stored.state.key_state()),
            pending_window_in_days: Some(days),
        })
    }
}

impl Kms {
    /// Deletes a key with its aliases and grants. Its material is gone from the catalog's files when this returns.
    pub(in super::super) async fn delete(&self, writing: &mut Writing, slot: &Slot) -> Result<(), Error> {
        let grants: Vec<_> = slot.grants().values().cloned().collect();
        for some in grants.chunks(GRANTS_DELETED_TOGETHER) {
            let mut changes = Changes::default();
            some.iter().for_each(|grant| changes.delete_grant(&slot.name, grant));
            self.commit(writing, changes).await?;
        }
        let mut changes = Changes::default();
        for (alias, found) in self.directory.aliases(&slot.name.scope, Some(slot.name.id)) {
            changes.delete_alias(&slot.name.scope, &alias, &found);
        }
        changes.delete_key(&slot.name, &slot.view());
        self.commit(writing, changes).await?;
        self.scrub().await?;
        tracing::info!(key = %slot.arn, "a key was deleted at the end of its waiting period");
        Ok(())
    }
}
