use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anabranch_catalog::{Catalog, CatalogError, Commit, Key};
use anabranch_log::{AppendOutcome, Batch, LogId, NewRecord, Producer, ReadFrom, ReadLimit, Refusal};
use anabranch_types::{AccountId, Clock, Due, Timestamp};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use super::key::AuditKey;
use super::link::{hour, next_hour};
use super::logs::{Logs, ledgers};
use super::outbox::unsent_key;
use super::{Book, Hash, Head, Kind, LedgerError, Link};
use crate::scopes::beginnings;

/// Most events that wait for the writer; whoever comes then waits, too.
const QUEUE_JOBS_MAX: usize = 1024;
/// Most events written together.
const BATCH_JOBS_MAX: usize = 512;
/// How long an event that nobody waits for is kept back, so that many share a sync: events of reads are durable within a second.
const READS_WAIT: Duration = Duration::from_millis(500);
/// How often the log is asked again to take events that it had no room for.
const ATTEMPTS_MAX: u32 = 10;
/// How long after it refused them.
const ATTEMPT_AFTER: Duration = Duration::from_millis(500);
/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// What is read at a time where the end of a ledger is looked for.
const READ: ReadLimit = ReadLimit { records_max: 10_000, bytes_max: 8 << 20 };

type Wake = Arc<dyn Fn() + Send + Sync>;

/// The ledgers of a server: a handle to the one task that writes them.
pub(crate) struct Ledgers {
    pub(super) logs: Arc<Logs>,
    jobs: mpsc::Sender<Job>,
    agenda: Arc<Agenda>,
}

/// What the ledgers stand on.
pub(crate) struct LedgerGround {
    pub log: Arc<dyn anabranch_log::RecordLog>,
    pub catalog: Arc<dyn Catalog>,
    pub clock: Clock,
    pub key: Arc<AuditKey>,
    pub sends_heads: bool,
}

enum Job {
    Event {
        account: AccountId,
        book: Book,
        body: Bytes,
        written: Option<oneshot::Sender<()>>,
    },
    /// Ends the hour of every ledger that has events since its last head.
    Seal {
        sealed: oneshot::Sender<()>,
    },
}

/// When the next head is due.
struct Agenda {
    /// Milliseconds; `i64::MAX` while nothing is to be sealed.
    next: AtomicI64,
    wake: Mutex<Option<Wake>>,
}

impl Agenda {
    fn set(&self, at: i64) {
        if self.next.swap(at, Ordering::SeqCst) > at
            && let Some(wake) = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone()
        {
            wake();
        }
    }
}

impl Ledgers {
    /// Starts the task. Needs a Tokio runtime.
    pub(crate) fn start(ground: LedgerGround) -> Arc<Self> {
        let LedgerGround { log, catalog, clock, key, sends_heads } = ground;
        let logs = Arc::new(Logs::new(log, Arc::clone(&catalog)));
        let agenda = Arc::new(Agenda { next: AtomicI64::new(i64::MAX), wake: Mutex::default() });
        let (jobs, waiting) = mpsc::channel(QUEUE_JOBS_MAX);
        let writer = Writer {
            logs: Arc::clone(&logs),
            catalog,
            clock,
            key,
            sends_heads,
            tips: HashMap::new(),
            agenda: Arc::clone(&agenda),
        };
        tokio::spawn(writer.run(waiting));
        Arc::new(Self { logs, jobs, agenda })
    }

    /// Writes an event; durable, as the log is, when this returns.
    pub(crate) async fn write(&self, account: AccountId, book: Book, body: Bytes) {
        let (written, done) = oneshot::channel();
        self.send(Job::Event { account, book, body, written: Some(written) }).await;
        // Told or gone: the writer says in the server's log what it could not write.
        let _ = done.await;
    }

    /// Writes an event soon; done when the writer has it.
    pub(crate) async fn write_soon(&self, account: AccountId, book: Book, body: Bytes) {
        self.send(Job::Event { account, book, body, written: None }).await;
    }

