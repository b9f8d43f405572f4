use std::sync::Arc;

use anabranch_api::kinesis::{Error, ShardIteratorType, SubscribeToShard, SubscribeToShardOutput};
use anabranch_api::{Context, Feed, ServeFeed};

use crate::fanout::{Slot, SubscriberId, Subscription};
use crate::measures::{Measure, Measures};
use crate::position::Start;
use crate::resolve::{find_shard, serving};
use crate::stored::{ConsumerStatus, StoredConsumer};
use crate::stream::Stream;
use crate::{Streams, errors};

impl ServeFeed<SubscribeToShard> for Streams {
    async fn open(
        &self,
        cx: &Context,
        request: SubscribeToShard,
    ) -> Result<Feed<SubscribeToShardOutput>, Error> {
        let (stream, consumer) = self.find_consumer_by_arn(cx, &request.consumer_arn)?;
        let measures = stream.consumer_measures.of(&consumer.name);
        let opened = self.subscribe(cx, &request, (&stream, &consumer), &measures).await;
        if request.dry_run != Some(true) {
            measures.note(&[(Measure::SubscribedDone, u64::from(opened.is_ok()))]);
        }
        opened
    }
}

impl Streams {
    async fn subscribe(
        &self,
        cx: &Context,
        request: &SubscribeToShard,
        (stream, consumer): (&Arc<Stream>, &StoredConsumer),
        measures: &Arc<Measures>,
    ) -> Result<Feed<SubscribeToShardOutput>, Error> {
        let view = serving(stream)?;
        if consumer.status != ConsumerStatus::Active {
            let seconds = consumer.created_seconds();
            return Err(errors::consumer_not_active(&consumer.name, seconds, &stream.id));
        }
        let shard = find_shard(&view, &stream.id, &request.shard_id, errors::shard_does_not_exist)?;
        let id = SubscriberId {
            group: stream.group,
            shard: shard.id(),
            consumer: consumer.name.clone(),
            consumer_created_seconds: consumer.created_seconds(),
        };
        let refusal = errors::subscribed_already(&stream.id, shard.id(), &consumer.name);
        let exceeded = |_: &Error| measures.note(&[(Measure::SubscribedExceeded, 1)]);
        self.subscriptions.refuse_protected(&id, self.clock.now(), &refusal).inspect_err(exceeded)?;
        self.count_subscription(stream, &id).inspect_err(exceeded)?;
        let next = self.begin(stream, shard, &start(request)?).await?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }

        let slot = Arc::new(Slot::default());
        if let Err(error) = self.refuse_stream(cx, stream, &view).await {
            // The operation's own answer has none of KMS's errors, its events have.
            slot.end(error);
        }
        self.subscriptions.begin(id, &slot, self.clock.now(), refusal)?;
        let subscription = Subscription::begin(
            (self.me(), cx.clone()),
            Arc::clone(stream),
            Arc::clone(shard),
            slot,
            Arc::clone(measures),
            next,
        )?;
        Ok(Feed { output: SubscribeToShardOutput {}, frames: Box::pin(subscription) })
    }
}

/// Where the subscription begins. What a type of position does not need is ignored.
fn start(request: &SubscribeToShard) -> Result<Start<'_>, Error> {
    let position = &request.starting_position;
    let kind = position.r#type;
    let by_number =
        matches!(kind, ShardIteratorType::AtSequenceNumber | ShardIteratorType::AfterSequenceNumber);
    if by_number && position.sequence_number.is_none() {
        return Err(errors::starting_position_needs(kind.as_str(), "SequenceNumber"));
    }
    if kind == ShardIteratorType::AtTimestamp && position.timestamp.is_none() {
        return Err(errors::starting_position_needs(kind.as_str(), "Timestamp"));
    }
    let number = position.sequence_number.as_deref().filter(|_| by_number);
    Ok(Start { kind, number, time: position.timestamp, operation: "SubscribeToShard" })
}

#[cfg(test)]
mod tests;
