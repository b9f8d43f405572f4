use anabranch_log::NewRecord;
use anabranch_types::Timestamp;
use bytes::Bytes;

use super::super::link::NOTHING;
use super::*;

const ACCOUNT: &str = "111111111111";
/// 2026-11-21T15:40:00Z
const T0_MS: i64 = 1_795_275_600_000;
const HOUR_MS: i64 = 3_600_000;

fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

fn key() -> AuditKey {
    AuditKey::new(&[7; 32])
}

/// Writes a ledger as the writer does: so many events an hour, and a head behind each hour, under a key.
struct Author {
    records: Vec<NewRecord>,
    heads: Vec<Head>,
    tip: (u64, Hash),
    key: AuditKey,
    account: AccountId,
}

impl Author {
    fn new(key: AuditKey) -> Self {
        Self { records: Vec::new(), heads: Vec::new(), tip: (0, NOTHING), key, account: account() }
    }

    fn push(&mut self, kind: Kind, at_ms: i64, body: Vec<u8>) {
        let (last, previous) = self.tip;
        let link = Link { kind, sequence: last + 1, at: Timestamp::from_millis(at_ms), previous };
        self.tip = (last + 1, link.hash(&body));
        self.records.push(NewRecord { headers: link.encode(), data: body.into(), ..NewRecord::default() });
    }

    fn head(&mut self, at_ms: i64) {
        let at = Timestamp::from_millis(at_ms);
        let (sequence, hash) = self.tip;
        let head = Head::new(self.account, Book::Management, at, 1, sequence, &hash, &self.key);
        self.push(Kind::Head, at_ms, serde_json::to_vec(&head).unwrap());
        self.heads.push(head);
    }
}

/// Three hours of three events, and two events more.
fn written_by(mut author: Author) -> Author {
    for hour in 0..4 {
        let events = if hour == 3 { 2 } else { 3 };
        for event in 0..events {
            author.push(Kind::Event, T0_MS + hour * HOUR_MS + event, format!("{hour}.{event}").into());
        }
        if hour < 3 {
            author.head(T0_MS + hour * HOUR_MS + 1000 + 20 * 60_000);
        }
    }
    author
}

fn written() -> Author {
    written_by(Author::new(key()))
}

fn verify(records: &[NewRecord], known: &[Head]) -> Verified {
    let key = key();
    let mut verifier = Verifier::new(account(), Book::Management, Some(&key), known.iter().cloned());
    for record in records {
        verifier.take(&record.headers, &record.data);
    }
    verifier.finish()
}

fn found(records: &[NewRecord], known: &[Head]) -> Vec<Finding> {
    verify(records, known).findings
}

/// The chain computed anew, as somebody would who has no key: heads keep what they say.
fn rechained(records: &[NewRecord]) -> Vec<NewRecord> {
    let mut author = Author::new(key());
    for record in records {
        let link = Link::decode(&record.headers).unwrap();
        author.push(link.kind, link.at.millis(), record.data.to_vec());
    }
    author.records
}

fn with_body(record: &NewRecord, body: &'static str) -> NewRecord {
    NewRecord { data: Bytes::from_static(body.as_bytes()), ..record.clone() }
}

#[test]
fn what_nobody_changed_is_whole() {
    let Author { records, heads, .. } = written();
    let verified = verify(&records, &heads);
    assert_eq!(verified, Verified { events: 11, heads: 3, unsealed: 2, ..Verified::default() });
}

#[test]
fn a_changed_event_breaks_the_chain() {
    let mut records = written().records;
    records[1] = with_body(&records[1], "another");
    assert_eq!(found(&records, &[]), [Finding::Broken { sequence: 3 }]);
}

#[test]
fn a_changed_event_under_a_chain_computed_anew_is_found_by_the_head() {
    let mut records = written().records;
    records[1] = with_body(&records[1], "another");
    let wrong = |sequence| Finding::HeadWrong { sequence };
    assert_eq!(found(&rechained(&records), &[]), [wrong(4), wrong(8), wrong(12)]);
}

#[test]
fn heads_made_anew_with_another_key_are_found() {
    let forged = |sequence| Finding::HeadForged { sequence };
    let records = written_by(Author::new(AuditKey::new(&[8; 32]))).records;
    assert_eq!(found(&records, &[]), [forged(4), forged(8), forged(12)]);
}

#[test]
fn heads_of_the_key_before_are_vouched_for_by_those_of_this_key() {
    let mut author = written_by(Author::new(AuditKey::new(&[8; 32])));
    author.key = key();
    author.head(T0_MS + 3 * HOUR_MS + 10);
    let verified = verify(&author.records, &[]);
    assert_eq!(
        verified,
        Verified { events: 11, heads: 4, earlier_heads: 3, unsealed: 0, findings: Vec::new() }
    );
    author.records[1] = with_body(&author.records[1], "another");
    let wrong = found(&rechained(&author.records), &[]);
    assert_eq!(wrong[0], Finding::HeadWrong { sequence: 15 }, "its hash is of all that was before");
    assert!(wrong.contains(&Finding::HeadForged { sequence: 4 }));
    author.key = AuditKey::new(&[8; 32]);
    author.head(T0_MS + 3 * HOUR_MS + 20);
    assert!(
        found(&author.records, &[]).contains(&Finding::HeadForged { sequence: 16 }),
        "nobody goes back to it"
    );
}

