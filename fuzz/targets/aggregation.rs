//! Aggregated records: any data, any message under a right checksum, and what was taken apart written again.
#![no_main]

use anabranch_streams::aggregation::{self, AGGREGATE_PARTS_MAX, Contents, UserRecord};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use prost::encoding::{WireType, bytes as blob, encode_key, encode_varint, string, uint64};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];

fuzz_target!(|data: &[u8]| {
    unpacked(&Bytes::copy_from_slice(data));
    unpacked(&around(data));
});

/// An aggregate is taken apart into records that, packed again, are the same.
fn unpacked(data: &Bytes) {
    if let Contents::Aggregate(records) = aggregation::unpack(data) {
        assert!(!records.is_empty());
        assert!(records.iter().enumerate().all(|(at, record)| record.sub_sequence_number == at as u64));
        if records.len() > AGGREGATE_PARTS_MAX / 3 {
            return;
        }
        assert_eq!(aggregation::unpack(&around(&packed(&records))), Contents::Aggregate(records));
    }
}

fn around(message: &[u8]) -> Bytes {
    [&MAGIC, message, &Md5::digest(message)].concat().into()
}

/// The records as a message in which each has keys of its own.
fn packed(records: &[UserRecord]) -> Vec<u8> {
    let mut message = Vec::new();
    for record in records {
        string::encode(1, &record.partition_key.to_string(), &mut message);
    }
    let hash_keys = records.iter().filter_map(|record| record.explicit_hash_key);
    for key in hash_keys {
        string::encode(2, &key.to_string(), &mut message);
    }
    let mut hash_keys = 0;
    for (at, record) in records.iter().enumerate() {
        let mut fields = Vec::new();
        uint64::encode(1, &(at as u64), &mut fields);
        if record.explicit_hash_key.is_some() {
            uint64::encode(2, &hash_keys, &mut fields);
            hash_keys += 1;
        }
        blob::encode(3, &record.data, &mut fields);
        encode_key(3, WireType::LengthDelimited, &mut message);
        encode_varint(fields.len() as u64, &mut message);
        message.extend(fields);
    }
    message
}
