//! The part of Lambda that streams need. So far an account's limits and what of them is used.
//!
//! Start reading at [`Functions`]; one file per operation.

mod get_account_settings;

/// Answers the operations of Lambda. There is no function yet, so it keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Functions;
