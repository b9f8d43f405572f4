//! What every [`RecordLog`](crate::RecordLog) must do, whatever keeps its records.
//!
//! An implementation's tests call [`run_all`] with a way to open a log; each check gets a place of its own.

mod checks;
mod wait;

use std::sync::Arc;

use anabranch_types::Clock;

use crate::{BoxFuture, RecordLog};

pub use wait::block_on;

/// Where a check's log lives: opened, dropped and opened again, it is the same log.
pub trait Place: Send + Sync {
    /// Opens the log, which has been shut down or dropped if it was open before.
    fn open(&self) -> Arc<dyn RecordLog>;
    /// The clock that the log asks; a test clock.
    fn clock(&self) -> Clock;
}

/// One check.
#[derive(Clone, Copy)]
pub struct Check {
    /// What must hold, as a sentence.
    pub name: &'static str,
    /// Panics if it does not.
    pub run: fn(Arc<dyn Place>) -> BoxFuture<'static, ()>,
}

/// Every check.
pub fn all() -> Vec<Check> {
    checks::ALL.to_vec()
}

/// Runs every check, each in a new place; panics at the first that fails. How many ran.
pub fn run_all(new_place: impl Fn() -> Arc<dyn Place>) -> usize {
    let checks = all();
    for check in &checks {
        println!("{}", check.name);
        block_on((check.run)(new_place()));
    }
    checks.len()
}
