use std::collections::BTreeMap;
use std::fmt;

use anabranch_types::{AccountId, Hex};

use super::{AuditKey, Book, Hash, Head, Kind, Link};

/// Reads a ledger from its first record to its last and finds out what was changed since it was written.
///
/// Without the key only the chain is verified: whoever computed it anew is found out by the key alone, or by heads that were kept elsewhere.
pub struct Verifier<'a> {
    account: String,
    book: Book,
    key: Option<&'a AuditKey>,
    /// Heads that are known from elsewhere and did not come yet, by the number of their last record. Where two differ, one of them is wrong.
    known: BTreeMap<u64, Vec<Head>>,
    /// The number of the first record; 0 before it came.
    first: u64,
    last: Option<(Link, Hash)>,
    latest: Option<Head>,
    /// Heads of another key behind the last one of this key.
    of_other_keys: Vec<u64>,
    seen: Verified,
}

/// What was read and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Events.
    pub events: u64,
    /// Heads.
    pub heads: u64,
    /// Those of them that were made with another key, before the first one with this key: with the one that the server had before.
    pub earlier_heads: u64,
    /// Events behind the last head, which no MAC covers yet.
    pub unsealed: u64,
    /// What is wrong: what is seen from one record to the next in the order of the ledger, then what is seen at its end.
    pub findings: Vec<Finding>,
}

/// Something that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Finding {
    /// A record without a link.
    Unreadable { after: u64 },
    /// Records are missing, or stand elsewhere.
    Sequence { expected: u64, found: u64 },
    /// The record before this one is not the one that was there when this one was written.
    Broken { sequence: u64 },
    /// A time before that of the record before it.
    Backwards { sequence: u64 },
    /// An hour ended without a head.
    HeadMissing { before: u64 },
    /// No head, or one that does not say what stands before it.
    HeadWrong { sequence: u64 },
    /// A head that was not made with the key, nor vouched for by a later one that was.
    HeadForged { sequence: u64 },
    /// A head of another ledger.
    HeadForeign { sequence: u64, account: String, ledger: String },
    /// The beginning was taken away: by the heads there should be more.
    BeginsLate { first: u64, expected: u64 },
    /// A head that is known from elsewhere is not there, or says something else.
    HeadUnlike { sequence: u64, time: String },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Unreadable { after } => {
                write!(f, "behind record {after} stands one that is no audit record")
            }
            Finding::Sequence { expected, found } => {
                write!(f, "record {expected} is not there: record {found} stands in its place")
            }
            Finding::Broken { sequence } => {
                write!(f, "what stands before record {sequence} is not what stood there when it was written")
            }
            Finding::Backwards { sequence } => write!(f, "record {sequence} is older than the one before it"),
            Finding::HeadMissing { before } => {
                write!(f, "an hour ended before record {before} without a head")
            }
            Finding::HeadWrong { sequence } => {
                write!(f, "head {sequence} does not say what stands before it")
            }
            Finding::HeadForged { sequence } => write!(f, "head {sequence} was not made with the audit key"),
            Finding::HeadForeign { sequence, account, ledger } => {
                write!(f, "head {sequence} is of the {ledger} ledger of account {account}")
            }
            Finding::BeginsLate { first, expected } => {
                write!(f, "the ledger begins with record {first} where record {expected} should be kept")
            }
            Finding::HeadUnlike { sequence, time } => {
                write!(f, "the head of {time} behind record {sequence}, known from elsewhere, is not there")
            }
        }
    }
}

