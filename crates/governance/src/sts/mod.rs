//! The Security Token Service: who am I. Tokens come with roles.
//!
//! One file per operation.

mod get_caller_identity;

/// Answers the operations of STS. Without state: what it tells is in the call's context.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sts;
