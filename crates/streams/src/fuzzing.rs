//! Doors to what reads tokens and what the catalog holds, for `fuzz/`. They hold it to more than not to panic.

use anabranch_types::Timestamp;

use crate::iterator::Iterator;
use crate::ops::Continuation;
use crate::stored::{StoredConsumer, StoredDataKey, StoredSettings, StoredShard, StoredStream, Value};
use crate::tokens::{KEY_BYTES, Opened, TokenKind, Tokens};

const KINDS: [TokenKind; 4] =
    [TokenKind::Iterator, TokenKind::Shards, TokenKind::Streams, TokenKind::Consumers];

fn tokens(key: u8) -> Tokens {
    Tokens::new(&[key; KEY_BYTES], 0)
}

/// A token from outside is opened neither as what it is not nor under a key that did not seal it.
pub fn token(text: &str) {
    for kind in KINDS {
        assert!(tokens(1).open(kind, text).is_err() || tokens(2).open(kind, text).is_err());
        let as_others = KINDS.into_iter().filter(|k| *k != kind && tokens(1).open(*k, text).is_ok());
        assert!(tokens(1).open(kind, text).is_err() || as_others.count() == 0);
    }
}

/// A token that carries any body is opened, and what is read of the body is what is written.
pub fn token_body(body: &[u8], created_ms: i64) {
    let body = &body[..body.len().min(255)];
    let created = Timestamp::from_millis(created_ms);
    for kind in KINDS {
        let token = tokens(1).seal(kind, body, created);
        assert_eq!(tokens(1).open(kind, &token), Ok(Opened { created, body: body.to_vec() }));
        self::token(&token);
    }
    if let Some(iterator) = Iterator::from_bytes(body) {
        assert_eq!(iterator.to_bytes(), body);
    }
    if let Some(continuation) = Continuation::from_bytes(body) {
        let written = continuation.to_bytes();
        assert_eq!(Continuation::from_bytes(&written).map(|c| c.to_bytes()), Some(written));
    }
}

/// A value of the catalog, of one of its kinds, is written as it was read.
pub fn stored(kind: u8, bytes: &[u8]) {
    match kind % 5 {
        0 => value::<StoredStream>(bytes),
        1 => value::<StoredConsumer>(bytes),
        2 => value::<StoredSettings>(bytes),
        3 => value::<Vec<StoredShard>>(bytes),
        _ => value::<Vec<StoredDataKey>>(bytes),
    }
}

fn value<T: Value + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        assert_eq!(T::from_bytes(&value.to_bytes()).ok().as_ref(), Some(&value));
    }
}
