//! Takes the actions of alarms: delivers what waits in the outbox, each notification at least once.
//!
//! ARNs of topics and queues go to the addresses that the configuration names for them, ARNs of streams become records there, put through
//! the door as the role that the configuration names. A target that fails is tried again, later each time, and holds up others no longer than it may
//! take to answer.

mod target;
mod webhook;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::ApiError;
use anabranch_api::kinesis::PutRecord;
use anabranch_catalog::{CatalogError, Key};
use anabranch_cloudwatch::{Alarms, Delivered, Notification};
use anabranch_governance::Door;
use anabranch_streams::Streams;
use anabranch_types::{Arn, StreamArn};
use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::deputy::Deputy;
pub use target::{ALARM_TARGETS_MAX, AlarmTarget};
use webhook::Webhooks;

/// SNS, message delivery retries: as often is a notification tried.
const ATTEMPTS_MAX: u32 = 50;
/// Before the second attempt; twice as long before each one after it.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// At most so long, also between two looks at the outbox.
const RETRY_MAX: Duration = Duration::from_secs(20);
/// Notifications read at a time.
const READ_MAX: usize = 100;
/// Whom roles have to trust: `cloudwatch.amazonaws.com`.
const SERVICE: &str = "cloudwatch";
/// KDS API PutRecord, PartitionKey.
const PARTITION_KEY_CHARS_MAX: usize = 256;

/// What came of trying to deliver a notification.
enum Attempt {
    Taken,
    /// It failed, and may not the next time.
    Again(String),
    GivenUp(String),
}

/// Delivers notifications.
pub struct AlarmActions {
    /// Whose.
    pub alarms: Arc<Alarms>,
    /// Where to topics and queues lead.
    pub targets: Vec<AlarmTarget>,
    /// As whom records are put, by name.
    pub role: Option<String>,
    /// The way into the streams.
    pub door: Door,
    /// Who calls as roles.
    pub deputy: Arc<Deputy>,
    /// The streams.
    pub streams: Arc<Streams>,
}

/// What is known of actions that failed.
#[derive(Default)]
struct Failures {
    /// How often each notification was tried.
    attempts: HashMap<Key, u32>,
    /// When an action may be tried again, and after how long the next time.
    resting: HashMap<String, (Instant, Duration)>,
}

impl AlarmActions {
    /// Delivers whatever comes into the outbox, until dropped.
    pub async fn run(&self) {
        let told = Arc::new(Notify::new());
        let teller = Arc::clone(&told);
        let _watch = self.alarms.watch_outbox(move || teller.notify_one());
        let Some(webhooks) = Webhooks::new() else {
            tracing::error!("TLS cannot be set up: alarms are not delivered");
            return;
        };
        let mut failures = Failures::default();
        loop {
            if let Err(error) = self.deliver_all(&webhooks, &mut failures).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the notifications of alarms cannot be read; they are tried again");
            }
            failures.resting.retain(|_, (until, _)| *until > Instant::now());
            let next = failures.resting.values().map(|(at, _)| *at).min();
            let next = next.unwrap_or_else(|| Instant::now() + RETRY_MAX);
            // Either may be late or early: the outbox tells.
            let _ = tokio::time::timeout_at(next, told.notified()).await;
        }
    }

    /// Tries everything whose action is not resting.
    async fn deliver_all(&self, webhooks: &Webhooks, failures: &mut Failures) -> Result<(), CatalogError> {
        let mut after = None;
        loop {
            let (waiting, next) = self.alarms.waiting(after, READ_MAX).await?;
            for notification in &waiting {
                if failures.is_resting(&notification.action) {
                    continue;
                }
                let attempt = self.deliver(webhooks, notification).await;
                if let Some(became) = failures.judge(notification, attempt) {
                    self.alarms.delivered(notification, &became).await?;
                }
            }
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn deliver(&self, webhooks: &Webhooks, notification: &Notification) -> Attempt {
        let action = notification.action.as_str();
        if let Ok(stream) = action.parse::<StreamArn>() {
            return self.put(&stream, notification).await;
        }
        if let Some(target) = self.targets.iter().find(|target| target.arn() == action) {
            return webhooks.post(target.url(), notification).await;
        }
        let service = action.parse::<Arn>().map(|arn| arn.service.to_string()).unwrap_or_default();
        Attempt::GivenUp(match service.as_str() {
            "sns" | "sqs" => "the server was started without an --alarm-target for this ARN".to_owned(),
            "lambda" => "functions are not implemented by Anabranch".to_owned(),
            other => format!("actions of {other} are not implemented by Anabranch"),
        })
    }

    /// A record with the message, as the role of the alarm's account.
    async fn put(&self, stream: &StreamArn, notification: &Notification) -> Attempt {
        let Some(role) = &self.role else {
            return Attempt::GivenUp("the server was started without --alarm-role".to_owned());
        };
        let region = &notification.region;
        let role = format!("arn:{}:iam::{}:role/{role}", region.partition().as_str(), notification.account);
        let cx = match self.deputy.context(SERVICE, &stream.region, &role).await {
            Ok(cx) => cx,
            Err(refusal) => return refused(&refusal),
        };
        let name = notification.alarm_arn.splitn(7, ':').last().unwrap_or_default();
        let key: String = name.chars().take(PARTITION_KEY_CHARS_MAX).collect();
        let request = PutRecord {
            stream_arn: Some(notification.action.as_str().into()),
            partition_key: Some(key.into()),
            data: Bytes::from(notification.message.clone()),
            ..PutRecord::default()
        };
        match self.door.unary(cx, &self.streams, request).await {
            Ok(_) => Attempt::Taken,
            Err(refusal) => refused(&refusal),
        }
    }
}

/// Too much at a time, and faults of ours, pass; what is not allowed or not there is told at once.
fn refused(refusal: &ApiError) -> Attempt {
    let passes = refusal.status >= 500
        || matches!(&*refusal.code, "ProvisionedThroughputExceededException" | "LimitExceededException")
        || refusal.code.contains("Throttl");
    if passes { Attempt::Again(refusal.to_string()) } else { Attempt::GivenUp(refusal.to_string()) }
}

impl Failures {
    fn is_resting(&self, action: &str) -> bool {
        self.resting.get(action).is_some_and(|(until, _)| Instant::now() < *until)
    }

    /// What is to be noted of the notification; nothing if it is to be tried again.
    fn judge(&mut self, notification: &Notification, attempt: Attempt) -> Option<Delivered> {
        let why = match attempt {
            Attempt::Taken => {
                self.resting.remove(&notification.action);
                self.attempts.remove(&notification.key);
                return Some(Delivered::Taken);
            }
            Attempt::GivenUp(why) => {
                self.attempts.remove(&notification.key);
                return Some(Delivered::GivenUp(why));
            }
            Attempt::Again(why) => why,
        };
        let attempts = self.attempts.entry(notification.key.clone()).or_default();
        *attempts += 1;
        tracing::warn!(action = notification.action, attempts, why, "a notification was not delivered");
        if *attempts >= ATTEMPTS_MAX {
            self.attempts.remove(&notification.key);
            return Some(Delivered::GivenUp(why));
        }
        let before = self.resting.get(&notification.action).map(|(_, pause)| *pause);
        let pause = before.map_or(RETRY_FIRST, |pause| (pause * 2).min(RETRY_MAX));
        self.resting.insert(notification.action.clone(), (Instant::now() + pause, pause));
        None
    }
}
