use anabranch_api::kinesis::{DeleteStream, DeleteStreamOutput, Error};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::errors;
use crate::stored::Status;

impl Serve<DeleteStream> for Streams {
    async fn serve(&self, cx: &Context, request: DeleteStream) -> Result<DeleteStreamOutput, Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let now = self.clock.now();
        self.change(&stream, |draft| {
            if draft.stored.status == Status::Deleting {
                let state = crate::describe::status(Status::Deleting).as_str();
                return Err(errors::stream_not_active(&stream.id, state));
            }
            if !draft.consumers.is_empty() && request.enforce_consumer_deletion != Some(true) {
                return Err(errors::stream_has_consumers(&stream.id));
            }
            draft.stored.status = Status::Deleting;
            draft.stored.due_ms = Some(self.transition_end(now).millis());
            Ok(())
        })
        .await?;
        self.subscriptions.stream_removed(&stream);
        self.settle(&stream, now).await?;
        Ok(DeleteStreamOutput {})
    }
}
