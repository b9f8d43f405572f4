//! The catalog's keys: where tables, items and index entries stand, and what of their order queries use (docs/formats/tables.md).

use anabranch_catalog::Key;
use anabranch_types::{AccountId, Region};
use aws_lc_rs::digest;
use bytes::{BufMut, Bytes, BytesMut};

use crate::number::Number;
use crate::stored::KeySchema;
use crate::value::{Attributes, Value};

/// Bytes of a partition's digest: of SHA-256, enough that no two partitions share one.
const DIGEST_BYTES: usize = 20;
const ITEMS: &[u8] = b"/tables/items/";
/// Room for most keys.
const KEY_BYTES: usize = 128;
/// Ends a sort key: less than whatever follows in a longer one.
const END: [u8; 2] = [0, 0];
/// Behind every key with a sort key, before every key with a greater one.
const BEHIND: [u8; 2] = [0, 1];
/// Most bytes of an encoded sort key: what the catalog's keys have room for.
pub(crate) const RANGE_BYTES_MAX: usize = 896;

/// An account and region, in which names are unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scope {
    pub account: AccountId,
    pub region: Region,
}

impl Scope {
    /// What the keys of its tables begin with. They come before its items', so that the first key of a scope is text.
    pub fn tables(&self) -> Bytes {
        self.place(&[b"/tables/by-name/"]).freeze()
    }

    pub fn table(&self, name: &str) -> Key {
        self.place(&[b"/tables/by-name/", name.as_bytes()]).freeze()
    }

    /// What the keys of the transactions begin with that are not to be done again.
    pub fn tokens(&self) -> Bytes {
        self.place(&[b"/tables/transactions/"]).freeze()
    }

    pub fn token(&self, token: &str) -> Key {
        self.place(&[b"/tables/transactions/", token.as_bytes()]).freeze()
    }

    /// Everything of the table with this id: its items and those of its indexes.
    pub fn items(&self, table: &[u8; 16]) -> Bytes {
        self.place(&[ITEMS, table]).freeze()
    }

    /// The items of an index; those of the table itself are number 0.
    pub fn index(&self, table: &[u8; 16], number: u32) -> IndexKeys {
        IndexKeys { prefix: self.index_mut(table, number).freeze() }
    }

    fn index_mut(&self, table: &[u8; 16], number: u32) -> BytesMut {
        self.place(&[ITEMS, table, &number.to_be_bytes()])
    }

    /// The key of an item of the table itself.
    pub fn item(&self, table: &[u8; 16], hash: &Value, range: Option<&Value>) -> ItemKey {
        let mut key = self.index_mut(table, 0);
        put_place(&mut key, hash, range);
        ItemKey(key.freeze())
    }

    fn place(&self, parts: &[&[u8]]) -> BytesMut {
        let mut key = BytesMut::with_capacity(KEY_BYTES);
        let scope: [&[u8]; 4] = [b"/", &self.account.digits(), b"/", self.region.as_str().as_bytes()];
        scope.iter().chain(parts).for_each(|part| key.put_slice(part));
        key
    }
}

/// The scope of a table's key and its name; none of other keys.
pub(crate) fn table_of(key: &[u8]) -> Option<(Scope, &str)> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/').skip(1);
    let account = parts.next()?.parse().ok()?;
    let region = Region::parse(parts.next()?)?;
    let is_table = (parts.next()?, parts.next()?) == ("tables", "by-name");
    is_table.then_some((Scope { account, region }, parts.next()?))
}

/// The scope that a key lies in; none of keys that belong to no account.
pub(crate) fn scope_of(key: &[u8]) -> Option<Scope> {
    let mut parts = key.split(|byte| *byte == b'/').skip(1);
    let account = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let region = Region::parse(std::str::from_utf8(parts.next()?).ok()?)?;
    Some(Scope { account, region })
}

/// A key behind every key that shares its first two parts with `key`.
pub(crate) fn next_scope_after(key: &[u8]) -> Key {
    let end = key.iter().enumerate().filter(|(_, b)| **b == b'/').nth(2).map_or(key.len(), |(i, _)| i);
    let mut after = key[..end].to_vec();
    after.push(b'/' + 1);
    after.into()
}

