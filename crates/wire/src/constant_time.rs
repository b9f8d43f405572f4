//! Comparing secrets.

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// Whether two secrets, MACs or signatures are the same, in a time that does not depend on where they differ; it does on how long they
/// are. Every comparison of such goes through here: the tests look for others.
pub fn is_equal(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests;
