//! Shard iterators and NextTokens: as they come from clients, and carrying any body under our own key.
#![no_main]

use anabranch_streams::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (i64, &[u8])| {
    let (created_ms, bytes) = input;
    if let Ok(text) = std::str::from_utf8(bytes) {
        fuzzing::token(text);
    }
    fuzzing::token_body(bytes, created_ms);
});
