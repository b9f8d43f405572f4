//! Protocols: JSON 1.0 and 1.1, CBOR (x-amz-cbor-1.1 and Smithy RPC v2), REST-JSON, Query/XML, event streams, SigV4.
//!
//! A shape of an API is read through [`Decoder`] and written through [`Encoder`]; each protocol implements the two
//! once, and the generated code of `anabranch-api` is written once for all of them. [`Protocol`] chooses among them. Knows no service.
//!
//! Start reading at [`Protocol`]; [`sigv4`] stands for itself.

mod arena;
mod base64;
pub mod cbor;
mod checksum;
mod codec;
pub mod constant_time;
pub mod eventstream;
pub mod json;
mod mismatch;
mod percent;
mod protocol;
pub mod query;
pub mod restjson;
pub mod sigv4;
mod size;
#[cfg(test)]
mod tests;
mod text;
mod time;
pub mod transcript;
mod violations;

pub use checksum::crc32;
pub use codec::{DEPTH_MAX, Decode, Decoder, Encode, Encoder, ListForm, Malformed, TimestampForm};
pub use protocol::{AllCodecs, Codecs, Envelope, ErrorAnswer, Fault, Protocol, Refusal, RemoteError};
pub use violations::{Path, Violations};
