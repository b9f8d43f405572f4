//! Shard iterators: a place in a shard, sealed in a token.

use anabranch_api::kinesis::Error;
use anabranch_log::{GroupId, LogId, Offset, Position, Timeline};
use anabranch_types::{StreamName, Timestamp};

use crate::Streams;
use crate::errors;
use crate::limits::{ITERATOR_LIFE, NEXT_TOKEN_LIFE};
use crate::tokens::{Opened, TokenKind};

/// A place in a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Iterator {
    pub log: LogId,
    pub position: Position,
    /// The stream's name, for what is told when the stream is gone.
    pub name: StreamName,
}

impl Streams {
    /// A token for a place; every one is different, also for the same place.
    pub(crate) fn seal_iterator(&self, iterator: &Iterator, now: Timestamp) -> String {
        self.tokens.seal(TokenKind::Iterator, &iterator.to_bytes(), now)
    }

    /// The place in a token of ours that has not expired.
    pub(crate) fn open_iterator(&self, token: &str, now: Timestamp) -> Result<Iterator, Error> {
        let opened = self.tokens.open(TokenKind::Iterator, token).map_err(|_| errors::invalid_iterator())?;
        if now > opened.created + ITERATOR_LIFE {
            return Err(errors::iterator_expired(opened.created, now, ITERATOR_LIFE.as_millis()));
        }
        Iterator::from_bytes(&opened.body).ok_or_else(errors::invalid_iterator)
    }

    /// A NextToken of ours that has not expired.
    pub(crate) fn open_next_token(&self, kind: TokenKind, token: &str) -> Result<Opened, Error> {
        let now = self.clock.now();
        let opened = self.tokens.open(kind, token).map_err(|_| errors::invalid_next_token())?;
        if now > opened.created + NEXT_TOKEN_LIFE {
            return Err(errors::next_token_expired(opened.created, now, NEXT_TOKEN_LIFE.as_millis()));
        }
        Ok(opened)
    }
}

impl Iterator {
    pub fn to_bytes(&self) -> Vec<u8> {
        let name = self.name.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(22 + name.len());
        bytes.extend_from_slice(&self.log.group.0.to_be_bytes());
        bytes.extend_from_slice(&self.log.index.to_be_bytes());
        bytes.extend_from_slice(&self.position.timeline.0.to_be_bytes());
        bytes.extend_from_slice(&self.position.offset.0.to_be_bytes());
        bytes.extend_from_slice(name);
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (group, rest) = bytes.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let (timeline, rest) = rest.split_first_chunk()?;
        let (offset, name) = rest.split_first_chunk()?;
        Some(Self {
            log: LogId { group: GroupId(u64::from_be_bytes(*group)), index: u32::from_be_bytes(*index) },
            position: Position {
                timeline: Timeline(u16::from_be_bytes(*timeline)),
                offset: Offset(u64::from_be_bytes(*offset)),
            },
            name: StreamName::parse(std::str::from_utf8(name).ok()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let iterator = Iterator {
            log: LogId { group: GroupId(u64::MAX), index: 7 },
            position: Position { timeline: Timeline(3), offset: Offset(1 << 40) },
            name: "x".repeat(128).parse().unwrap(),
        };
        assert_eq!(Iterator::from_bytes(&iterator.to_bytes()), Some(iterator));
        assert_eq!(Iterator::from_bytes(&[0; 21]), None);
    }
}
