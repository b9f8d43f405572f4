//! Frames of the write-ahead log, their checksums right: headers, records, segments.
#![no_main]

use anabranch_log::local::fuzzing;
use libfuzzer_sys::fuzz_target;

/// Four blocks: what is wrong in one has others behind it.
const SEGMENT_BYTES: usize = 4 * 4096;

fuzz_target!(|input: (u64, u32, &[u8])| {
    let (place, count, bytes) = input;
    fuzzing::header(bytes);
    fuzzing::records(bytes, place, count);
    let mut segment = vec![0; SEGMENT_BYTES];
    // Three frames of its own, then what is given, over and over at the places where frames begin.
    let mut at = 4096;
    for part in bytes.chunks(bytes.len().div_ceil(3).max(1)) {
        let frame = fuzzing::frame(u64::from(count).wrapping_add(at as u64), b"0123456789ab");
        put(&mut segment, at, &frame);
        put(&mut segment, at + frame.len(), part);
        at += 4096;
    }
    fuzzing::segment(&segment, u64::from(count), place);
    fuzzing::segment(&segment, place, u64::from(count));
});

fn put(segment: &mut [u8], at: usize, bytes: &[u8]) {
    let end = segment.len().min(at + bytes.len());
    segment[at..end].copy_from_slice(&bytes[..end - at]);
}
