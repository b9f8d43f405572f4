use std::path::Path;

use anabranch_catalog::{MemoryCatalog, SqliteCatalog};
use anabranch_log::RecordLog;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};

use super::super::{HeadOutbox, Verified, Verifier};
use super::*;

/// 2026-11-21T15:40:00Z
const T0: Timestamp = Timestamp::from_millis(1_795_275_600_000);
const HOUR: Duration = Duration::from_secs(3600);

fn account() -> AccountId {
    "111111111111".parse().unwrap()
}

struct Fixture {
    ledgers: Arc<Ledgers>,
    log: Arc<LocalLog>,
    catalog: Arc<dyn Catalog>,
    clock: Clock,
}

impl Fixture {
    fn over(directory: &Path, catalog: Arc<dyn Catalog>, clock: Clock) -> Self {
        let disk = Arc::new(RealDisk::open(directory.join("log")).unwrap());
        let log =
            Arc::new(LocalLog::open(disk, Options { clock: clock.clone(), ..Options::default() }).unwrap());
        let ledgers = Ledgers::start(LedgerGround {
            log: log.clone(),
            catalog: Arc::clone(&catalog),
            clock: clock.clone(),
            key: Arc::new(AuditKey::new(&[7; 32])),
            sends_heads: true,
        });
        Self { ledgers, log, catalog, clock }
    }

    fn new(directory: &Path) -> Self {
        Self::over(directory, Arc::new(MemoryCatalog::default()), Clock::standing(T0))
    }

    async fn write(&self, body: &'static str) {
        self.ledgers.write(account(), Book::Management, Bytes::from_static(body.as_bytes())).await;
    }

    async fn bodies(&self) -> Vec<String> {
        let from = ReadFrom::Time(Timestamp::default());
        let page = self.ledgers.read(account(), Book::Management, from).await.unwrap();
        page.entries.iter().map(|entry| String::from_utf8(entry.body.to_vec()).unwrap()).collect()
    }

    async fn verified(&self) -> Verified {
        let key = AuditKey::new(&[7; 32]);
        let heads = latest_heads(&*self.catalog).await.unwrap();
        let mut verifier = Verifier::new(account(), Book::Management, Some(&key), heads);
        let log = self.ledgers.logs.find(account(), Book::Management).await.unwrap().unwrap();
        let all = self.log.read(log, ReadFrom::Time(Timestamp::default()), READ).await.unwrap();
        for record in all.records {
            verifier.take(&record.record.headers, &record.record.data);
        }
        verifier.finish()
    }

    /// Runs what is due until and including so much later.
    async fn advance(&self, by: Duration) {
        let to = self.clock.now() + by;
        while let Some(at) = self.ledgers.next_due().filter(|at| *at <= to) {
            self.clock.advance_to(at);
            self.ledgers.run(at).await;
        }
        self.clock.advance_to(to);
    }
}

#[tokio::test]
async fn what_is_written_is_there_when_it_is_answered_and_chained_over_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::standing(T0);
    for _ in 0..2 {
        let catalog = Arc::new(SqliteCatalog::open(&directory.path().join("catalog")).unwrap());
        let fixture = Fixture::over(directory.path(), catalog, clock.clone());
        fixture.write("one").await;
        fixture.write("two").await;
        fixture.log.shut_down().await.unwrap();
        let open = Arc::downgrade(&fixture.log);
        drop(fixture);
        // The writer's task ends with the last handle.
        while open.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }
    let catalog = Arc::new(SqliteCatalog::open(&directory.path().join("catalog")).unwrap());
    let fixture = Fixture::over(directory.path(), catalog, clock);
    assert_eq!(fixture.bodies().await, ["one", "two", "one", "two"]);
    assert_eq!(fixture.verified().await, Verified { events: 4, unsealed: 4, ..Verified::default() });
}

