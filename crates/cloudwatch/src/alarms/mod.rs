//! Alarms: what they watch, the state they are in, and who is told when it changes.
//!
//! Start at [`Alarms`]; `ops/` has one file per operation. What decides touches nothing: [`state`] judges datapoints, [`rule`] reads and
//! judges the rules of composite alarms, [`suppression`] holds their actions back, [`reason`] and [`message`] find the words. [`evaluation`]
//! is what runs as time passes, [`transition`] what a change of state consists of, [`outbox`] what waits to be delivered by the server.

mod changes;
mod composites;
mod configure;
mod describe;
mod errors;
mod evaluation;
mod history;
mod keys;
mod limits;
mod message;
mod ops;
mod outbox;
mod page;
mod reason;
mod request;
mod rule;
mod series;
mod service;
mod state;
mod stored;
mod suppression;
mod transition;

pub use outbox::{Delivered, Notification};
pub use service::{Alarms, AlarmsGround, AlarmsOpenError};

#[cfg(test)]
mod tests;
