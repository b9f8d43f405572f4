//! A consumer that shares a stream with others like it: `consumer STREAM APPLICATION WORKER`.
//!
//! Each shard has a lease, an item of the table APPLICATION. Its holder renews it; one that was not renewed for [`LEASE`] is free to take, and so is
//! one of a worker that has two more than oneself. A renewal carries the checkpoint and is written only if nobody else renewed meanwhile, so who
//! lost a lease writes no more. Every record is printed at least once, and those of a shard's parents before its own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_kinesis::types::{Shard, ShardIteratorType};

type Error = Box<dyn std::error::Error + Send + Sync>;

const LEASE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);
const END: &str = "SHARD_END";

#[derive(Clone)]
struct Consumer {
    worker: String,
    stream: String,
    table: String,
    kinesis: aws_sdk_kinesis::Client,
    dynamo: aws_sdk_dynamodb::Client,
}

#[derive(Clone)]
struct Lease {
    shard: Shard,
    worker: String,
    renewals: u64,
    checkpoint: String, // nothing: from the beginning
}

type Seen = HashMap<String, (u64, Instant)>; // how many renewals, and since when

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_from_env().await; // AWS_ENDPOINT_URL says where
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().ok_or("consumer STREAM APPLICATION WORKER");
    let (kinesis, dynamo) = (aws_sdk_kinesis::Client::new(&config), aws_sdk_dynamodb::Client::new(&config));
    let consumer = Consumer { stream: word()?, table: word()?, worker: word()?, kinesis, dynamo };
    consumer.make_table().await?;
    let mut seen = Seen::new();
    loop {
        let _ = consumer.take_one(&mut seen).await.inspect_err(|error| eprintln!("{error:?}"));
        tokio::time::sleep(PAUSE).await;
    }
}

impl Consumer {
    async fn make_table(&self) -> Result<(), Error> {
        let key = KeySchemaElement::builder().attribute_name("shard").key_type(KeyType::Hash).build()?;
        let kind = AttributeDefinition::builder().attribute_name("shard").attribute_type(ScalarAttributeType::S).build()?;
        let table = self.dynamo.create_table().table_name(&self.table).billing_mode(BillingMode::PayPerRequest);
        match table.key_schema(key).attribute_definitions(kind).send().await {
            Err(error) if !error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Takes a lease, if one is free or somebody has too many, and reads its shard from then on.
    async fn take_one(&self, seen: &mut Seen) -> Result<(), Error> {
        let mut open = self.leases().await?;
        open.retain(|lease| lease.checkpoint != END);
        let held = |worker: &str| open.iter().filter(|lease| lease.worker == worker).count();
        let is_open = |parent: &Option<String>| open.iter().any(|lease| Some(&lease.shard.shard_id) == parent.as_ref());
        let ready = open.iter().filter(|l| !is_open(&l.shard.parent_shard_id) && !is_open(&l.shard.adjacent_parent_shard_id));
        let (free, taken): (Vec<_>, Vec<_>) = ready.partition(|lease| is_free(lease, seen));
        let spare = taken.into_iter().find(|lease| held(&lease.worker) > held(&self.worker) + 1);
        let Some(lease) = free.first().copied().or(spare) else { return Ok(()) };
        if let Some(lease) = self.renew(lease, lease.checkpoint.clone()).await? {
            let consumer = self.clone();
            // If it fails nobody renews the lease, and it will be free.
            tokio::spawn(async move { consumer.consume(lease).await.inspect_err(|error| eprintln!("{error:?}")) });
        }
        Ok(())
    }

    /// The lease of each shard that the stream has, also of those that nobody took yet.
    async fn leases(&self) -> Result<Vec<Lease>, Error> {
        let mut items = HashMap::new();
        let mut pages = self.dynamo.scan().table_name(&self.table).consistent_read(true).into_paginator().items().send();
        while let Some(item) = pages.next().await.transpose()? {
            items.insert(text(&item, "shard"), item);
        }
        let mut page = self.kinesis.list_shards().stream_name(&self.stream).send().await?;
        let mut shards = page.shards.take().unwrap_or_default();
        while let Some(next) = page.next_token.take() {
            page = self.kinesis.list_shards().next_token(next).send().await?;
            shards.append(&mut page.shards.take().unwrap_or_default());
        }
        let leases = shards.into_iter().map(|shard| {
            let item = items.remove(&shard.shard_id).unwrap_or_default();
            let renewals = text(&item, "renewals").parse().unwrap_or(0);
            Lease { shard, worker: text(&item, "worker"), renewals, checkpoint: text(&item, "checkpoint") }
        });
        Ok(leases.collect())
    }

    /// The lease with this checkpoint, or none if somebody else renewed it since it was read.
    async fn renew(&self, lease: &Lease, checkpoint: String) -> Result<Option<Lease>, Error> {
        let next = Lease { shard: lease.shard.clone(), worker: self.worker.clone(), renewals: lease.renewals + 1, checkpoint };
        let put = self.dynamo.put_item().table_name(&self.table).item("shard", AttributeValue::S(next.shard.shard_id.clone()));
        let put = put.item("worker", AttributeValue::S(next.worker.clone())).item("checkpoint", AttributeValue::S(next.checkpoint.clone()));
        let put = put.item("renewals", AttributeValue::N(next.renewals.to_string()));
        let put = put.condition_expression("attribute_not_exists(renewals) OR renewals = :last");
        match put.expression_attribute_values(":last", AttributeValue::N(lease.renewals.to_string())).send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(None),
            put => Ok(put.map(|_| Some(next))?),
        }
    }

    /// Reads a shard from its checkpoint to its end, or until the lease is lost.
    async fn consume(&self, mut lease: Lease) -> Result<(), Error> {
        let begin = self.kinesis.get_shard_iterator().stream_name(&self.stream).shard_id(&lease.shard.shard_id);
        let begin = match &*lease.checkpoint {
            "" => begin.shard_iterator_type(ShardIteratorType::TrimHorizon),
            last => begin.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(last),
        };
        let mut iterator = begin.send().await?.shard_iterator;
        while let Some(place) = iterator {
            let answer = self.kinesis.get_records().shard_iterator(place).send().await?;
            for record in answer.records() {
                println!("{} {}", lease.shard.shard_id, String::from_utf8_lossy(record.data().as_ref()));
            }
            iterator = answer.next_shard_iterator.clone();
            let last = answer.records().last().map(|record| record.sequence_number.clone());
            let checkpoint = if iterator.is_some() { last.unwrap_or(lease.checkpoint.clone()) } else { END.into() };
            let Some(renewed) = self.renew(&lease, checkpoint).await? else { break };
            lease = renewed;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}

/// Nobody has it, or nobody renewed it for a while, as far as one saw.
fn is_free(lease: &Lease, seen: &mut Seen) -> bool {
    let now = (lease.renewals, Instant::now());
    let last = seen.entry(lease.shard.shard_id.clone()).and_modify(|last| *last = if last.0 == now.0 { *last } else { now }).or_insert(now);
    lease.worker.is_empty() || last.1.elapsed() > LEASE
}

fn text(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().or(value.as_n()).ok()).cloned().unwrap_or_default()
}