    /// Writes what waits and puts it under heads; durable when this returns.
    pub(crate) async fn seal(&self) {
        let (sealed, done) = oneshot::channel();
        self.send(Job::Seal { sealed }).await;
        let _ = done.await;
    }

    async fn send(&self, job: Job) {
        if self.jobs.send(job).await.is_err() {
            tracing::error!("an audit event came after the ledgers were closed");
        }
    }
}

impl Due for Ledgers {
    fn next_due(&self) -> Option<Timestamp> {
        Some(self.agenda.next.load(Ordering::SeqCst)).filter(|at| *at != i64::MAX).map(Timestamp::from_millis)
    }

    fn run(&self, _: Timestamp) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.seal())
    }

    fn on_earlier(&self, wake: Wake) {
        *self.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}

/// The end of a ledger.
#[derive(Clone, Debug)]
struct Tip {
    log: LogId,
    /// The first record that is kept.
    first: u64,
    /// Of the last record; 0 in an empty ledger.
    sequence: u64,
    hash: Hash,
    /// When it was written.
    at: Timestamp,
    /// Whether it is a head.
    sealed: bool,
    /// Until when old events were let go last.
    trimmed: Timestamp,
}

/// Owns the ends of all ledgers.
struct Writer {
    logs: Arc<Logs>,
    catalog: Arc<dyn Catalog>,
    clock: Clock,
    key: Arc<AuditKey>,
    /// Whether heads are put where they wait to be sent.
    sends_heads: bool,
    tips: HashMap<(AccountId, Book), Tip>,
    agenda: Arc<Agenda>,
}

type Place = (AccountId, Book);

