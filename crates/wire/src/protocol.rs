//! The protocols as one choice: which one a request speaks, and each of the verbs that all of them have.

mod answer;
mod detect;

use bytes::{Bytes, BytesMut};

pub use answer::{ErrorAnswer, Fault, Refusal, RemoteError};

use crate::{Decode, Encode, Malformed, Path, Violations, cbor, json, query, size};

/// A way to write requests, answers and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `application/x-amz-json-1.0`
    Json10,
    /// `application/x-amz-json-1.1`
    Json11,
    /// `application/x-amz-cbor-1.1`, which the SDK for Java speaks to Kinesis by default.
    Cbor11,
    /// Form-urlencoded requests, XML answers.
    Query,
    /// JSON bodies, with members in the path, the query string and headers ([`crate::restjson`]).
    RestJson,
    /// Smithy RPC v2 CBOR.
    RpcV2Cbor,
}

/// Which codecs a service's protocols need. Reading and writing a shape is compiled for these alone.
pub trait Codecs {
    /// JSON in any of its protocols.
    const JSON: bool;
    /// CBOR in either dialect.
    const CBOR: bool;
    /// Query.
    const QUERY: bool;
}

/// Every codec there is, for whoever does not know the service.
pub struct AllCodecs;

impl Codecs for AllCodecs {
    const JSON: bool = true;
    const CBOR: bool = true;
    const QUERY: bool = true;
}

/// What a Query request or answer says beside its members; the other protocols ignore it.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The operation's bare name (`GetCallerIdentity`).
    pub operation: &'a str,
    /// The model's `xmlNamespace`.
    pub namespace: &'a str,
    /// The model's `apiVersion`, which a request names.
    pub version: &'a str,
    /// The answer's request id; empty in a request.
    pub request_id: &'a str,
}

