//! How long a document will be, so that the buffer it is written into need not grow and be copied.

use std::fmt;

use anabranch_types::Timestamp;

use crate::codec::{Encode, Encoder, ListForm, TimestampForm};

/// What surrounds a value: quotes, a comma, the head of an item.
const AROUND_BYTES: usize = 4;
/// What a number, a truth value or a time takes at the most, usually.
const NUMBER_BYTES: usize = 24;
/// What a number that travels as text takes: a sequence number has 56 digits.
const DISPLAYED_BYTES: usize = 64;

/// About how many bytes a value takes in JSON, XML or, without `base64`, CBOR: an estimate that is seldom too low.
pub fn estimate<T: Encode>(value: &T, base64: bool) -> usize {
    let mut counting = Counting { bytes: 0, base64 };
    value.encode(&mut counting);
    counting.bytes
}

/// Writes nothing and counts.
struct Counting {
    bytes: usize,
    base64: bool,
}

impl Counting {
    fn add(&mut self, bytes: usize) {
        self.bytes += bytes + AROUND_BYTES;
    }
}

impl Encoder for Counting {
    fn begin_structure(&mut self) {
        self.add(0);
    }

    fn member(&mut self, name: &'static str) {
        self.add(name.len());
    }

    fn end_structure(&mut self) {}

    fn begin_list(&mut self, _: ListForm, _: usize) {
        self.add(0);
    }

    fn element(&mut self) {}

    fn end_list(&mut self) {}

    fn begin_map(&mut self, _: usize) {
        self.add(0);
    }

    fn key(&mut self, key: &str) {
        self.add(key.len());
    }

    fn end_map(&mut self) {}

    fn string(&mut self, value: &str) {
        self.add(value.len());
    }

    fn display(&mut self, _: &dyn fmt::Display) {
        self.add(DISPLAYED_BYTES);
    }

    fn blob(&mut self, value: &[u8]) {
        self.add(if self.base64 { value.len().div_ceil(3) * 4 } else { value.len() });
    }

    fn long(&mut self, _: i64) {
        self.add(NUMBER_BYTES);
    }

    fn double(&mut self, _: f64) {
        self.add(NUMBER_BYTES);
    }

    fn boolean(&mut self, _: bool) {
        self.add(NUMBER_BYTES);
    }

    fn timestamp(&mut self, _: Timestamp, _: TimestampForm) {
        self.add(NUMBER_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use anabranch_types::Timestamp;
    use bytes::BytesMut;

    use super::*;
    use crate::{Envelope, Protocol};

    /// Records as GetRecords answers them.
    struct Records(usize, usize);

    impl Encode for Records {
        fn encode<E: Encoder>(&self, e: &mut E) {
            e.begin_structure();
            e.member("Records");
            e.begin_list(ListForm::MEMBER, self.0);
            for n in 0..self.0 {
                e.element();
                e.begin_structure();
                e.member("SequenceNumber");
                e.display(&format_args!("{n:056}"));
                e.member("ApproximateArrivalTimestamp");
                e.timestamp(Timestamp::from_millis(1_795_275_600_123), TimestampForm::Default);
                e.member("Data");
                e.blob(&vec![0x5a; self.1]);
                e.member("PartitionKey");
                e.string("a key");
                e.end_structure();
            }
            e.end_list();
            e.end_structure();
        }
    }

    #[test]
    fn an_estimate_is_enough_and_not_much_more() {
        for protocol in [Protocol::Json11, Protocol::Cbor11] {
            for records in
                [Records(0, 0), Records(1, 0), Records(10, 1), Records(100, 1_000), Records(2, 1 << 20)]
            {
                let written = protocol
                    .encode(
                        &records,
                        &Envelope { operation: "", namespace: "", version: "", request_id: "" },
                        BytesMut::new(),
                    )
                    .len();
                let estimate = estimate(&records, protocol == Protocol::Json11);
                assert!(estimate >= written, "{protocol:?}: {estimate} of {written}");
                assert!(estimate <= written + 100 + records.0 * 100, "{protocol:?}: {estimate} of {written}");
            }
        }
    }
}
