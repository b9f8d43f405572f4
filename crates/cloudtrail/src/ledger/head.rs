use anabranch_types::{AccountId, Hex, Timestamp};
use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

use super::key::AuditKey;
use super::link::Hash;
use super::{Book, seconds_utc};

/// What the MAC's text begins with, so that nothing else made with the key is ever taken for a head.
const DOMAIN: &str = "anabranch-audit-head-1";

/// How far a ledger had come at the end of an hour, under a MAC: whoever rewrites the ledger without the key cannot make another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Whose ledger it is.
    pub account: String,
    /// `management` or `data`.
    pub ledger: String,
    /// When it was written, in UTC, to the second.
    pub time: String,
    /// The first record still kept then.
    pub first: u64,
    /// The last record before the head.
    pub sequence: u64,
    /// That record's hash, in hexadecimal digits.
    pub hash: String,
    /// HMAC-SHA-256 over all of that, in hexadecimal digits.
    pub mac: String,
}

impl Head {
    /// The head behind this record.
    pub fn new(
        account: AccountId,
        book: Book,
        at: Timestamp,
        first: u64,
        sequence: u64,
        hash: &Hash,
        key: &AuditKey,
    ) -> Self {
        let mut head = Self {
            account: account.to_string(),
            ledger: book.name().to_owned(),
            time: seconds_utc(at),
            first,
            sequence,
            hash: Hex(hash).to_string(),
            mac: String::new(),
        };
        head.mac = Hex(hmac::sign(key.mac(), head.text().as_bytes()).as_ref()).to_string();
        head
    }

    /// Whether it was made with this key and is as it was made.
    pub fn is_genuine(&self, key: &AuditKey) -> bool {
        let mac: Option<Vec<u8>> = (0..self.mac.len())
            .step_by(2)
            .map(|at| self.mac.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        mac.is_some_and(|mac| hmac::verify(key.mac(), self.text().as_bytes(), &mac).is_ok())
    }

    fn text(&self) -> String {
        let Self { account, ledger, time, first, sequence, hash, mac: _ } = self;
        format!("{DOMAIN}\n{account}\n{ledger}\n{time}\n{first}\n{sequence}\n{hash}\n")
    }
}