#[tokio::test]
async fn each_hour_with_events_ends_with_a_head_that_the_catalog_knows_and_that_waits_to_be_sent() {
    let directory = tempfile::tempdir().unwrap();
    let fixture = Fixture::new(directory.path());
    assert_eq!(fixture.ledgers.next_due(), None);
    fixture.write("one").await;
    let full_hour = T0 + Duration::from_secs(20 * 60);
    assert_eq!(fixture.ledgers.next_due(), Some(full_hour));
    fixture.advance(HOUR).await;
    assert_eq!(fixture.ledgers.next_due(), None, "nothing came since");
    fixture.advance(5 * HOUR).await;
    fixture.write("two").await;
    fixture.ledgers.seal().await;
    // The second stands in another hour than the first head.
    assert_eq!(fixture.verified().await, Verified { events: 2, heads: 3, ..Verified::default() });
    let outbox = HeadOutbox(Arc::clone(&fixture.catalog));
    let waiting = outbox.waiting().await.unwrap();
    let heads: Vec<Head> = waiting.iter().map(|waiting| waiting.head.clone()).collect();
    assert_eq!(heads, latest_heads(&*fixture.catalog).await.unwrap(), "it vouches for those before");
    fixture.write("three").await;
    fixture.ledgers.seal().await;
    outbox.sent(&waiting[0]).await.unwrap();
    let later = outbox.waiting().await.unwrap();
    assert_eq!(later.len(), 1, "a later one had taken its place");
    outbox.sent(&later[0]).await.unwrap();
    assert!(outbox.waiting().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_kill_left_without_a_head_gets_one_when_the_server_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::standing(T0);
    let catalog: Arc<dyn Catalog> = Arc::new(MemoryCatalog::default());
    let killed = Fixture::over(directory.path(), Arc::clone(&catalog), clock.clone());
    killed.write("one").await;
    let open = Arc::downgrade(&killed.log);
    drop(killed);
    while open.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
    clock.advance_to(T0 + 5 * HOUR);
    let fixture = Fixture::over(directory.path(), catalog, clock);
    while fixture.ledgers.next_due().is_none() {
        tokio::task::yield_now().await;
    }
    fixture.advance(Duration::ZERO).await;
    assert_eq!(fixture.verified().await, Verified { events: 1, heads: 1, ..Verified::default() });
}

#[tokio::test]
async fn what_nobody_waits_for_is_written_soon() {
    let directory = tempfile::tempdir().unwrap();
    let fixture = Fixture::new(directory.path());
    fixture.ledgers.write_soon(account(), Book::Management, Bytes::from_static(b"read")).await;
    fixture.write("changed").await;
    assert_eq!(fixture.bodies().await, ["read", "changed"]);
}

#[tokio::test]
async fn events_are_let_go_after_ninety_days_and_nothing_is_missed() {
    let directory = tempfile::tempdir().unwrap();
    let fixture = Fixture::new(directory.path());
    fixture.write("old").await;
    fixture.advance(50 * 24 * HOUR).await;
    fixture.write("newer").await;
    fixture.advance(41 * 24 * HOUR).await;
    fixture.write("new").await;
    fixture.advance(HOUR).await;
    assert_eq!(fixture.bodies().await, ["newer", "new"]);
    assert_eq!(fixture.verified().await.findings, []);
}

#[tokio::test]
async fn each_account_and_book_has_a_ledger_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let fixture = Fixture::new(directory.path());
    let other: AccountId = "222222222222".parse().unwrap();
    fixture.write("mine").await;
    fixture.ledgers.write(other, Book::Management, Bytes::from_static(b"theirs")).await;
    fixture.ledgers.write(account(), Book::Data, Bytes::from_static(b"data")).await;
    assert_eq!(fixture.bodies().await, ["mine"]);
    let mut ledgers = super::super::ledgers(&*fixture.catalog).await.unwrap();
    ledgers.sort_by_key(|(_, account, book)| (account.to_string(), *book));
    let places: Vec<_> = ledgers.into_iter().map(|(_, account, book)| (account, book)).collect();
    assert_eq!(places, [(account(), Book::Management), (account(), Book::Data), (other, Book::Management)]);
}
