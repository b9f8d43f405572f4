use anabranch_api::logs::{DeleteLogGroup, DeleteLogGroupOutput, Error};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Commit, Value as _};

use crate::errors;
use crate::service::Logs;

impl Serve<DeleteLogGroup> for Logs {
    /// From the commit on the group is gone; its events and streams follow, at the next start if not now.
    async fn serve(&self, cx: &Context, request: DeleteLogGroup) -> Result<DeleteLogGroupOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let stored = group.stored();
        if stored.is_protected {
            return Err(errors::group_protected());
        }
        let commit = Commit {
            put: vec![(group.scope.deleted_group(group.id), stored.to_bytes())],
            delete: vec![group.scope.group(&group.name)],
            ..Commit::default()
        };
        self.commit(commit).await?;
        self.directory.remove(&group);
        self.finish_deletion(&group.scope, &stored).await?;
        Ok(DeleteLogGroupOutput {})
    }
}
