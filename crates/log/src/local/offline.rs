//! What can be done to a log's directory while no process uses it: verify, dump, repair.

mod dump;
mod mend;
mod repair;
mod survey;
#[cfg(test)]
mod tests;
mod verify;
mod walk;

pub use dump::{DumpedFrame, dump};
pub use mend::Mended;
pub use repair::{Repaired, repair};
pub use verify::{Finding, LostRecords, Progress, Verified, What, verify};

pub use super::frame::FrameKind;
