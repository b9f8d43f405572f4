//! JSON requests and answers, by any operation; the grammar beside serde_json.
#![no_main]

use anabranch_api::{cloudwatch, kinesis, lambda};
use anabranch_fuzz::one_of;
use anabranch_wire::Protocol::{Cbor11, Json10, Json11, RestJson, RpcV2Cbor};
use anabranch_wire::{DEPTH_MAX, json};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, body) = input;
    assert_eq!(json::well_formed(body).is_ok(), is_json_container(body), "serde_json says otherwise");
    one_of!(
        choice,
        request(Json11, body, &[Json11, Cbor11]),
        [
            kinesis::PutRecords,
            kinesis::PutRecord,
            kinesis::GetRecords,
            kinesis::GetShardIterator,
            kinesis::ListShards,
            kinesis::CreateStream,
            kinesis::SubscribeToShard,
            kinesis::AddTagsToStream,
            kinesis::EnableEnhancedMonitoring,
            kinesis::UpdateShardCount,
            kinesis::PutResourcePolicy,
            kinesis::UpdateAccountSettings,
        ]
    );
    one_of!(
        choice,
        request(Json10, body, &[Json10, RpcV2Cbor]),
        [cloudwatch::PutMetricData, cloudwatch::GetMetricStatistics]
    );
    one_of!(
        choice,
        answer(Json11, body, &[]),
        [kinesis::GetRecords, kinesis::PutRecords, kinesis::DescribeStream]
    );
    one_of!(choice, answer(RestJson, body, &[]), [lambda::GetAccountSettings]);
    let error = Json11.read_error(None, body.to_vec().into());
    assert!(!error.code.contains(['#', ':']));
});

/// Whether it is JSON that is an object or an array, and not too deep.
fn is_json_container(body: &[u8]) -> bool {
    let first = body.iter().find(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
    matches!(first, Some(b'{' | b'['))
        && std::str::from_utf8(body).is_ok()
        && serde_json::from_slice::<IgnoredAny>(body).is_ok()
        && depth(body) <= DEPTH_MAX
}

/// The greatest depth of what is known to be JSON.
fn depth(json: &[u8]) -> u32 {
    let (mut depth, mut greatest, mut in_string, mut escaped) = (0, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                greatest = greatest.max(depth);
            }
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    greatest
}