/// The keys of a table's items, or of an index's entries.
#[derive(Clone, Debug)]
pub(crate) struct IndexKeys {
    prefix: Bytes,
}

/// Where an item stands: a partition and a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemKey(pub Key);

impl IndexKeys {
    /// What all of them begin with.
    pub fn all(&self) -> Bytes {
        self.prefix.clone()
    }

    /// What the keys of a partition begin with.
    pub fn partition(&self, hash: &Value) -> Bytes {
        self.place(hash, None).freeze()
    }

    fn place(&self, hash: &Value, range: Option<&Value>) -> BytesMut {
        let mut key = BytesMut::with_capacity(KEY_BYTES);
        key.put_slice(&self.prefix);
        put_place(&mut key, hash, range);
        key
    }

    /// The key of an index's entry for the item with this primary key.
    pub fn entry(&self, hash: &Value, range: Option<&Value>, primary: &ItemKey) -> ItemKey {
        let mut key = self.place(hash, range);
        key.put_slice(&digest::digest(&digest::SHA256, &primary.0).as_ref()[..DIGEST_BYTES]);
        ItemKey(key.freeze())
    }

    /// Where a segment of all partitions begins and ends: what keys are greater than and less than.
    pub fn segment(&self, segment: u32, total: u32) -> (Option<Key>, Option<Key>) {
        let bound = |n: u32| {
            let first = (u64::from(n) << 32) / u64::from(total);
            let mut key = BytesMut::from(&self.prefix[..]);
            key.put_u32(u32::try_from(first).ok()?);
            Some(key.freeze())
        };
        (bound(segment).filter(|_| segment > 0), bound(segment + 1))
    }
}

/// Puts behind an index's prefix what tells an item's partition, and its place in there if it has one.
fn put_place(key: &mut BytesMut, hash: &Value, range: Option<&Value>) {
    key.put_slice(&digest_of(hash));
    if let Some(range) = range {
        key.put_slice(&ordered(range));
        key.put_slice(&END);
    }
}

/// What keys of a partition whose sort key is at least, or greater than, this one are greater than.
pub(crate) fn lower(partition: &Bytes, range: &Value, is_inclusive: bool) -> Key {
    let mut key = BytesMut::from(&partition[..]);
    key.put_slice(&ordered(range));
    if !is_inclusive {
        key.put_slice(&BEHIND);
    }
    key.freeze()
}

/// What keys of a partition whose sort key is at most, or less than, this one are less than.
pub(crate) fn upper(partition: &Bytes, range: &Value, is_inclusive: bool) -> Key {
    let mut key = BytesMut::from(&partition[..]);
    key.put_slice(&ordered(range));
    if is_inclusive {
        key.put_slice(&BEHIND);
    }
    key.freeze()
}

/// What keys of a partition begin with whose sort key begins with this.
pub(crate) fn beginning(partition: &Bytes, start: &Value) -> Bytes {
    lower(partition, start, true)
}

/// Bytes whose order is that of sort keys, and which are no other's beginning with [`END`] behind them.
pub(crate) fn ordered(range: &Value) -> Vec<u8> {
    let plain: &[u8] = match range {
        Value::S(text) => text.as_bytes(),
        Value::B(bytes) => bytes,
        Value::N(number) => return escaped(&number.ordered()),
        _ => &[],
    };
    escaped(plain)
}

fn escaped(plain: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(plain.len() + 2);
    for byte in plain {
        escaped.push(*byte);
        if *byte == 0 {
            escaped.push(u8::MAX);
        }
    }
    escaped
}

fn digest_of(hash: &Value) -> [u8; DIGEST_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(hash.kind().code().as_bytes());
    match hash {
        Value::S(text) => context.update(text.as_bytes()),
        Value::B(bytes) => context.update(bytes),
        Value::N(number) => context.update(&Number::ordered(*number)),
        _ => {}
    }
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&context.finish().as_ref()[..DIGEST_BYTES]);
    digest
}

/// The key attributes of an item, of which all are there.
pub(crate) fn key_values<'a>(
    key: &KeySchema,
    item: &'a Attributes,
) -> Option<(&'a Value, Option<&'a Value>)> {
    let hash = item.get(key.hash.as_str())?;
    match &key.range {
        Some(range) => Some((hash, Some(item.get(range.as_str())?))),
        None => Some((hash, None)),
    }
}