impl<'a> Verifier<'a> {
    /// Of one ledger. `known`: heads kept elsewhere, such as the catalog's latest and those that were sent out.
    pub fn new(
        account: AccountId,
        book: Book,
        key: Option<&'a AuditKey>,
        known: impl IntoIterator<Item = Head>,
    ) -> Self {
        let account = account.to_string();
        let of_this = |head: &Head| head.account == account && head.ledger == book.name();
        let mut by_sequence: BTreeMap<u64, Vec<Head>> = BTreeMap::new();
        for head in known.into_iter().filter(of_this) {
            let same = by_sequence.entry(head.sequence).or_default();
            if !same.contains(&head) {
                same.push(head);
            }
        }
        let known = by_sequence;
        Self {
            account,
            book,
            key,
            known,
            first: 0,
            last: None,
            latest: None,
            of_other_keys: Vec::new(),
            seen: Verified::default(),
        }
    }

    /// The next record: its headers and its data.
    pub fn take(&mut self, headers: &[u8], body: &[u8]) {
        let Some(link) = Link::decode(headers) else {
            let after = self.last.map_or(0, |(last, _)| last.sequence);
            return self.find(Finding::Unreadable { after });
        };
        self.compare(&link);
        match link.kind {
            Kind::Event => {
                self.seen.events += 1;
                self.seen.unsealed += 1;
            }
            Kind::Head => {
                self.seen.heads += 1;
                self.seen.unsealed = 0;
                self.take_head(&link, body);
            }
        }
        self.last = Some((link, link.hash(body)));
    }

    /// What was found, once every record was taken.
    pub fn finish(mut self) -> Verified {
        for sequence in std::mem::take(&mut self.of_other_keys) {
            self.find(Finding::HeadForged { sequence });
        }
        let newest = self.known.values().flatten().chain(&self.latest).max_by_key(|head| head.sequence);
        // What comes before was let go. It leaves with its segments: more may still be there.
        let expected = newest.map_or(1, |head| head.first);
        if self.first > expected {
            self.find(Finding::BeginsLate { first: self.first, expected });
        }
        let missing = std::mem::take(&mut self.known).split_off(&expected);
        for Head { sequence, time, .. } in missing.into_values().flatten() {
            self.find(Finding::HeadUnlike { sequence, time });
        }
        self.seen
    }

    /// A record with the one before it.
    fn compare(&mut self, link: &Link) {
        let sequence = link.sequence;
        let Some((last, hash)) = self.last else {
            if sequence == 1 && link.previous != super::link::NOTHING {
                self.find(Finding::Broken { sequence });
            }
            self.first = sequence;
            return;
        };
        if sequence != last.sequence + 1 {
            self.find(Finding::Sequence { expected: last.sequence + 1, found: sequence });
        } else if link.previous != hash {
            self.find(Finding::Broken { sequence });
        }
        if link.at < last.at {
            self.find(Finding::Backwards { sequence });
        }
        if link.hour() != last.hour() && link.kind == Kind::Event {
            self.find(Finding::HeadMissing { before: sequence });
        }
    }

    fn take_head(&mut self, link: &Link, body: &[u8]) {
        let sequence = link.sequence;
        let Ok(head) = serde_json::from_slice::<Head>(body) else {
            return self.find(Finding::HeadWrong { sequence });
        };
        if head.account != self.account || head.ledger != self.book.name() {
            let Head { account, ledger, .. } = head;
            return self.find(Finding::HeadForeign { sequence, account, ledger });
        }
        let is_genuine = self.key.is_none_or(|key| head.is_genuine(key));
        if !is_genuine {
            self.of_other_keys.push(sequence);
        } else if head.sequence + 1 != sequence || head.hash != Hex(&link.previous).to_string() {
            self.find(Finding::HeadWrong { sequence });
        } else {
            // By its hash it vouches for all before it: those heads stood there, and were made with an earlier key.
            self.seen.earlier_heads += std::mem::take(&mut self.of_other_keys).len() as u64;
        }
        for known in self.known.remove(&head.sequence).unwrap_or_default() {
            if known != head {
                self.find(Finding::HeadUnlike { sequence: head.sequence, time: known.time });
            }
        }
        self.latest = Some(head);
    }

    fn find(&mut self, finding: Finding) {
        self.seen.findings.push(finding);
    }
}

#[cfg(test)]
mod tests;
