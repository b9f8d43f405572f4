use anabranch_api::logs::Error;
use anabranch_log::{AppendOutcome, Batch, NewRecord, Position, Producer, Refusal};
use bytes::Bytes;

use super::chunks::{Extent, index_entry};
use super::event::{Event, encode};
use super::stream::Stream;
use crate::directory::Group;
use crate::errors::{self, Failed};
use crate::service::Logs;

/// Events that are kept.
#[derive(Debug)]
pub(crate) struct Written {
    /// Where their batch stands.
    pub at: Position,
    pub ingested_ms: i64,
    /// As they stand there.
    pub data: Bytes,
}

impl Logs {
    /// Appends events, at least one, to a stream; durable, as the log is, when this returns.
    pub(crate) async fn append(
        &self,
        group: &Group,
        stream: &Stream,
        events: &[Event],
    ) -> Result<Written, Error> {
        let _writing = stream.writing.lock().await;
        stream.load_writing(group, &*self.log).await?;
        let extent = extent(events);
        let data = encode(events);
        let (headers, ending) = stream.with_chunks(|chunks| (chunks.header(extent), chunks.ending()));
        let record = NewRecord { headers, data: data.clone(), ..NewRecord::default() };
        let mut batches = vec![batch(stream.log, record)];
        if let Some(chunk) = ending {
            let end = self.log.state(stream.log).map_err(Failed::from)?.end;
            let entry =
                NewRecord { data: index_entry(stream.log.index, &chunk, end), ..NewRecord::default() };
            batches.push(batch(group.index_log(), entry));
        }
        let mut outcomes = self.log.append_all(batches).await.into_iter();
        match outcomes.next() {
            Some(AppendOutcome::Appended { first, arrival }) => {
                if let Some(refused) = outcomes.find(|o| !matches!(o, AppendOutcome::Appended { .. })) {
                    // A start finds the gap, and a page looks into it whatever is asked for.
                    tracing::warn!(?refused, stream = %stream.name, "the index of a log group lacks an entry");
                }
                stream.with_chunks(|chunks| chunks.take(first, extent));
                Ok(Written { at: first, ingested_ms: arrival.millis(), data })
            }
            Some(AppendOutcome::Refused(Refusal::Unknown)) => Err(errors::no_stream()),
            Some(refused) => Err(Failed::Refused(refused).into()),
            None => Err(Failed::Damaged.into()),
        }
    }
}

pub(crate) fn batch(log: anabranch_log::LogId, record: NewRecord) -> Batch {
    Batch { log, records: vec![record], producer: Producer::default() }
}

fn extent(events: &[Event]) -> Extent {
    let times = || events.iter().map(|event| event.time_ms);
    Extent {
        first_ms: times().min().unwrap_or_default(),
        last_ms: times().max().unwrap_or_default(),
        bytes: events.iter().map(|event| event.bytes() as u64).sum(),
    }
}
