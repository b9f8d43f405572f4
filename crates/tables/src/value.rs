//! What an attribute holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use minicbor::{Decode, Encode};

use crate::number::Number;
use crate::text::Text;

/// The attributes of an item, by name.
pub(crate) type Attributes = BTreeMap<Text, Value>;

/// An attribute's value. Equal as AWS compares: numbers by value, sets without order.
///
/// Its CBOR is stored: a variant is never renumbered.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) enum Value {
    #[n(0)]
    S(#[n(0)] Text),
    #[n(1)]
    N(#[n(0)] Number),
    #[n(2)]
    B(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    #[n(3)]
    Ss(#[n(0)] BTreeSet<Text>),
    #[n(4)]
    Ns(#[n(0)] BTreeSet<Number>),
    #[n(5)]
    Bs(#[n(0)] BTreeSet<Blob>),
    #[n(6)]
    M(#[n(0)] Attributes),
    #[n(7)]
    L(#[n(0)] Vec<Value>),
    #[n(8)]
    Null,
    #[n(9)]
    Bool(#[n(0)] bool),
}

/// A binary value as a member of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Blob(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    S,
    N,
    B,
    Ss,
    Ns,
    Bs,
    M,
    L,
    Null,
    Bool,
}

impl Kind {
    pub const ALL: [Kind; 10] =
        [Kind::S, Kind::N, Kind::B, Kind::Ss, Kind::Ns, Kind::Bs, Kind::M, Kind::L, Kind::Null, Kind::Bool];

    /// As it stands on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Kind::S => "S",
            Kind::N => "N",
            Kind::B => "B",
            Kind::Ss => "SS",
            Kind::Ns => "NS",
            Kind::Bs => "BS",
            Kind::M => "M",
            Kind::L => "L",
            Kind::Null => "NULL",
            Kind::Bool => "BOOL",
        }
    }

    /// As refusals of operands name it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::S => "STRING",
            Kind::N => "NUMBER",
            Kind::B => "BINARY",
            Kind::Ss => "STRING_SET",
            Kind::Ns => "NUMBER_SET",
            Kind::Bs => "BINARY_SET",
            Kind::M => "MAP",
            Kind::L => "LIST",
            Kind::Null => "NULL",
            Kind::Bool => "BOOLEAN",
        }
    }

    /// Whether values of this kind have an order: what a key may be.
    pub fn is_ordered(self) -> bool {
        matches!(self, Kind::S | Kind::N | Kind::B)
    }

    pub fn is_set(self) -> bool {
        matches!(self, Kind::Ss | Kind::Ns | Kind::Bs)
    }
}

impl Value {
    pub fn kind(&self) -> Kind {
        match self {
            Value::S(_) => Kind::S,
            Value::N(_) => Kind::N,
            Value::B(_) => Kind::B,
            Value::Ss(_) => Kind::Ss,
            Value::Ns(_) => Kind::Ns,
            Value::Bs(_) => Kind::Bs,
            Value::M(_) => Kind::M,
            Value::L(_) => Kind::L,
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
        }
    }

    /// Its bytes towards an item's size (HowItWorks, CapacityUnitCalculations).
    pub fn size(&self) -> usize {
        match self {
            Value::S(text) => text.len(),
            Value::N(number) => number.size(),
            Value::B(bytes) => bytes.len(),
            Value::Ss(all) => all.iter().map(|text| text.len()).sum(),
            Value::Ns(all) => all.iter().map(|n| n.size()).sum(),
            Value::Bs(all) => all.iter().map(|b| b.0.len()).sum(),
            Value::M(all) => 3 + all.len() + size_of(all),
            Value::L(all) => 3 + all.iter().map(|v| 1 + v.size()).sum::<usize>(),
            Value::Null | Value::Bool(_) => 1,
        }
    }

    /// What `size` says of it in an expression: bytes of text and binary, elements of the rest; none of what has no size.
    pub fn extent(&self) -> Option<u64> {
        let extent = match self {
            Value::S(text) => text.len(),
            Value::B(bytes) => bytes.len(),
            Value::Ss(all) => all.len(),
            Value::Ns(all) => all.len(),
            Value::Bs(all) => all.len(),
            Value::M(all) => all.len(),
            Value::L(all) => all.len(),
            Value::N(_) | Value::Null | Value::Bool(_) => return None,
        };
        Some(extent as u64)
    }

    /// How it stands to another of the same ordered kind; none where there is no order between them.
    pub fn order(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Value::S(a), Value::S(b)) => Some(a.cmp(b)),
            (Value::N(a), Value::N(b)) => Some(a.cmp(b)),
            (Value::B(a), Value::B(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Whether it holds the other: a part of a text or of bytes, a member of a set, an element of a list.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::S(text), Value::S(part)) => text.contains(part.as_str()),
            (Value::B(bytes), Value::B(part)) => {
                part.is_empty() || bytes.windows(part.len()).any(|window| window == part.as_slice())
            }
            (Value::Ss(all), Value::S(one)) => all.contains(one),
            (Value::Ns(all), Value::N(one)) => all.contains(one),
            (Value::Bs(all), Value::B(one)) => all.iter().any(|b| b.0 == *one),
            (Value::L(all), one) => all.contains(one),
            _ => false,
        }
    }

    pub fn begins_with(&self, start: &Self) -> bool {
        match (self, start) {
            (Value::S(text), Value::S(start)) => text.starts_with(start.as_str()),
            (Value::B(bytes), Value::B(start)) => bytes.starts_with(start),
            _ => false,
        }
    }
}

/// The bytes of an item, names included.
pub(crate) fn size_of(attributes: &Attributes) -> usize {
    attributes.iter().map(|(name, value)| name.len() + value.size()).sum()
}

impl fmt::Debug for Value {
    /// Its kind alone: values are their owner's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().code())
    }
}
