use anabranch_types::Timestamp;
use aws_lc_rs::digest;
use bytes::{BufMut, Bytes, BytesMut};

/// The version of a link (docs/formats/audit.md).
const VERSION: u8 = 1;
/// Bytes of a link.
const BYTES: usize = 2 + 8 + 8 + 32;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// A SHA-256 sum.
pub type Hash = [u8; 32];
/// What comes before the first record.
pub const NOTHING: Hash = [0; 32];

/// What a record of the ledger holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An event.
    Event,
    /// What was under the chain so far, under a MAC.
    Head,
}

/// What ties a record to the one before it; stands in the record's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the record holds.
    pub kind: Kind,
    /// Its number in the ledger, from 1.
    pub sequence: u64,
    /// When it was written, by the Clock.
    pub at: Timestamp,
    /// The hash of the record before it; [`NOTHING`] before the first.
    pub previous: Hash,
}

impl Link {
    /// As it stands in the headers.
    pub fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(BYTES);
        bytes.put_u8(VERSION);
        bytes.put_u8(match self.kind {
            Kind::Event => 1,
            Kind::Head => 2,
        });
        bytes.put_u64(self.sequence);
        bytes.put_i64(self.at.millis());
        bytes.put_slice(&self.previous);
        bytes.freeze()
    }

    /// None for what is no link of a version known here.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version, kind], rest) = bytes.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (at, previous) = rest.split_first_chunk()?;
        let kind = match (version, kind) {
            (VERSION, 1) => Kind::Event,
            (VERSION, 2) => Kind::Head,
            _ => return None,
        };
        Some(Self {
            kind,
            sequence: u64::from_be_bytes(*sequence),
            at: Timestamp::from_millis(i64::from_be_bytes(*at)),
            previous: previous.try_into().ok()?,
        })
    }

    /// The hash of the record with this body: over the link, which has the hash before it, and the body.
    pub fn hash(&self, body: &[u8]) -> Hash {
        let mut sum = digest::Context::new(&digest::SHA256);
        sum.update(&self.encode());
        sum.update(body);
        sum.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// The hour it was written in, counted from the epoch.
    pub fn hour(&self) -> i64 {
        hour(self.at)
    }
}

/// The hour of a time, counted from the epoch.
pub fn hour(at: Timestamp) -> i64 {
    at.millis().div_euclid(HOUR_MS)
}

/// When the hour after this time's begins.
pub fn next_hour(at: Timestamp) -> Timestamp {
    Timestamp::from_millis((hour(at) + 1) * HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_written_and_nothing_else_is() {
        let at = Timestamp::from_millis(1_795_275_600_123);
        let link = Link { kind: Kind::Head, sequence: 7, at, previous: [9; 32] };
        let bytes = link.encode();
        assert_eq!((bytes.len(), Link::decode(&bytes)), (BYTES, Some(link)));
        for changed in [&bytes[..BYTES - 1], &[&[2], &bytes[1..]].concat(), &[&bytes[..], &[0]].concat(), b""]
        {
            assert_eq!(Link::decode(changed), None);
        }
    }

    #[test]
    fn the_hash_is_of_everything() {
        let link = Link { kind: Kind::Event, sequence: 7, at: Timestamp::from_millis(1), previous: [9; 32] };
        let changed = [
            Link { kind: Kind::Head, ..link },
            Link { sequence: 8, ..link },
            Link { at: Timestamp::from_millis(2), ..link },
            Link { previous: [8; 32], ..link },
        ];
        assert_eq!(link.hash(b"a"), link.hash(b"a"));
        assert_ne!(link.hash(b"a"), link.hash(b"b"));
        assert!(changed.iter().all(|other| other.hash(b"a") != link.hash(b"a")));
    }
}
