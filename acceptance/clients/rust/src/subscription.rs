//! One open SubscribeToShard or StartLiveTail.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::StartLiveTailResponseStream;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::types::SubscribeToShardEventStream;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::services::{kinesis, logs, refused};
use crate::shapes::{Came, Trouble};

pub enum Subscription {
    Shard(SubscribeToShardOutput),
    Tail(StartLiveTailOutput),
}

/// What comes next: an event with the number of records that it brings, one that nobody knows, or the end.
enum Next {
    Event(Option<Value>, usize),
    Unknown,
    End,
}

impl Subscription {
    pub async fn of_shard(client: &aws_sdk_kinesis::Client, params: &Value) -> Result<Self, Trouble> {
        kinesis::subscribe_to_shard(client, params)?.send().await.map(Self::Shard).map_err(refused)
    }

    pub async fn of_tail(client: &aws_sdk_cloudwatchlogs::Client, params: &Value) -> Result<Self, Trouble> {
        // The SDK puts `stream-` before the host, and has no setting that keeps it from that.
        let call = logs::start_live_tail(client, params)?.customize().mutate_request(|request| {
            let here = request.uri().replacen("//stream-", "//", 1);
            request.set_uri(here).expect("a URI without a prefix is one");
        });
        call.send().await.map(Self::Tail).map_err(refused)
    }

    /// Events, until there are enough records, the stream ends, or the time is up.
    pub async fn read(&mut self, question: &Value) -> Result<Value, Trouble> {
        let until =
            Instant::now() + Duration::from_secs_f64(question["seconds"].as_f64().unwrap_or_default());
        let wanted = question["records"].as_u64();
        let (mut events, mut records, mut ended) = (Vec::new(), 0, false);
        while let Ok(next) = timeout_at(until, self.next()).await {
            match next? {
                Next::Event(event, brought) => {
                    events.push(event);
                    records += brought as u64;
                }
                Next::Unknown => {}
                Next::End => ended = true,
            }
            if ended || wanted.is_some_and(|wanted| records >= wanted) {
                break;
            }
        }
        Ok(json!({ "ok": true, "output": { "Events": events, "Ended": ended } }))
    }

    async fn next(&mut self) -> Result<Next, Trouble> {
        let broken = |error: &dyn std::fmt::Debug| Trouble::Broken(format!("{error:?}"));
        Ok(match self {
            Self::Shard(open) => match open.event_stream.recv().await.map_err(|error| broken(&error))? {
                Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) => {
                    Next::Event(event.came(), event.records.len())
                }
                Some(_) => Next::Unknown,
                None => Next::End,
            },
            Self::Tail(open) => match open.response_stream.recv().await.map_err(|error| broken(&error))? {
                Some(StartLiveTailResponseStream::SessionStart(event)) => Next::Event(event.came(), 0),
                Some(StartLiveTailResponseStream::SessionUpdate(event)) => {
                    Next::Event(event.came(), event.session_results().len())
                }
                Some(_) => Next::Unknown,
                None => Next::End,
            },
        })
    }
}
