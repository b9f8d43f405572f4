use anabranch_log::{ReadFrom, ReadLimit};
use anabranch_types::AccountId;
use bytes::Bytes;

use super::{Book, Kind, LedgerError, Ledgers, Link};

/// What is read at a time.
const READ: ReadLimit = ReadLimit { records_max: 2_000, bytes_max: 4 << 20 };

/// An event as the ledger has it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What ties it to the one before.
    pub link: Link,
    /// The record in CloudTrail's words.
    pub body: Bytes,
}

/// Events in the order they were written.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The events.
    pub entries: Vec<Entry>,
    /// Where to read on; none at the end.
    pub next: Option<anabranch_log::Position>,
}

impl Ledgers {
    /// Events from a place on, heads left out; none of a ledger that was never begun.
    pub async fn read(&self, account: AccountId, book: Book, from: ReadFrom) -> Result<Page, LedgerError> {
        let Some(log) = self.logs.find(account, book).await? else { return Ok(Page::default()) };
        let batch = self.logs.log.read(log, from, READ).await?;
        let more = !batch.records.is_empty() && batch.next < batch.state.end;
        let entries = batch.records.into_iter().filter_map(|record| {
            let link = Link::decode(&record.record.headers)?;
            (link.kind == Kind::Event).then_some(Entry { link, body: record.record.data })
        });
        Ok(Page { entries: entries.collect(), next: more.then_some(batch.next) })
    }
}