#[test]
fn an_event_taken_away_is_missed() {
    let mut records = written().records;
    records.remove(1);
    assert_eq!(found(&records, &[]), [Finding::Sequence { expected: 2, found: 3 }]);
    assert_eq!(found(&rechained(&records), &[])[0], Finding::HeadWrong { sequence: 3 });
}

#[test]
fn an_event_put_in_is_found() {
    let mut records = written().records;
    records.insert(1, records[0].clone());
    assert_eq!(found(&records, &[])[0], Finding::Sequence { expected: 2, found: 1 });
    assert_eq!(found(&rechained(&records), &[])[0], Finding::HeadWrong { sequence: 5 });
}

#[test]
fn events_that_changed_places_are_found() {
    let mut records = written().records;
    records.swap(0, 1);
    assert!(found(&records, &[]).contains(&Finding::Sequence { expected: 3, found: 1 }));
    assert!(found(&rechained(&records), &[]).contains(&Finding::HeadWrong { sequence: 4 }));
}

#[test]
fn a_head_taken_away_is_missed() {
    let mut records = written().records;
    records.remove(3);
    assert!(found(&rechained(&records), &[]).contains(&Finding::HeadMissing { before: 4 }));
}

#[test]
fn the_end_taken_away_is_missed_by_heads_that_are_known_from_elsewhere() {
    let Author { records, heads, .. } = written();
    let time = heads[2].time.clone();
    assert_eq!(found(&records[..8], &[]), []);
    assert_eq!(found(&records[..8], &heads[2..]), [Finding::HeadUnlike { sequence: 11, time: time.clone() }]);
    assert_eq!(found(&[], &heads[2..]), [Finding::HeadUnlike { sequence: 11, time }]);
}

#[test]
fn the_beginning_taken_away_is_missed() {
    let Author { records, heads, .. } = written();
    assert_eq!(found(&records[2..], &heads), [Finding::BeginsLate { first: 3, expected: 1 }]);
    assert_eq!(found(&records[2..], &[]), [Finding::BeginsLate { first: 3, expected: 1 }]);
}

#[test]
fn the_ledger_of_another_account_is_not_taken_for_this_one() {
    let other = Author { account: "222222222222".parse().unwrap(), ..Author::new(key()) };
    let findings = found(&written_by(other).records, &[]);
    let foreign = Finding::HeadForeign {
        sequence: 4,
        account: "222222222222".to_owned(),
        ledger: "management".to_owned(),
    };
    assert_eq!(findings[0], foreign);
}

#[test]
fn a_ledger_written_anew_with_the_key_is_found_by_heads_that_were_sent_out() {
    let Author { heads, .. } = written();
    let mut author = Author::new(key());
    author.push(Kind::Event, T0_MS, b"invented".to_vec());
    let invented = written_by(author);
    let unlike = |head: &Head| Finding::HeadUnlike { sequence: head.sequence, time: head.time.clone() };
    assert_eq!(found(&invented.records, &[]), []);
    assert_eq!(found(&invented.records, &heads), heads.iter().map(unlike).collect::<Vec<_>>());
}

#[test]
fn a_head_kept_elsewhere_is_not_hidden_by_another_one_of_its_number() {
    let Author { heads, .. } = written();
    let mut author = Author::new(key());
    author.push(Kind::Event, T0_MS, b"invented".to_vec());
    author.push(Kind::Event, T0_MS, b"invented".to_vec());
    author.push(Kind::Event, T0_MS, b"invented".to_vec());
    author.head(T0_MS + 1000);
    assert_eq!(author.heads[0].sequence, heads[0].sequence);
    let known = [heads[0].clone(), author.heads[0].clone()];
    let unlike = Finding::HeadUnlike { sequence: 3, time: heads[0].time.clone() };
    assert_eq!(found(&author.records, &known), [unlike]);
}

#[test]
fn times_set_back_and_strange_records_are_found() {
    let mut records = written().records;
    let link = Link::decode(&records[2].headers).unwrap();
    records[2].headers = Link { at: Timestamp::from_millis(T0_MS - 1), ..link }.encode();
    assert!(found(&records, &[]).contains(&Finding::Backwards { sequence: 3 }));
    records[2].headers = Bytes::from_static(b"?");
    assert!(found(&records, &[]).contains(&Finding::Unreadable { after: 2 }));
}

#[test]
fn what_was_let_go_in_time_is_not_missed() {
    let mut author = written();
    let (sequence, hash) = author.tip;
    let at = Timestamp::from_millis(T0_MS + 3 * HOUR_MS + 10);
    let head = Head::new(account(), Book::Management, at, 5, sequence, &hash, &key());
    author.push(Kind::Head, at.millis(), serde_json::to_vec(&head).unwrap());
    assert_eq!(found(&author.records[4..], std::slice::from_ref(&head)), []);
    assert_eq!(found(&author.records[2..], std::slice::from_ref(&head)), [], "more may still be there");
    assert_eq!(found(&author.records[5..], &[]), [Finding::BeginsLate { first: 6, expected: 5 }]);
}
