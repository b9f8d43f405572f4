//! A stream that is made for a load.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::Failure;
use super::recorded;
use super::server::{Server, Streams};
use super::wire::Wire;

/// The slowest peer takes seconds for a stream of many shards.
const ACTIVE_WITHIN: Duration = Duration::from_secs(60);
/// The key that every account has.
const OWNED_KEY: &str = "alias/aws/kinesis";
const ASKED_EVERY: Duration = Duration::from_millis(20);

/// A stream that is active.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) shards: Vec<String>,
}

impl Stream {
    pub(super) async fn create(server: &Server, shards: usize) -> Result<Self, Failure> {
        let mut wire = Wire::connect(server).await?;
        let name = format!("bench-{:012x}", fastrand::u64(..1 << 48));
        wire.call("CreateStream", &json!({ "StreamName": name, "ShardCount": shards })).await?;
        let mut arn = active(&mut wire, &name).await?;
        if server.streams == Streams::Encrypted {
            let key = json!({ "StreamName": name, "EncryptionType": "KMS", "KeyId": OWNED_KEY });
            wire.call("StartStreamEncryption", &key).await?;
            arn = active(&mut wire, &name).await?;
        }
        if server.streams == Streams::Guarded {
            // The account is named, not the user: so the user's own policy has to allow, too.
            let account = arn.split(':').nth(4).unwrap_or_default();
            let allow = json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "AWS": account },
                    "Action": ["kinesis:PutRecord", "kinesis:PutRecords", "kinesis:GetRecords"],
                    "Resource": arn,
                }],
            });
            let put = json!({ "ResourceARN": arn, "Policy": allow.to_string() });
            wire.call("PutResourcePolicy", &put).await?;
        }
        if server.streams == Streams::Watched {
            recorded::watch(server, &name).await?;
        }
        let shards = list_shards(&mut wire, &name).await?;
        Ok(Self { name, arn, shards })
    }

    pub(super) async fn delete(&self, server: &Server) -> Result<(), Failure> {
        let request = json!({ "StreamName": self.name, "EnforceConsumerDeletion": true });
        Wire::connect(server).await?.call("DeleteStream", &request).await.map(drop)
    }

    /// An iterator at one shard's place.
    pub(super) async fn iterator(&self, wire: &mut Wire, shard: &str, from: &str) -> Result<String, Failure> {
        let request = json!({ "StreamName": self.name, "ShardId": shard, "ShardIteratorType": from });
        Ok(text(&wire.call("GetShardIterator", &request).await?["ShardIterator"]))
    }
}

/// Waits until a stream is active; its ARN.
async fn active(wire: &mut Wire, name: &str) -> Result<String, Failure> {
    let begun = Instant::now();
    loop {
        let described = wire.call("DescribeStreamSummary", &json!({ "StreamName": name })).await?;
        let summary = &described["StreamDescriptionSummary"];
        if summary["StreamStatus"] == "ACTIVE" {
            return Ok(text(&summary["StreamARN"]));
        }
        if begun.elapsed() > ACTIVE_WITHIN {
            return Err("a stream was not active in time".into());
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

async fn list_shards(wire: &mut Wire, stream: &str) -> Result<Vec<String>, Failure> {
    let mut request = json!({ "StreamName": stream });
    let mut shards = Vec::new();
    loop {
        let page = wire.call("ListShards", &request).await?;
        shards.extend(page["Shards"].as_array().into_iter().flatten().map(|shard| text(&shard["ShardId"])));
        match page["NextToken"].as_str() {
            Some(token) => request = json!({ "NextToken": token }),
            None => return Ok(shards),
        }
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
