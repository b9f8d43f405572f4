use std::collections::BTreeMap;

use anabranch_api::kinesis::{Error, RegisterStreamConsumer, RegisterStreamConsumerOutput};
use anabranch_api::{Context, Serve};

use crate::changes::Draft;
use crate::limits::{CONSUMERS_MAX, CREATING_CONSUMERS_MAX};
use crate::stored::{ConsumerStatus, StoredConsumer};
use crate::stream::Stream;
use crate::{Streams, describe, errors, tags};

impl Serve<RegisterStreamConsumer> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: RegisterStreamConsumer,
    ) -> Result<RegisterStreamConsumerOutput, Error> {
        let stream = self.find_stream(cx, None, Some(&*request.stream_arn))?;
        let now = self.clock.now();
        let mut new = StoredConsumer {
            name: request.consumer_name.to_string(),
            created_ms: now.millis(),
            status: ConsumerStatus::Creating,
            due_ms: Some(self.transition_end(now).millis()),
            tags: BTreeMap::new(),
        };
        let whose = || format!("consumer {} of stream {}", new.name, stream.id.name);
        tags::put(&mut new.tags, request.tags.as_deref().unwrap_or_default(), whose)?;
        let registered = self.change(&stream, |draft| register(draft, &stream, new)).await?;
        self.settle(&stream, now).await?;
        Ok(RegisterStreamConsumerOutput { consumer: describe::consumer(&stream, &registered) })
    }
}

/// Adds the consumer; the answer shows it as it is then, CREATING.
fn register(draft: &mut Draft, stream: &Stream, new: StoredConsumer) -> Result<StoredConsumer, Error> {
    crate::resolve::require_active(&stream.id, draft.stored.status)?;
    if draft.consumers.contains_key(&new.name) {
        return Err(errors::consumer_exists(&new.name, &stream.id));
    }
    let creating = draft.consumers.values().filter(|c| c.status == ConsumerStatus::Creating).count();
    if draft.consumers.len() >= CONSUMERS_MAX {
        return Err(errors::too_many_consumers(&stream.id, CONSUMERS_MAX));
    }
    if creating >= CREATING_CONSUMERS_MAX {
        return Err(errors::too_many_consumers_creating(&stream.id, CREATING_CONSUMERS_MAX));
    }
    draft.consumers.insert(new.name.clone(), new.clone());
    Ok(new)
}
