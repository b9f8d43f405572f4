//! One shard, read by GetRecords until it ends.

use std::sync::Arc;
use std::time::Duration;

use anabranch_api::kinesis::{GetRecords, GetShardIterator, ShardIteratorType};
use anabranch_types::{SequenceNumber, ShardId, StreamName};
use bytestring::ByteString;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::News;
use super::start::Start;
use crate::client::{CallError, Kinesis};

/// Between two reads while there is more to read. AWS: API_GetRecords, five reads per second and shard.
const PACE_BEHIND: Duration = Duration::from_millis(210);
/// Between two reads at the tip of the shard: leaves three of the five reads to others.
const PACE_AT_TIP: Duration = Duration::from_millis(500);
/// After a refusal that passes, or no answer; each further one twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(8);

pub(super) struct Poll {
    pub(super) kinesis: Arc<Kinesis>,
    pub(super) stream: StreamName,
    pub(super) shard: ShardId,
    /// Where to begin.
    pub(super) from: Start,
    pub(super) news: mpsc::Sender<News>,
}

/// Where a shard is read from next.
enum Position {
    Start(Start),
    After(SequenceNumber),
}

/// The reader of `news` went away.
struct NobodyListens;

impl Poll {
    /// Reads to the shard's end, or until nobody listens to the news.
    pub(super) async fn run(self) {
        // The listener's end is the only reason to stop, and it knows.
        let _ = self.read().await;
    }

    async fn read(&self) -> Result<(), NobodyListens> {
        let mut position = Position::Start(self.from);
        let mut iterator: Option<ByteString> = None;
        let mut pause = PAUSE_FIRST;
        loop {
            let began = Instant::now();
            let outcome = match iterator.take() {
                Some(iterator) => self.read_on(iterator, &mut position).await?,
                None => self.iterator(&position).await.map(Step::On),
            };
            match outcome {
                Ok(Step::Ended) => return Ok(()),
                Ok(Step::On(next)) => iterator = Some(next),
                Ok(Step::Rest(next, pace)) => {
                    iterator = Some(next);
                    tokio::time::sleep_until(began + pace).await;
                }
                Err(error) if error.code() == Some("ExpiredIteratorException") => {}
                Err(error) if error.is_passing() || error.is_unreachable() => {
                    self.tell(News::Trouble(error.to_string())).await?;
                    tokio::time::sleep(pause).await;
                    pause = PAUSE_MAX.min(pause * 2);
                    continue;
                }
                Err(error) => return self.tell(News::Failed(error)).await,
            }
            pause = PAUSE_FIRST;
        }
    }

    async fn iterator(&self, position: &Position) -> Result<ByteString, CallError> {
        let (r#type, number, timestamp) = match position {
            Position::After(number) => (ShardIteratorType::AfterSequenceNumber, Some(number), None),
            Position::Start(Start::TrimHorizon) => (ShardIteratorType::TrimHorizon, None, None),
            Position::Start(Start::Time(time)) => (ShardIteratorType::AtTimestamp, None, Some(*time)),
            Position::Start(Start::Latest | Start::Ago(_)) => (ShardIteratorType::Latest, None, None),
        };
        let request = GetShardIterator {
            stream_name: Some(self.stream.clone()),
            shard_id: self.shard.to_string().into(),
            shard_iterator_type: r#type,
            starting_sequence_number: number.map(|n| n.to_string().into()),
            timestamp,
            ..GetShardIterator::default()
        };
        Ok(self.kinesis.call(request).await?.shard_iterator.unwrap_or_default())
    }

    async fn read_on(
        &self,
        iterator: ByteString,
        position: &mut Position,
    ) -> Result<Result<Step, CallError>, NobodyListens> {
        let request = GetRecords { shard_iterator: iterator, ..GetRecords::default() };
        let answer = match self.kinesis.call(request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(last) = answer.records.last() {
            *position = Position::After(last.sequence_number);
            self.tell(News::Records(self.shard, answer.records)).await?;
        }
        let Some(next) = answer.next_shard_iterator else {
            self.tell(News::Ended(self.shard, answer.child_shards.unwrap_or_default())).await?;
            return Ok(Ok(Step::Ended));
        };
        let is_behind = answer.millis_behind_latest.unwrap_or(0) > 0;
        Ok(Ok(Step::Rest(next, if is_behind { PACE_BEHIND } else { PACE_AT_TIP })))
    }

    async fn tell(&self, news: News) -> Result<(), NobodyListens> {
        self.news.send(news).await.map_err(|_| NobodyListens)
    }
}

/// What follows a call that went well.
enum Step {
    /// Read from here at once.
    On(ByteString),
    /// Read from here when so long has passed since the last read began.
    Rest(ByteString, Duration),
    /// There is nothing more.
    Ended,
}
