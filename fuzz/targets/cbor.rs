//! CBOR requests and answers in both dialects, by any operation; the grammar beside minicbor.
#![no_main]

use anabranch_api::{cloudwatch, kinesis};
use anabranch_fuzz::one_of;
use anabranch_wire::Protocol::{Cbor11, Json10, Json11, RpcV2Cbor};
use anabranch_wire::{DEPTH_MAX, cbor};
use libfuzzer_sys::fuzz_target;
use minicbor::Decoder;
use minicbor::data::Type;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, body) = input;
    assert_eq!(cbor::well_formed(body).is_ok(), is_cbor_container(body), "minicbor says otherwise");
    one_of!(
        choice,
        request(Cbor11, body, &[Json11, Cbor11]),
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
        request(RpcV2Cbor, body, &[Json10, RpcV2Cbor]),
        [cloudwatch::PutMetricData, cloudwatch::GetMetricStatistics]
    );
    one_of!(
        choice,
        answer(Cbor11, body, &[]),
        [kinesis::GetRecords, kinesis::PutRecords, kinesis::DescribeStream]
    );
    one_of!(choice, answer(RpcV2Cbor, body, &[]), [cloudwatch::GetMetricStatistics]);
    let error = Cbor11.read_error(None, body.to_vec().into());
    assert!(!error.code.contains(['#', ':']));
});

/// Whether it is one CBOR map or array, and not too deep.
fn is_cbor_container(body: &[u8]) -> bool {
    let mut tokens = Decoder::new(body);
    let container =
        matches!(tokens.datatype(), Ok(Type::Map | Type::MapIndef | Type::Array | Type::ArrayIndef));
    container && item(&mut tokens, DEPTH_MAX).is_some() && tokens.position() == body.len()
}

/// Passes over one item with everything in it.
fn item(tokens: &mut Decoder<'_>, levels: u32) -> Option<()> {
    let at = tokens.position();
    let kind = tokens.datatype().ok()?;
    match kind {
        Type::Tag => {
            tokens.tag().ok()?;
            item(tokens, levels)
        }
        Type::Array | Type::Map => {
            let inside = levels.checked_sub(1)?;
            let length = if kind == Type::Array { tokens.array() } else { tokens.map() }.ok()??;
            let items = if kind == Type::Array { length } else { length.checked_mul(2)? };
            (0..items).try_for_each(|_| item(tokens, inside))
        }
        Type::ArrayIndef | Type::MapIndef => {
            let inside = levels.checked_sub(1)?;
            let map = kind == Type::MapIndef;
            if map { tokens.map() } else { tokens.array() }.ok()?;
            while tokens.datatype().ok()? != Type::Break {
                (0..1 + u8::from(map)).try_for_each(|_| item(tokens, inside))?;
            }
            tokens.skip().ok()
        }
        Type::BytesIndef => tokens.bytes_iter().ok()?.try_for_each(|chunk| chunk.ok().map(drop)),
        Type::StringIndef => tokens.str_iter().ok()?.try_for_each(|chunk| chunk.ok().map(drop)),
        Type::Bytes => tokens.bytes().ok().map(drop),
        Type::String => tokens.str().ok().map(drop),
        // Well-formed only from 32 on (RFC 8949, 3.3), which minicbor does not check.
        Type::Simple if tokens.input().get(at) == Some(&0xf8) && *tokens.input().get(at + 1)? < 32 => None,
        Type::Simple => tokens.simple().ok().map(drop),
        Type::F16 => tokens.f16().ok().map(drop),
        Type::F32 => tokens.f32().ok().map(drop),
        Type::F64 => tokens.f64().ok().map(drop),
        Type::Bool => tokens.bool().ok().map(drop),
        Type::Null => tokens.null().ok(),
        Type::Undefined => tokens.undefined().ok(),
        Type::Break | Type::Unknown(_) => None,
        _ => tokens.int().ok().map(drop),
    }
}
