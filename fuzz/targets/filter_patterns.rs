//! Filter patterns of CloudWatch Logs, and messages that they are asked about: the first line is the pattern, the rest the message.
#![no_main]

use anabranch_logs::fuzz_pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (pattern, message) = input.split_once('\n').unwrap_or((input, input));
    fuzz_pattern(pattern, message);
});
