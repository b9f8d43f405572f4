//! Doors for `fuzz/`.

use bytes::Bytes;

use crate::pattern::Pattern;
use crate::store::event;

/// A pattern and a message from outside: extraction finds something exactly where the pattern matches.
pub fn fuzz_pattern(pattern: &str, message: &str) {
    if let Ok(pattern) = Pattern::parse(pattern) {
        assert_eq!(pattern.extract(message).is_some(), pattern.matches(message));
    }
}

/// What stands in a stream's log is read as it was written.
pub fn fuzz_events(bytes: &[u8]) {
    if let Some(events) = event::decode(Bytes::copy_from_slice(bytes)) {
        assert_eq!(event::encode(&events), bytes);
    }
}
