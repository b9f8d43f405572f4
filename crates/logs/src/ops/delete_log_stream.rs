use anabranch_api::logs::{DeleteLogStream, DeleteLogStreamOutput, Error};
use anabranch_api::{Context, Serve};
use anabranch_catalog::Commit;

use crate::errors::{self, Failed};
use crate::service::Logs;

impl Serve<DeleteLogStream> for Logs {
    async fn serve(&self, cx: &Context, request: DeleteLogStream) -> Result<DeleteLogStreamOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let stream = group.stream(&request.log_stream_name).ok_or_else(errors::no_stream)?;
        if group.stored().is_protected {
            return Err(errors::group_protected());
        }
        let delete = vec![group.scope.stream(group.id, stream.log.index)];
        self.commit(Commit { delete, ..Commit::default() }).await?;
        group.remove_stream(&stream);
        // A start removes what a failure leaves here.
        self.log.remove(vec![stream.log]).await.map_err(Failed::from)?;
        Ok(DeleteLogStreamOutput {})
    }
}
