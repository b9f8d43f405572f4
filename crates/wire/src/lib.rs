//! Protocols: JSON 1.0 and 1.1, CBOR (x-amz-cbor-1.1 and Smithy RPC v2), REST-JSON, Query/XML, event streams, SigV4.
//!
//! A shape of an API is read through [`Decoder`] and written through [`Encoder`]; each protocol implements the two
//! once, and the generated code of `anabranch-api` is written once for all of them. Knows no service.

mod codec;
mod violations;

pub use codec::{Decode, Decoder, Encode, Encoder, ListForm, Malformed, TimestampForm};
pub use violations::{Path, Violations};