impl Protocol {
    /// The content type of requests and answers (Query answers in XML: [`Protocol::answer_content_type`]).
    pub const fn content_type(self) -> &'static str {
        match self {
            Protocol::Json10 => "application/x-amz-json-1.0",
            Protocol::Json11 => "application/x-amz-json-1.1",
            Protocol::Cbor11 => "application/x-amz-cbor-1.1",
            Protocol::Query => "application/x-www-form-urlencoded; charset=utf-8",
            Protocol::RestJson => "application/json",
            Protocol::RpcV2Cbor => "application/cbor",
        }
    }

    /// The content type of answers.
    pub const fn answer_content_type(self) -> &'static str {
        match self {
            Protocol::Query => "text/xml",
            _ => self.content_type(),
        }
    }

    /// A header that every request and answer of this protocol carries beside its content type.
    pub const fn marker(self) -> Option<(&'static str, &'static str)> {
        match self {
            Protocol::RpcV2Cbor => Some(("smithy-protocol", "rpc-v2-cbor")),
            _ => None,
        }
    }

    /// Whether `body` is a document of this protocol, whatever it says: syntax, UTF-8 and depth. Allocates nothing. AWS answers
    /// SerializationException for what is not before it looks at the signature (kinesalite, test/connection.js).
    pub fn well_formed(self, body: &[u8]) -> Result<(), Malformed> {
        match self {
            Protocol::Json10 | Protocol::Json11 => json::well_formed(body),
            Protocol::RestJson if body.is_empty() => Ok(()),
            Protocol::RestJson => json::well_formed(body),
            Protocol::RpcV2Cbor if body.is_empty() => Ok(()),
            Protocol::Cbor11 | Protocol::RpcV2Cbor => cbor::well_formed(body),
            Protocol::Query => query::well_formed(body),
        }
    }

    /// Reads a request's body. Required members that are missing and strings outside their enum are noted in `violations`. For
    /// REST-JSON this reads the body alone; what stands in other places is read by [`crate::restjson`].
    pub fn decode<T: Decode>(self, body: Bytes, violations: &mut Violations) -> Result<T, Malformed> {
        self.decode_with::<T, AllCodecs>(body, violations)
    }

    /// [`Protocol::decode`] with the codecs of one service; a protocol that needs another is malformed.
    pub fn decode_with<T: Decode, C: Codecs>(
        self,
        body: Bytes,
        violations: &mut Violations,
    ) -> Result<T, Malformed> {
        match self {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
                if C::JSON {
                    return read(&mut json::Decoder::new(self.body_or_empty(body)), violations);
                }
            }
            Protocol::Cbor11 | Protocol::RpcV2Cbor => {
                if C::CBOR {
                    let body = self.body_or_empty(body);
                    return read(&mut cbor::Decoder::new(self.dialect(), body), violations);
                }
            }
            Protocol::Query => {
                if C::QUERY {
                    return read(&mut query::Decoder::new(&body)?, violations);
                }
            }
        }
        Err(Malformed::SYNTAX)
    }

    /// Reads the body of a successful answer.
    pub fn decode_answer<T: Decode>(self, body: Bytes, violations: &mut Violations) -> Result<T, Malformed> {
        match self {
            Protocol::Query => read(&mut query::XmlDecoder::answer(&body)?, violations),
            _ => self.decode(body, violations),
        }
    }

    /// Appends a successful answer's body to `out`.
    pub fn encode<T: Encode>(self, value: &T, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut {
        self.encode_with::<T, AllCodecs>(value, envelope, out)
    }

    /// [`Protocol::encode`] with the codecs of one service; a protocol that needs another writes nothing.
    pub fn encode_with<T: Encode, C: Codecs>(
        self,
        value: &T,
        envelope: &Envelope<'_>,
        out: BytesMut,
    ) -> BytesMut {
        match self {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
                if C::JSON {
                    let mut encoder = json::Encoder::new(out);
                    value.encode(&mut encoder);
                    return encoder.finish();
                }
            }
            Protocol::Cbor11 | Protocol::RpcV2Cbor => {
                if C::CBOR {
                    let mut encoder = cbor::Encoder::new(self.dialect(), out);
                    value.encode(&mut encoder);
                    return encoder.finish();
                }
            }
            Protocol::Query => {
                if C::QUERY {
                    let mut encoder = query::XmlEncoder::answer(envelope, out);
                    value.encode(&mut encoder);
                    return encoder.finish();
                }
            }
        }
        out
    }

    /// [`Protocol::encode_with`] for a value that may be long: makes room for all of it first.
    pub fn encode_long_with<T: Encode, C: Codecs>(
        self,
        value: &T,
        envelope: &Envelope<'_>,
        mut out: BytesMut,
    ) -> BytesMut {
        let base64 = !matches!(self, Protocol::Cbor11 | Protocol::RpcV2Cbor);
        out.reserve(size::estimate(value, base64));
        self.encode_with::<T, C>(value, envelope, out)
    }

    /// Appends a request's body to `out`, for our own clients. For REST-JSON this is the body alone.
    pub fn encode_request<T: Encode>(self, value: &T, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut {
        match self {
            Protocol::Query => {
                let mut encoder = query::Encoder::new(envelope, out);
                value.encode(&mut encoder);
                encoder.finish()
            }
            _ => self.encode(value, envelope, out),
        }
    }

    /// Which CBOR this is.
    const fn dialect(self) -> cbor::Dialect {
        match self {
            Protocol::RpcV2Cbor => cbor::Dialect::RpcV2,
            _ => cbor::Dialect::Cbor11,
        }
    }

    /// The body, or the empty structure where the protocol lets an operation without members send nothing.
    fn body_or_empty(self, body: Bytes) -> Bytes {
        match self {
            Protocol::RestJson if body.is_empty() => Bytes::from_static(b"{}"),
            Protocol::RpcV2Cbor if body.is_empty() => Bytes::from_static(&[0xa0]),
            _ => body,
        }
    }
}

/// Reads one document to its end.
pub(crate) fn read<T: Decode>(
    decoder: &mut impl crate::Decoder,
    violations: &mut Violations,
) -> Result<T, Malformed> {
    T::decode(decoder, &Path::Root, violations)
}
