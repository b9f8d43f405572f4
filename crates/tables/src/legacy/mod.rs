//! The parameters of before there were expressions (LegacyConditionalParameters): what the KCL speaks.

mod conditions;
mod expected;
mod updates;

pub(crate) use conditions::{Conditions, conditions, filter};
pub(crate) use expected::expected;
pub(crate) use updates::updates;

#[cfg(test)]
mod tests;
