//! Enhanced fan-out: records are pushed to subscribers as they are published, never polled for.
//!
//! A [`Hub`] stands at each shard with subscribers: it follows the shard's log and wakes them, and lets those who stand at the same place
//! share one read and one frame. A [`Subscription`] is a stream of frames that its connection pulls: it holds a place in the shard and no
//! thread, no task and no timer; a slow reader costs the one frame its connection has not sent, and all of them together at most
//! [`EventMemory`]. Alarms (heartbeats, ends, throughput)
//! stand in one list for all subscriptions, [`Subscriptions`], which is visited when the Clock says so.

mod event;
mod hub;
mod memory;
mod reading;
mod slot;
mod subscription;
mod subscriptions;

pub(crate) use hub::{Hub, follow};
pub use memory::EventMemory;
pub(crate) use slot::Slot;
pub(crate) use subscription::Subscription;
pub(crate) use subscriptions::{HeartBeats, SubscriberId, Subscriptions};

use std::time::Duration;

/// A subscriber hears something at least this often: AWS sends an event every five seconds, this leaves time for its way.
const HEARTBEAT: Duration = Duration::from_millis(4_000);
/// Alarms are rounded up to this, so that those of many subscriptions fall together.
const ALARM_STEP_MS: i64 = 250;
/// An event carries at most so much data and keys, but at least one record.
const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// An event carries at most so many records.
const EVENT_RECORDS_MAX: usize = 10_000;
/// A hub knows the last so many events that were read, for subscribers who stand where one of them begins.
const HUB_EVENTS_MAX: usize = 64;
