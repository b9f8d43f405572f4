//! DynamoDB's expressions over an item with some of each kind, and its numbers.
#![no_main]

use anabranch_tables::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    match choice % 4 {
        0 => fuzzing::condition(text),
        1 => fuzzing::update(text),
        2 => fuzzing::projection(text),
        _ => {
            let (one, other) = text.split_once(' ').unwrap_or((text, "1"));
            fuzzing::numbers(one, other);
        }
    }
});
