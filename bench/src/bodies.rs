use anabranch_wire::Protocol;
use base64_simd::STANDARD;
use bytes::Bytes;
use serde_json::json;

/// Every run sees the same bytes.
const SEED: u64 = 7;

/// PutRecords of `count` records of `record_bytes` each, in JSON or CBOR, their keys different.
pub fn put_records(protocol: Protocol, stream: &str, count: usize, record_bytes: usize) -> Bytes {
    let mut random = fastrand::Rng::with_seed(SEED);
    let records = (0..count).map(|_| (noise(&mut random, record_bytes), key(&mut random)));
    match protocol {
        Protocol::Cbor11 => {
            let mut out = vec![0xbf];
            text(&mut out, "StreamName");
            text(&mut out, stream);
            text(&mut out, "Records");
            out.push(0x9f);
            for (data, key) in records {
                out.push(0xbf);
                member_data_and_key(&mut out, &data, &key);
                out.push(0xff);
            }
            out.extend([0xff, 0xff]);
            Bytes::from(out)
        }
        _ => {
            let records: Vec<_> = records
                .map(|(data, key)| json!({ "Data": STANDARD.encode_to_string(data), "PartitionKey": key }))
                .collect();
            Bytes::from(json!({ "Records": records, "StreamName": stream }).to_string())
        }
    }
}

/// PutRecord of `record_bytes`, in JSON.
pub fn put_record(stream: &str, record_bytes: usize) -> Bytes {
    let mut random = fastrand::Rng::with_seed(SEED);
    let data = STANDARD.encode_to_string(noise(&mut random, record_bytes));
    Bytes::from(json!({ "Data": data, "PartitionKey": key(&mut random), "StreamName": stream }).to_string())
}

/// GetRecords from this iterator on, in JSON.
pub fn get_records(iterator: &str) -> Bytes {
    Bytes::from(json!({ "ShardIterator": iterator, "Limit": 10_000 }).to_string())
}

const LEASE: &str = "shardId-000000000000";
const OWNER: &str = "worker-0:5fa0a4f3-7d3c-4c8e-9f10-1f2ad12a3c55";

/// CreateTable of a lease table, as the KCL makes it.
pub fn lease_table(table: &str) -> Bytes {
    let key = |name: &str| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
    let body = json!({
        "TableName": table,
        "KeySchema": key("leaseKey"),
        "AttributeDefinitions": [
            { "AttributeName": "leaseKey", "AttributeType": "S" },
            { "AttributeName": "leaseOwner", "AttributeType": "S" },
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [{
            "IndexName": "LeaseOwnerToLeaseKeyIndex",
            "KeySchema": key("leaseOwner"),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    });
    Bytes::from(body.to_string())
}

/// PutItem of a lease that somebody holds.
pub fn lease(table: &str) -> Bytes {
    let body = json!({ "TableName": table, "Item": {
        "leaseKey": { "S": LEASE },
        "leaseOwner": { "S": OWNER },
        "leaseCounter": { "N": "1" },
        "checkpoint": { "S": "49590338271490256608559692538361571095921575989136588898" },
        "checkpointSubSequenceNumber": { "N": "0" },
        "ownerSwitchesSinceCheckpoint": { "N": "0" },
        "parentShardId": { "SS": ["shardId-000000000000"] },
        "startingHashKey": { "S": "0" },
        "endingHashKey": { "S": "340282366920938463463374607431768211455" },
        "throughputKBps": { "N": "0.0" },
    } });
    Bytes::from(body.to_string())
}

/// UpdateItem as the KCL renews the lease, but that the counter stays: so one request does for many times.
pub fn renewal(table: &str) -> Bytes {
    let put = |value: &str| json!({ "Value": { "N": value }, "Action": "PUT" });
    let exists = |value: serde_json::Value| json!({ "Value": value, "Exists": true });
    let body = json!({
        "TableName": table,
        "Key": { "leaseKey": { "S": LEASE } },
        "AttributeUpdates": { "leaseCounter": put("1"), "throughputKBps": put("12.5") },
        "Expected": {
            "leaseKey": exists(json!({ "S": LEASE })),
            "leaseCounter": exists(json!({ "N": "1" })),
            "leaseOwner": exists(json!({ "S": OWNER })),
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    Bytes::from(body.to_string())
}

fn noise(random: &mut fastrand::Rng, bytes: usize) -> Vec<u8> {
    std::iter::repeat_with(|| random.u8(..)).take(bytes).collect()
}

fn key(random: &mut fastrand::Rng) -> String {
    format!("{:016x}", random.u64(..))
}

fn member_data_and_key(out: &mut Vec<u8>, data: &[u8], key: &str) {
    text(out, "Data");
    head(out, 2, data.len());
    out.extend_from_slice(data);
    text(out, "PartitionKey");
    text(out, key);
}

fn text(out: &mut Vec<u8>, text: &str) {
    head(out, 3, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// RFC 8949, 3.
fn head(out: &mut Vec<u8>, major: u8, length: usize) {
    match u16::try_from(length) {
        Ok(short @ 0..24) => out.push(major << 5 | short.to_be_bytes()[1]),
        Ok(length) => {
            out.push(major << 5 | 25);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(major << 5 | 27);
            out.extend((length as u64).to_be_bytes());
        }
    }
}
