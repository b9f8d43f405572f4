//! The part of Lambda that streams need. So far an account's limits and what of them is used.
//!
//! Start reading at [`Functions`]; one file per operation.

mod get_account_settings;

use std::sync::Arc;

use anabranch_api::{Register, lambda};

/// Answers the operations of Lambda. There is no function yet, so it keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Functions;

impl Functions {
    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        lambda::register_functions(self, register);
    }
}
