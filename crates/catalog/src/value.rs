use bytes::Bytes;
use minicbor::{Decode, Encode};

/// The version of values that this program writes and reads.
const VERSION: u8 = 1;

/// Room for most values, so that writing one does not move it again and again.
const ROOM_BYTES: usize = 256;

/// What may stand in the catalog as a value: a version byte, then CBOR with numbered fields. A field is never renumbered; new ones are
/// appended and optional.
pub trait Value: Encode<()> + for<'b> Decode<'b, ()> {
    /// As the catalog keeps it.
    fn to_bytes(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(ROOM_BYTES);
        bytes.push(VERSION);
        minicbor::encode(self, &mut bytes).expect("writing into memory does not fail");
        bytes.into()
    }

    /// From the catalog.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Undecodable> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => minicbor::decode(rest).map_err(Undecodable::Damaged),
            Some((&version, _)) => Err(Undecodable::Version(version)),
            None => Err(Undecodable::Version(0)),
        }
    }
}

impl<T: Encode<()> + for<'b> Decode<'b, ()>> Value for T {}

/// The catalog holds what this program cannot read.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// Another program wrote it, a newer one most likely.
    #[error("it has version {0}, which this version of Anabranch does not know")]
    Version(u8),
    /// It is no CBOR, or not of this value.
    #[error("it is damaged")]
    Damaged(#[source] minicbor::decode::Error),
}

#[cfg(test)]
mod tests {
    use super::{Undecodable, Value};

    #[test]
    fn a_value_of_another_version_is_named_as_such() {
        let mut bytes = 7_u64.to_bytes().to_vec();
        assert_eq!(u64::from_bytes(&bytes).unwrap(), 7);
        bytes[0] = 9;
        assert!(matches!(u64::from_bytes(&bytes), Err(Undecodable::Version(9))));
        assert!(matches!(u64::from_bytes(&[]), Err(Undecodable::Version(0))));
        assert!(matches!(u64::from_bytes(&[1, 0xff]), Err(Undecodable::Damaged(_))));
    }
}
