//! The stream back, by enhanced fan-out: one subscription per shard, opened again where it ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anabranch_api::kinesis::{ChildShard, ShardIteratorType, StartingPosition, SubscribeToShard};
use anabranch_types::{SequenceNumber, ShardId};
use bytestring::ByteString;
use tokio::task::JoinSet;

use super::board::Board;
use crate::cli::Failure;
use crate::cli::lineage::Lineage;
use crate::client::{CallError, Kinesis};

/// Before a subscription is tried again. AWS: API_SubscribeToShard, the same consumer may not subscribe twice within 5 seconds
/// unless the first one ended.
const PAUSE: Duration = Duration::from_secs(1);
/// Refusals in a row before giving up.
const REFUSALS_MAX: u32 = 10;

/// What reading needs.
#[derive(Clone)]
pub(super) struct FanOut {
    pub(super) kinesis: Kinesis,
    pub(super) consumer_arn: ByteString,
    pub(super) board: Arc<Board>,
}

impl FanOut {
    /// Reads these shards from their beginning, and their children after them; ends only when every shard did, or by a failure.
    pub(super) async fn run(self, shards: Vec<ShardId>) -> Result<(), Failure> {
        let mut lineage = Lineage::default();
        for shard in shards {
            lineage.add(shard, []);
        }
        let mut readers = JoinSet::new();
        loop {
            for shard in lineage.begin() {
                let fan_out = self.clone();
                readers.spawn(async move { (shard, fan_out.read(shard).await) });
            }
            let Some(ended) = readers.join_next().await else { return Ok(()) };
            let (shard, outcome) = ended?;
            for child in outcome.map_err(|error| format!("cannot read {shard} any more: {error}"))? {
                lineage.add(child.shard_id, child.parent_shards);
            }
            lineage.ended(shard);
        }
    }

    /// Reads a shard to its end; its children.
    async fn read(&self, shard: ShardId) -> Result<Vec<ChildShard>, CallError> {
        let mut after = None;
        let mut refusals = 0;
        loop {
            match self.subscribe(shard, &mut after).await {
                Ok(Ended::Shard(children)) => return Ok(children),
                Ok(Ended::Subscription) => refusals = 0,
                Err(error) if refusals < REFUSALS_MAX && may_pass(&error) => {
                    refusals += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads through one subscription, from the position after `after`, which moves along.
    async fn subscribe(
        &self,
        shard: ShardId,
        after: &mut Option<SequenceNumber>,
    ) -> Result<Ended, CallError> {
        let request = SubscribeToShard {
            consumer_arn: self.consumer_arn.clone(),
            shard_id: shard.to_string().into(),
            starting_position: match after {
                None => StartingPosition { r#type: ShardIteratorType::TrimHorizon, ..Default::default() },
                Some(number) => StartingPosition {
                    r#type: ShardIteratorType::AfterSequenceNumber,
                    sequence_number: Some(number.to_string().into()),
                    ..Default::default()
                },
            },
            ..SubscribeToShard::default()
        };
        let mut subscription = self.kinesis.subscribe(request).await?;
        while let Some(event) = subscription.next_event().await? {
            self.board.read(shard, &event.records, Instant::now());
            match event.continuation_sequence_number {
                Some(number) => *after = Some(number),
                None => return Ok(Ended::Shard(event.child_shards.unwrap_or_default())),
            }
        }
        Ok(Ended::Subscription)
    }
}

enum Ended {
    /// After five minutes, or because the server stops.
    Subscription,
    /// Nothing more will come of the shard.
    Shard(Vec<ChildShard>),
}

fn may_pass(error: &CallError) -> bool {
    error.is_passing() || error.code() == Some("ResourceInUseException")
}
