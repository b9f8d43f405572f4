use anabranch_api::logs::{CreateLogStream, CreateLogStreamOutput, Error};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Commit, Value as _};
use anabranch_log::LogId;

use crate::errors::{self, Failed};
use crate::limits::STREAMS_MAX;
use crate::service::Logs;
use crate::store::stream::Stream;
use crate::stored::StoredStream;

impl Serve<CreateLogStream> for Logs {
    async fn serve(&self, cx: &Context, request: CreateLogStream) -> Result<CreateLogStreamOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let name = request.log_stream_name.to_string();
        if group.stream(&name).is_some() {
            return Err(errors::stream_exists());
        }
        if group.stream_count() >= STREAMS_MAX {
            return Err(errors::limit_exceeded());
        }
        // Its number is never used again: what is left of a deleted stream's events stands under its own.
        let number = group.streams_ever().checked_add(1).ok_or_else(errors::limit_exceeded)?;
        let log = LogId { group: group.id, index: number };
        self.log.create(vec![log]).await.map_err(Failed::from)?;
        let stored = StoredStream { name, number, created_ms: self.clock.now().millis() };
        let put = vec![
            (group.scope.stream(group.id, number), stored.to_bytes()),
            (group.scope.streams_ever(group.id), number.to_bytes()),
        ];
        self.commit(Commit { put, ..Commit::default() }).await?;
        group.add_stream(Stream::new(stored, log));
        Ok(CreateLogStreamOutput {})
    }
}