impl Writer {
    /// Writes until no handle is left. What a server that was killed left without a head gets one soon.
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        if let Err(error) = self.find_ends().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the ends of the audit's ledgers cannot be read");
        }
        self.plan();
        while let Some(first) = jobs.recv().await {
            let mut urgent = first.is_urgent();
            let mut waiting = vec![first];
            let until = Instant::now() + READS_WAIT;
            while waiting.len() < BATCH_JOBS_MAX {
                let next = match urgent {
                    true => jobs.try_recv().ok(),
                    false => timeout_at(until, jobs.recv()).await.ok().flatten(),
                };
                let Some(job) = next else { break };
                urgent |= job.is_urgent();
                waiting.push(job);
            }
            self.do_all(waiting).await;
        }
    }

    async fn find_ends(&mut self) -> Result<(), LedgerError> {
        for (_, account, book) in ledgers(&*self.catalog).await? {
            self.tip((account, book)).await?;
        }
        Ok(())
    }

    async fn do_all(&mut self, jobs: Vec<Job>) {
        let mut bodies: HashMap<Place, Vec<Bytes>> = HashMap::new();
        let (mut written, mut sealed) = (Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Event { account, book, body, written: told } => {
                    bodies.entry((account, book)).or_default().push(body);
                    written.extend(told);
                }
                Job::Seal { sealed: told } => sealed.push(told),
            }
        }
        for (place, bodies) in bodies {
            self.append(place, bodies).await;
        }
        if !sealed.is_empty() {
            let unsealed: Vec<Place> =
                self.tips.iter().filter(|(_, tip)| !tip.sealed).map(|(place, _)| *place).collect();
            for place in unsealed {
                self.end_hour(place).await;
            }
        }
        self.plan();
        for told in written.into_iter().chain(sealed) {
            // Whoever waited may have gone.
            let _ = told.send(());
        }
    }

    fn plan(&self) {
        let unsealed = self.tips.values().filter(|tip| !tip.sealed);
        let next = unsealed.map(|tip| next_hour(tip.at).millis()).min();
        self.agenda.set(next.unwrap_or(i64::MAX));
    }

    /// Appends events behind a head of the hour before, if the hour is another one.
    async fn append(&mut self, place: Place, bodies: Vec<Bytes>) {
        let now = self.clock.now();
        let is_new_hour = match self.tip(place).await {
            Ok(tip) => tip.sequence > 0 && hour(tip.at) != hour(now),
            Err(error) => return lost(&error, bodies.len()),
        };
        if is_new_hour {
            self.end_hour(place).await;
        }
        let count = bodies.len();
        let records = bodies.into_iter().map(|body| (Kind::Event, body)).collect();
        if let Err(error) = self.append_records(place, records, now).await {
            lost(&error, count);
        }
    }

    async fn append_head(&mut self, place: Place) {
        let now = self.clock.now();
        let Some(Tip { first, sequence, hash, .. }) = self.tips.get(&place) else { return };
        let (account, book) = place;
        let head = Head::new(account, book, now, *first, *sequence, hash, &self.key);
        let body = serde_json::to_vec(&head).expect("a head has string keys and no failing parts");
        let appended = self.append_records(place, vec![(Kind::Head, body.clone().into())], now).await;
        if let Err(error) = appended {
            return lost(&error, 1);
        }
        let body = Bytes::from(body);
        let mut put = vec![(head_key(account, book), body.clone())];
        put.extend(self.sends_heads.then(|| (unsent_key(account, book), body)));
        let commit = Commit { put, ..Commit::default() };
        if let Err(error) = self.catalog.commit(commit).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the catalog did not take a head of the audit"
            );
        }
    }

    /// Appends a head; once a day it tells from where on events are kept, and those before are let go.
    async fn end_hour(&mut self, place: Place) {
        let now = self.clock.now();
        let before = now - DAY * u32::try_from(place.1.days_kept()).unwrap_or(u32::MAX);
        let Some(tip) = self.tips.get(&place).filter(|tip| now >= tip.trimmed + DAY).cloned() else {
            return self.append_head(place).await;
        };
        let first = self.first_since(&tip, before).await;
        if let (Ok(first), Some(tip)) = (&first, self.tips.get_mut(&place)) {
            (tip.first, tip.trimmed) = (*first, now);
        }
        self.append_head(place).await;
        let trimmed = match first {
            Ok(_) => self.logs.log.trim(tip.log.group, before).await.map_err(LedgerError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = trimmed {
            tracing::error!(error = &error as &dyn std::error::Error, "old audit events are not let go");
        }
    }

    /// The number of the first record that was written at this time or later.
    async fn first_since(&self, tip: &Tip, since: Timestamp) -> Result<u64, LedgerError> {
        let limit = ReadLimit { records_max: 1, ..READ };
        let start = self.logs.log.read(tip.log, ReadFrom::Time(since), limit).await?;
        let first = start.records.first().and_then(|record| Link::decode(&record.record.headers));
        Ok(first.map_or(tip.sequence + 1, |link| link.sequence))
    }

    async fn append_records(
        &mut self,
        place: Place,
        records: Vec<(Kind, Bytes)>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tip = self.tip(place).await?.clone();
        let mut linked = Vec::with_capacity(records.len());
        for (kind, body) in records {
            let at = now.max(tip.at);
            let link = Link { kind, sequence: tip.sequence + 1, at, previous: tip.hash };
            tip = Tip {
                sequence: link.sequence,
                hash: link.hash(&body),
                at,
                sealed: kind == Kind::Head,
                ..tip
            };
            linked.push(NewRecord { headers: link.encode(), data: body, ..NewRecord::default() });
        }
        for records in in_pieces(linked) {
            let batch = Batch { log: tip.log, records, producer: Producer::default() };
            if let Err(error) = self.append_batch(batch).await {
                // What of it stands in the log is looked up before anything else is appended.
                self.tips.remove(&place);
                return Err(error);
            }
        }
        self.tips.insert(place, tip);
        Ok(())
    }

    /// Appends, and again where the log has no room for the moment.
    async fn append_batch(&self, batch: Batch) -> Result<(), LedgerError> {
        let mut attempt = 1;
        loop {
            let outcomes = self.logs.log.append_all(vec![batch.clone()]).await;
            match outcomes.as_slice() {
                [AppendOutcome::Appended { .. }] => return Ok(()),
                [AppendOutcome::Refused(Refusal::DiskFull | Refusal::Overloaded)]
                    if attempt < ATTEMPTS_MAX =>
                {
                    attempt += 1;
                    sleep(ATTEMPT_AFTER).await;
                }
                refused => return Err(LedgerError::Refused(format!("{refused:?}"))),
            }
        }
    }

    /// The end of a ledger, read where it is not known yet, begun where there is none.
    async fn tip(&mut self, place: Place) -> Result<&Tip, LedgerError> {
        let (account, book) = place;
        let logs = Arc::clone(&self.logs);
        match self.tips.entry(place) {
            Slot::Occupied(known) => Ok(known.into_mut()),
            Slot::Vacant(unknown) => {
                let log = logs.find_or_make(account, book).await?;
                Ok(unknown.insert(read_tip(&logs, log).await?))
            }
        }
    }
}

impl Job {
    fn is_urgent(&self) -> bool {
        matches!(self, Job::Seal { .. } | Job::Event { written: Some(_), .. })
    }
}

/// Records in batches that the log takes in one piece.
fn in_pieces(records: Vec<NewRecord>) -> Vec<Vec<NewRecord>> {
    let (mut pieces, mut bytes) = (vec![Vec::new()], 0);
    for record in records {
        let more = record.data.len() + record.headers.len();
        if bytes + more > READ.bytes_max && bytes > 0 {
            pieces.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(piece) = pieces.last_mut() {
            piece.push(record);
        }
    }
    pieces
}

/// The last record of a ledger is in what arrived last.
async fn read_tip(logs: &Logs, log: LogId) -> Result<Tip, LedgerError> {
    let empty = Tip {
        log,
        first: 1,
        sequence: 0,
        hash: [0; 32],
        at: Timestamp::default(),
        sealed: true,
        trimmed: Timestamp::default(),
    };
    let state = logs.log.state(log)?;
    let Some(last) = state.last_arrival else { return Ok(empty) };
    let start =
        logs.log.read(log, ReadFrom::Position(state.start), ReadLimit { records_max: 1, ..READ }).await?;
    let first = start.records.first().and_then(|record| Link::decode(&record.record.headers));
    let (mut from, mut tip) = (ReadFrom::Time(last), empty);
    loop {
        let batch = logs.log.read(log, from, READ).await?;
        for record in &batch.records {
            if let Some(link) = Link::decode(&record.record.headers) {
                let hash = link.hash(&record.record.data);
                tip = Tip {
                    sequence: link.sequence,
                    hash,
                    at: link.at,
                    sealed: link.kind == Kind::Head,
                    ..tip
                };
            }
        }
        if batch.records.is_empty() || batch.next >= batch.state.end {
            return Ok(Tip { first: first.map_or(1, |link| link.sequence), ..tip });
        }
        from = ReadFrom::Position(batch.next);
    }
}

/// The latest head of a ledger, as the catalog has it: what is missing behind it in the log was taken away.
async fn latest_head(
    catalog: &dyn Catalog,
    account: AccountId,
    book: Book,
) -> Result<Option<Head>, CatalogError> {
    let entry = catalog.get(head_key(account, book)).await?;
    Ok(entry.and_then(|entry| serde_json::from_slice(&entry.value).ok()))
}

/// The latest heads of all ledgers, also of one that the catalog does not name any more.
pub async fn latest_heads(catalog: &dyn Catalog) -> Result<Vec<Head>, CatalogError> {
    let mut heads = Vec::new();
    for beginning in beginnings(catalog, 1).await? {
        let Ok(account) = beginning.trim_start_matches('/').parse() else { continue };
        for book in Book::ALL {
            heads.extend(latest_head(catalog, account, book).await?);
        }
    }
    Ok(heads)
}

fn head_key(account: AccountId, book: Book) -> Key {
    format!("/{account}/-/cloudtrail/head/{}", book.name()).into()
}

fn lost(error: &LedgerError, events: usize) {
    tracing::error!(events, error = error as &dyn std::error::Error, "audit events could not be written");
}

#[cfg(test)]
mod tests;
