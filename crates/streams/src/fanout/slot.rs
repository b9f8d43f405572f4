use std::sync::{Mutex, PoisonError};

use anabranch_api::kinesis::Error;
use futures_util::task::AtomicWaker;

/// Through which others reach a subscription: to wake it, and to end it.
#[derive(Default)]
pub(crate) struct Slot {
    pub waker: AtomicWaker,
    ending: Mutex<Option<Error>>,
}

impl Slot {
    /// Ends the subscription with this error as its last frame.
    pub fn end(&self, error: Error) {
        *self.lock() = Some(error);
        self.waker.wake();
    }

    /// The error it shall end with.
    pub fn take_ending(&self) -> Option<Error> {
        self.lock().take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
