//! Shard iterators and NextTokens: what we hand out, authenticated, and take back.
//!
//! The outer form is AWS's: base64 of the eight bytes 00…01 and blocks of 16 bytes (recorded by kinesalite). Inside stand version,
//! key id, kind, creation time, a number that makes each token differ from every other, the kind's own bytes, and an HMAC-SHA256
//! over all of it. docs/formats/streams.md shows the bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use anabranch_types::Timestamp;
use anabranch_wire::constant_time::is_equal;
use aws_lc_rs::hmac;

/// What a token is for. One kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A shard iterator.
    Iterator = 1,
    /// ListShards' NextToken.
    Shards = 2,
    /// ListStreams' NextToken.
    Streams = 3,
    /// ListStreamConsumers' NextToken.
    Consumers = 4,
}

/// A token that was ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// When it was made.
    pub created: Timestamp,
    /// The kind's own bytes.
    pub body: Vec<u8>,
}

/// Not a token of that kind that we made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forged;

/// How many bytes a token's key has.
pub(crate) const KEY_BYTES: usize = 32;
/// AWS: API_GetShardIterator: an iterator has at most 512 characters.
const TOKEN_CHARACTERS_MAX: usize = 512;
const OUTER: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 1];
const VERSION: u8 = 1;
const KEY_ID: u8 = 0;
const HEAD_BYTES: usize = 20;
const MAC_BYTES: usize = 16;
const BLOCK_BYTES: usize = 16;

/// Makes and opens tokens under one key, which the catalog keeps and nodes share.
pub(crate) struct Tokens {
    key: hmac::Key,
    count: AtomicU64,
}

impl Tokens {
    /// Tokens under `key`. `first_count` starts the number that makes tokens differ; it should differ from process to process.
    pub fn new(key: &[u8; KEY_BYTES], first_count: u64) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), count: AtomicU64::new(first_count) }
    }

    /// A token that differs from every other one. `body` has at most 255 bytes.
    pub fn seal(&self, kind: TokenKind, body: &[u8], now: Timestamp) -> String {
        let length = u8::try_from(body.len()).expect("no kind of token has more than 255 bytes");
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mut bytes = Vec::with_capacity(OUTER.len() + 4 * BLOCK_BYTES);
        bytes.extend_from_slice(&OUTER);
        bytes.extend_from_slice(&[VERSION, KEY_ID, kind as u8, length]);
        bytes.extend_from_slice(&now.millis().to_be_bytes());
        bytes.extend_from_slice(&count.to_be_bytes());
        bytes.extend_from_slice(body);
        let sealed = (HEAD_BYTES + body.len() + MAC_BYTES).next_multiple_of(BLOCK_BYTES) - MAC_BYTES;
        bytes.resize(OUTER.len() + sealed, 0);
        let mac = hmac::sign(&self.key, &bytes);
        bytes.extend_from_slice(&mac.as_ref()[..MAC_BYTES]);
        base64_simd::STANDARD.encode_to_string(bytes)
    }

    /// What is inside. AWS accepts a token wrapped in double quotes, as it stands in a JSON answer (LocalStack's recordings).
    pub fn open(&self, kind: TokenKind, token: &str) -> Result<Opened, Forged> {
        let token = token.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(token);
        if token.len() > TOKEN_CHARACTERS_MAX {
            return Err(Forged);
        }
        let bytes = base64_simd::STANDARD.decode_to_vec(token).map_err(|_| Forged)?;
        let (signed, mac) = bytes.split_at_checked(bytes.len().saturating_sub(MAC_BYTES)).ok_or(Forged)?;
        let expected = hmac::sign(&self.key, signed);
        if !is_equal(&expected.as_ref()[..MAC_BYTES], mac) {
            return Err(Forged);
        }
        let inner = signed.strip_prefix(&OUTER).ok_or(Forged)?;
        let (head, rest) = inner.split_at_checked(HEAD_BYTES).ok_or(Forged)?;
        if head[..3] != [VERSION, KEY_ID, kind as u8] {
            return Err(Forged);
        }
        let created = i64::from_be_bytes(head[4..12].try_into().map_err(|_| Forged)?);
        let body = rest.get(..usize::from(head[3])).ok_or(Forged)?.to_vec();
        Ok(Opened { created: Timestamp::from_millis(created), body })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

    fn tokens() -> Tokens {
        Tokens::new(&[7; KEY_BYTES], 0)
    }

    #[test]
    fn a_token_has_the_form_of_aws_and_is_never_the_same_twice() {
        let tokens = tokens();
        let (a, b) =
            (tokens.seal(TokenKind::Iterator, b"x", NOW), tokens.seal(TokenKind::Iterator, b"x", NOW));
        assert_ne!(a, b);
        let bytes = base64_simd::STANDARD.decode_to_vec(a).unwrap();
        assert_eq!(bytes[..8], OUTER);
        assert_eq!((bytes.len() - 8) % 16, 0);
    }

    #[test]
    fn double_quotes_around_a_token_are_overlooked() {
        let tokens = tokens();
        let quoted = format!("\"{}\"", tokens.seal(TokenKind::Iterator, b"x", NOW));
        assert_eq!(
            tokens.open(TokenKind::Iterator, &quoted),
            Ok(Opened { created: NOW, body: b"x".to_vec() })
        );
    }

    #[test]
    fn a_token_of_another_kind_or_key_is_forged() {
        let token = tokens().seal(TokenKind::Iterator, b"x", NOW);
        assert_eq!(tokens().open(TokenKind::Shards, &token), Err(Forged));
        assert_eq!(Tokens::new(&[8; KEY_BYTES], 0).open(TokenKind::Iterator, &token), Err(Forged));
        for garbage in ["", "\"", "\"\"", "AAAA", "AAAAAAAAAAE=", "not base64", &"A".repeat(4096)] {
            assert_eq!(tokens().open(TokenKind::Iterator, garbage), Err(Forged), "{garbage}");
        }
    }

    #[test]
    fn the_longest_body_fits_what_aws_lets_a_token_have() {
        assert!(tokens().seal(TokenKind::Iterator, &[0; 255], NOW).len() <= TOKEN_CHARACTERS_MAX);
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_opened(body in proptest::collection::vec(any::<u8>(), 0..256), ms in any::<i64>()) {
            let created = Timestamp::from_millis(ms);
            let token = tokens().seal(TokenKind::Shards, &body, created);
            prop_assert_eq!(tokens().open(TokenKind::Shards, &token), Ok(Opened { created, body }));
        }

        #[test]
        fn a_changed_bit_is_a_forgery(at in 0_usize..72, bit in 0_u8..8) {
            let token = tokens().seal(TokenKind::Iterator, &[1; 20], NOW);
            let mut bytes = base64_simd::STANDARD.decode_to_vec(token).unwrap();
            bytes[at] ^= 1 << bit;
            let changed = base64_simd::STANDARD.encode_to_string(bytes);
            prop_assert_eq!(tokens().open(TokenKind::Iterator, &changed), Err(Forged));
        }
    }
}
