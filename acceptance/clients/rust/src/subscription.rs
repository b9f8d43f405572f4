//! One open SubscribeToShard.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::types::SubscribeToShardEventStream;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::services::{kinesis, refused};
use crate::shapes::{Came, Trouble};

pub struct Subscription(SubscribeToShardOutput);

impl Subscription {
    pub async fn begin(client: &Client, params: &Value) -> Result<Self, Trouble> {
        kinesis::subscribe_to_shard(client, params)?.send().await.map(Self).map_err(refused)
    }

    /// Events, until there are enough records, the stream ends, or the time is up.
    pub async fn read(&mut self, question: &Value) -> Result<Value, Trouble> {
        let until =
            Instant::now() + Duration::from_secs_f64(question["seconds"].as_f64().unwrap_or_default());
        let wanted = question["records"].as_u64();
        let (mut events, mut records, mut ended) = (Vec::new(), 0, false);
        while let Ok(next) = timeout_at(until, self.0.event_stream.recv()).await {
            match next.map_err(|error| Trouble::Broken(format!("{error:?}")))? {
                Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) => {
                    events.push(event.came());
                    records += event.records.len() as u64;
                }
                Some(_) => {}
                None => ended = true,
            }
            if ended || wanted.is_some_and(|wanted| records >= wanted) {
                break;
            }
        }
        Ok(json!({ "ok": true, "output": { "Events": events, "Ended": ended } }))
    }
}
