use std::borrow::Cow;
use std::fmt;

use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;

use crate::{Path, Violations};

/// The document is not what the protocol or the shape's type demands: AWS's SerializationException.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Malformed {
    /// What AWS's SerializationException says; none where AWS says nothing (a body that is not well-formed, recorded by kinesalite,
    /// test/connection.js).
    pub message: Option<Cow<'static, str>>,
}

impl Malformed {
    /// Not well-formed: AWS names no reason.
    pub const SYNTAX: Malformed = Malformed { message: None };

    /// Refused for this reason.
    pub fn because(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: Some(message.into()) }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_deref().unwrap_or("the document is not well-formed"))
    }
}

impl std::error::Error for Malformed {}

/// How deep structures, lists and maps may stand in each other, in every protocol. DynamoDB nests attributes 32 levels
/// deep (AWS: "Service, account, and table quotas"), each being a structure with a list or a map in it.
pub const DEPTH_MAX: u32 = 100;

/// How a timestamp is written where a protocol leaves the choice to the model (`timestampFormat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampForm {
    /// What the protocol does when the model is silent: JSON seconds as a number with milliseconds as fraction, CBOR 1.1 tag 1
    /// with integer milliseconds, RPC v2 tag 1 with seconds, Query and XML ISO 8601.
    Default,
    /// `unixTimestamp`
    EpochSeconds,
    /// `iso8601`
    Iso8601,
    /// `rfc822`
    HttpDate,
}

/// How a list is written in Query and XML; JSON and CBOR have one way and ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListForm {
    /// The name of an element, `member` unless the model says otherwise.
    pub element: &'static str,
    /// Whether elements stand in the structure itself, without a list around them.
    pub flattened: bool,
}

impl ListForm {
    /// `Name.member.1`
    pub const MEMBER: ListForm = ListForm { element: "member", flattened: false };
}

/// Reads a document of one protocol, value by value, in the document's order.
///
/// Members, elements and entries whose value is null count as absent and are passed over, as are unknown members. Strings and
/// blobs are slices of buffers shared by the whole request: reading allocates nothing per value. Depth is bounded
/// by each implementation. A value of the wrong type is [`Malformed`], worded as AWS words it.
pub trait Decoder {
    /// Enters a structure.
    fn begin_structure(&mut self) -> Result<(), Malformed>;
    /// The index in `names` of the next known member whose value is not null; `None` at the end, which leaves the structure.
    fn next_member(&mut self, names: &'static [&'static str]) -> Result<Option<usize>, Malformed>;
    /// Enters a list.
    fn begin_list(&mut self, form: ListForm) -> Result<(), Malformed>;
    /// Whether there is another element, which is then read next; `false` leaves the list.
    fn next_element(&mut self) -> Result<bool, Malformed>;
    /// Enters a map.
    fn begin_map(&mut self) -> Result<(), Malformed>;
    /// The next key, whose value is then read; `None` leaves the map.
    fn next_key(&mut self) -> Result<Option<ByteString>, Malformed>;

    /// A string.
    fn string(&mut self) -> Result<ByteString, Malformed>;
    /// A blob, base64 undone where the protocol has it.
    fn blob(&mut self) -> Result<Bytes, Malformed>;
    /// An integer that fits 32 bits (the model's `integer`).
    fn integer(&mut self) -> Result<i32, Malformed>;
    /// An integer that fits 64 bits (the model's `long`).
    fn long(&mut self) -> Result<i64, Malformed>;
    /// A floating-point number (the model's `float` and `double`).
    fn double(&mut self) -> Result<f64, Malformed>;
    /// `true` or `false`.
    fn boolean(&mut self) -> Result<bool, Malformed>;
    /// A time.
    fn timestamp(&mut self, form: TimestampForm) -> Result<Timestamp, Malformed>;
}

/// Writes a document of one protocol. Calls come in document order and are balanced; absent members are not written.
pub trait Encoder {
    /// Enters a structure.
    fn begin_structure(&mut self);
    /// The name of the member whose value is written next.
    fn member(&mut self, name: &'static str);
    /// Says that the value written next is one that the model calls sensitive. Documents hold it like any other.
    fn secret(&mut self) {}
    /// Leaves it.
    fn end_structure(&mut self);
    /// Enters a list of `len` elements.
    fn begin_list(&mut self, form: ListForm, len: usize);
    /// Announces the element that is written next.
    fn element(&mut self);
    /// Leaves it.
    fn end_list(&mut self);
    /// Enters a map of `len` entries.
    fn begin_map(&mut self, len: usize);
    /// The key whose value is written next.
    fn key(&mut self, key: &str);
    /// Leaves it.
    fn end_map(&mut self);

    /// A string.
    fn string(&mut self, value: &str);
    /// A string made by `Display` without an allocation: numbers that travel as text. It holds no character that needs escaping.
    fn display(&mut self, value: &dyn fmt::Display);
    /// A blob, as base64 where the protocol has it.
    fn blob(&mut self, value: &[u8]);
    /// An integer.
    fn long(&mut self, value: i64);
    /// A floating-point number.
    fn double(&mut self, value: f64);
    /// `true` or `false`.
    fn boolean(&mut self, value: bool);
    /// A time.
    fn timestamp(&mut self, value: Timestamp, form: TimestampForm);
}

/// A shape that can be read. `Default` is the placeholder that stands where a violation was noted; a value with violations
/// is never seen by a service.
pub trait Decode: Sized {
    /// Reads one value, which stands at `at`. A missing required member or a string outside an enum is noted in `violations`; what
    /// lengths, ranges and patterns forbid is noted by the shape's own check afterwards.
    fn decode<D: Decoder>(d: &mut D, at: &Path<'_>, violations: &mut Violations) -> Result<Self, Malformed>;
}

/// A shape that can be written.
pub trait Encode {
    /// Writes the value.
    fn encode<E: Encoder>(&self, e: &mut E);
}

/// An operation without input reads nothing.
impl Decode for () {
    fn decode<D: Decoder>(_: &mut D, _: &Path<'_>, _: &mut Violations) -> Result<Self, Malformed> {
        Ok(())
    }
}

/// An operation without output writes nothing: an empty body, in Query an answer without a result.
impl Encode for () {
    fn encode<E: Encoder>(&self, _: &mut E) {}
}
