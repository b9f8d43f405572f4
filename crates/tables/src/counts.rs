//! How many items a table and its indexes hold, and of how many bytes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// By index number, 0 being the table itself; not known until it was counted once since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    known: Mutex<Option<BTreeMap<u32, Count>>>,
}

/// Items and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub items: i64,
    pub bytes: i64,
}

impl Count {
    pub fn of(bytes: usize) -> Self {
        Self { items: 1, bytes: i64::try_from(bytes).unwrap_or(i64::MAX) }
    }
}

impl Counts {
    /// Of a table that was just made.
    pub fn empty() -> Self {
        Self { known: Mutex::new(Some(BTreeMap::new())) }
    }

    pub fn is_known(&self) -> bool {
        self.lock().is_some()
    }

    pub fn set(&self, counted: BTreeMap<u32, Count>) {
        *self.lock() = Some(counted);
    }

    pub fn get(&self, index: u32) -> Count {
        self.lock().as_ref().and_then(|all| all.get(&index).copied()).unwrap_or_default()
    }

    /// Notes what a commit took away and put.
    pub fn note(&self, index: u32, gone: Option<Count>, come: Option<Count>) {
        if let Some(all) = self.lock().as_mut() {
            let count = all.entry(index).or_default();
            let (gone, come) = (gone.unwrap_or_default(), come.unwrap_or_default());
            count.items += come.items - gone.items;
            count.bytes += come.bytes - gone.bytes;
        }
    }

    /// Has everything counted again.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<u32, Count>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
