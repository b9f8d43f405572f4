//! Leases that workers of the Kinesis Client Library renew.

use std::time::{Duration, Instant};

use anabranch_wire::Protocol;
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::json;

use super::super::Failure;
use super::figures::Counts;
use super::server::Server;
use super::wire::{DYNAMODB, Wire};

/// How many leases there are, one for each shard.
pub(super) const LEASES: usize = 4000;
/// A worker renews each of its leases once in so long: a third of `failoverTimeMillis`, which is 10,000 in the KCL.
const PERIOD: Duration = Duration::from_secs(3);
/// Workers that share the leases.
const WORKERS: usize = 4;
/// Leases that a worker renews at the same time (the KCL's `maxLeaseRenewalThreads`).
const RENEWED_AT_ONCE: usize = 20;
/// How long to wait for the table.
const ACTIVE_WITHIN: Duration = Duration::from_secs(60);
const ASKED_EVERY: Duration = Duration::from_millis(20);

/// A lease table and the workers that hold its leases.
pub(super) struct Renewing {
    table: String,
    lanes: Vec<Lane>,
}

/// One of a worker's connections, and the leases it renews.
struct Lane {
    wire: Wire,
    worker: usize,
    leases: Vec<Lease>,
}

struct Lease {
    key: String,
    counter: u64,
}

impl Renewing {
    /// Makes a lease table as the KCL does, with its index by owner, and takes every lease.
    pub(super) async fn prepare(server: &Server) -> Result<Self, Failure> {
        let table = format!("bench-{:012x}", fastrand::u64(..1 << 48));
        create(&mut Wire::connect(server).await?, &table).await?;
        let mut lanes = Vec::new();
        for number in 0..WORKERS * RENEWED_AT_ONCE {
            let leases = (number..LEASES).step_by(WORKERS * RENEWED_AT_ONCE);
            let leases = leases.map(|n| Lease { key: format!("shardId-{n:012}"), counter: 0 }).collect();
            let worker = number % WORKERS;
            lanes.push(Lane { wire: Wire::connect(server).await?, worker, leases });
        }
        try_join_all(lanes.iter_mut().map(|lane| lane.take(&table))).await?;
        Ok(Self { table, lanes })
    }

    /// Renews every lease once a period for this long. The workers begin one after the other, each as fast as its threads can.
    pub(super) async fn run(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        let begun = Instant::now();
        let table = &self.table;
        let mut counts = Counts::default();
        let renewing = self.lanes.iter_mut().map(|lane| lane.renew_until(table, begun, begun + lasts));
        for lane in try_join_all(renewing).await? {
            counts.add(lane);
        }
        Ok(counts)
    }

    /// Deletes the table on a server that goes on running.
    pub(super) async fn clean_up(self, server: &Server) -> Result<(), Failure> {
        let request = json!({ "TableName": self.table });
        let mut wire = Wire::connect(server).await?;
        wire.call_as(DYNAMODB, Protocol::Json10, "DeleteTable", &request).await.map(drop)
    }
}

async fn create(wire: &mut Wire, table: &str) -> Result<(), Failure> {
    let key = |name: &str| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
    let request = json!({
        "TableName": table,
        "KeySchema": key("leaseKey"),
        "AttributeDefinitions": [
            { "AttributeName": "leaseKey", "AttributeType": "S" },
            { "AttributeName": "leaseOwner", "AttributeType": "S" },
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [{
            "IndexName": "LeaseOwnerToLeaseKeyIndex",
            "KeySchema": key("leaseOwner"),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    });
    wire.call_as(DYNAMODB, Protocol::Json10, "CreateTable", &request).await?;
    let begun = Instant::now();
    loop {
        let asked = json!({ "TableName": table });
        let told = wire.call_as(DYNAMODB, Protocol::Json10, "DescribeTable", &asked).await?;
        if told["Table"]["TableStatus"] == "ACTIVE" {
            return Ok(());
        }
        if begun.elapsed() > ACTIVE_WITHIN {
            return Err("a table was not active in time".into());
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

impl Lane {
    /// Puts the leases, as a worker that has them.
    async fn take(&mut self, table: &str) -> Result<(), Failure> {
        for lease in &self.leases {
            let put = json!({ "TableName": table, "Item": {
                "leaseKey": { "S": lease.key },
                "leaseOwner": { "S": owner(self.worker) },
                "leaseCounter": { "N": lease.counter.to_string() },
                "checkpoint": { "S": "49590338271490256608559692538361571095921575989136588898" },
                "checkpointSubSequenceNumber": { "N": "0" },
                "ownerSwitchesSinceCheckpoint": { "N": "0" },
                "parentShardId": { "SS": ["shardId-000000000000"] },
                "startingHashKey": { "S": "0" },
                "endingHashKey": { "S": "340282366920938463463374607431768211455" },
                "throughputKBps": { "N": "0.0" },
            } });
            self.wire.call_as(DYNAMODB, Protocol::Json10, "PutItem", &put).await?;
        }
        Ok(())
    }

    async fn renew_until(&mut self, table: &str, begun: Instant, until: Instant) -> Result<Counts, Failure> {
        let mut counts = Counts::default();
        // The workers of an application are not started in the same moment.
        let mut next = begun + PERIOD * self.worker as u32 / WORKERS as u32;
        while next < until {
            tokio::time::sleep_until(next.into()).await;
            next += PERIOD;
            for place in 0..self.leases.len() {
                let took = self.renew(table, place).await?;
                counts.latencies.note(took);
                counts.records += 1;
            }
        }
        tokio::time::sleep_until(until.into()).await;
        Ok(counts)
    }

    /// A renewal, which nobody else may have made: a failed condition is a failure of the server.
    async fn renew(&mut self, table: &str, place: usize) -> Result<Duration, Failure> {
        let Lease { key, counter } = &mut self.leases[place];
        let body = renewal(table, key, owner(self.worker), *counter);
        let ready = self.wire.sign_as(DYNAMODB, Protocol::Json10, "UpdateItem", Bytes::from(body))?;
        let begun = Instant::now();
        self.wire.send(ready).await?;
        *counter += 1;
        Ok(begun.elapsed())
    }
}

fn owner(worker: usize) -> String {
    format!("worker-{worker}:5fa0a4f3-7d3c-4c8e-9f10-1f2ad12a3c55")
}

/// What the KCL sends to renew a lease: the counter must be the one it knows, and grows by one.
fn renewal(table: &str, key: &str, owner: String, counter: u64) -> String {
    let next = counter + 1;
    format!(
        r#"{{"TableName":"{table}","Key":{{"leaseKey":{{"S":"{key}"}}}},"AttributeUpdates":{{"leaseCounter":{{"Value":{{"N":"{next}"}},"Action":"PUT"}},"throughputKBps":{{"Value":{{"N":"12.5"}},"Action":"PUT"}}}},"Expected":{{"leaseKey":{{"Value":{{"S":"{key}"}},"Exists":true}},"leaseCounter":{{"Value":{{"N":"{counter}"}},"Exists":true}},"leaseOwner":{{"Value":{{"S":"{owner}"}},"Exists":true}}}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::{owner, renewal};

    #[test]
    fn a_renewal_expects_the_counter_that_it_raises() {
        let body: serde_json::Value = serde_json::from_str(&renewal("t", "k", owner(1), 41)).unwrap();
        assert_eq!(body["Expected"]["leaseCounter"]["Value"]["N"], "41");
        assert_eq!(body["AttributeUpdates"]["leaseCounter"]["Value"]["N"], "42");
        assert_eq!(body["Key"]["leaseKey"]["S"], "k");
    }
}
