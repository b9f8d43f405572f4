//! Loads that are pushed: subscribers that receive what is put.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anabranch_api::kinesis::{ShardIteratorType, StartingPosition, SubscribeToShard};
use serde_json::json;
use tokio::task::JoinSet;

use anabranch_wire::Protocol;

use super::super::Failure;
use super::bodies::{Bodies, Form, number_in_data};
use super::figures::Counts;
use super::gets::{nanos_since, put_stamped};
use super::server::Server;
use super::stream::{Stream, text};
use super::wire::Wire;
use crate::client::{HttpEndpoint, HttpVersion, Kinesis, Subscription};

const RECORD_BYTES: usize = 1024;
/// AWS: API_RegisterStreamConsumer, 20 consumers of a stream.
const CONSUMERS_MAX: usize = 20;
/// From one put to the next.
const PUT_EVERY: Duration = Duration::from_millis(5);
/// What is on its way when the putting ends has arrived by then.
const LINGER: Duration = Duration::from_millis(100);
const ACTIVE_WITHIN: Duration = Duration::from_secs(30);

/// Subscribers, and a connection that puts.
pub(super) struct Pushed {
    pub(super) stream: Stream,
    putter: (Wire, Bodies),
    origin: Instant,
    seen: Arc<Mutex<Counts>>,
    subscribers: JoinSet<Result<(), Failure>>,
}

impl Pushed {
    /// As many subscribers as asked for: up to twenty consumers of each of as many shards as that takes.
    pub(super) async fn prepare(server: &Server, subscribers: usize) -> Result<Self, Failure> {
        let shards = subscribers.div_ceil(CONSUMERS_MAX);
        let stream = Stream::create(server, shards).await?;
        let consumers = register(server, &stream, subscribers.min(CONSUMERS_MAX)).await?;
        let kinesis = Kinesis::new(HttpEndpoint::new(
            server.target.clone(),
            server.identity.clone(),
            HttpVersion::One,
            None,
        )?);
        let bodies = Bodies::new(Protocol::Json11, Form::One, &stream.name, RECORD_BYTES, 1);
        let mut pushed = Self {
            putter: (Wire::connect(server).await?, bodies),
            origin: Instant::now(),
            seen: Arc::default(),
            subscribers: JoinSet::new(),
            stream,
        };
        let pairs =
            pushed.stream.shards.iter().flat_map(|shard| consumers.iter().map(move |arn| (shard, arn)));
        let mut opened = Vec::new();
        for (shard, consumer) in pairs.take(subscribers) {
            opened.push(kinesis.subscribe(subscribe_to(shard, consumer)).await?);
        }
        for subscription in opened {
            pushed.subscribers.spawn(receive(subscription, pushed.origin, Arc::clone(&pushed.seen)));
        }
        Ok(pushed)
    }

    /// Puts for this long; latencies are from before a put to its event at each subscriber.
    pub(super) async fn run(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let until = Instant::now() + lasts.saturating_sub(LINGER);
        let (wire, bodies) = &mut self.putter;
        put_stamped(wire, bodies, self.origin, PUT_EVERY, until).await?;
        tokio::time::sleep(LINGER).await;
        if let Some(ended) = self.subscribers.try_join_next() {
            ended??;
            return Err("a subscription ended".into());
        }
        Ok(std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

async fn register(server: &Server, stream: &Stream, count: usize) -> Result<Vec<String>, Failure> {
    let mut wire = Wire::connect(server).await?;
    let mut consumers = Vec::new();
    for number in 0..count {
        let request = json!({ "StreamARN": stream.arn, "ConsumerName": format!("consumer-{number}") });
        let answer = wire.call("RegisterStreamConsumer", &request).await?;
        let arn = text(&answer["Consumer"]["ConsumerARN"]);
        let begun = Instant::now();
        loop {
            let described = wire.call("DescribeStreamConsumer", &json!({ "ConsumerARN": arn })).await?;
            if described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE" {
                break;
            }
            if begun.elapsed() > ACTIVE_WITHIN {
                return Err("a consumer was not active in time".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        consumers.push(arn);
    }
    Ok(consumers)
}

fn subscribe_to(shard: &str, consumer: &str) -> SubscribeToShard {
    SubscribeToShard {
        consumer_arn: consumer.into(),
        shard_id: shard.into(),
        starting_position: StartingPosition {
            r#type: ShardIteratorType::Latest,
            ..StartingPosition::default()
        },
        ..SubscribeToShard::default()
    }
}

async fn receive(
    mut subscription: Subscription,
    origin: Instant,
    seen: Arc<Mutex<Counts>>,
) -> Result<(), Failure> {
    while let Some(event) = subscription.next_event().await? {
        let now = nanos_since(origin);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        for record in &event.records {
            let put = number_in_data(&record.data).ok_or("a record does not begin with its time")?;
            seen.records += 1;
            seen.bytes += record.data.len() as u64;
            seen.latencies.note(Duration::from_nanos(now.saturating_sub(put)));
        }
    }
    Ok(())
}
