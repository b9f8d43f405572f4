//! CBOR (RFC 8949) in its two AWS dialects; minicbor writes the tokens.

mod decode;
mod encode;
mod head;
mod scan;

pub use decode::Decoder;
pub use encode::Encoder;
pub use scan::well_formed;

/// Where the two differ: timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// x-amz-cbor-1.1: tag 1 with *integer milliseconds*, which is not what RFC 8949 says tag 1 means (aws/aws-sdk-java-v2#4661,
    /// localstack/localstack#11286).
    Cbor11,
    /// Smithy RPC v2 CBOR: tag 1 with seconds, a float when there is a fraction (Smithy, "Smithy RPC v2 CBOR protocol").
    RpcV2,
}

/// Tag 1: time since the epoch (RFC 8949, 3.4.2).
const TAG_EPOCH: u64 = 1;
