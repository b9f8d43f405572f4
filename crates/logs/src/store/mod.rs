//! Where events are kept and found again: each log stream is a log of its group's in the record log (docs/formats/logs.md).
//!
//! [`event`] is what stands there, [`place`] where; [`chunks`] knows which part of a stream's log holds which times, so that a [`page`] in
//! the order of time is read without what does not belong to it; [`writing`] puts events.

pub(crate) mod chunks;
pub(crate) mod event;
pub(crate) mod page;
pub(crate) mod place;
pub(crate) mod stream;
pub(crate) mod writing;
