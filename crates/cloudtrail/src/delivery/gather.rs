use std::collections::BTreeMap;

use anabranch_log::ReadFrom;
use anabranch_types::Timestamp;
use bytes::Bytes;

use super::DeliveryError;
use crate::event::Event;
use crate::ledger::Book;
use crate::service::CloudTrail;
use crate::trails::{StoredDelivery, Trail};

/// Most events of a file; there are further files for more.
const EVENTS_MAX: usize = 10_000;
/// Most bytes of a file's events, give or take what is read at once.
const BYTES_MAX: usize = 32 << 20;

/// Events to be delivered together.
#[derive(Default)]
pub(super) struct Gathered {
    /// By region: the records with their times, in the order of the ledgers.
    pub regions: BTreeMap<String, Vec<(String, Bytes)>>,
    /// Whether there is more behind them.
    pub more: bool,
    count: usize,
    bytes: usize,
}

impl CloudTrail {
    /// The trail's events behind what was delivered; notes in `state` how far it looked.
    pub(super) async fn gather(
        &self,
        trail: &Trail,
        state: &mut StoredDelivery,
    ) -> Result<Gathered, DeliveryError> {
        let mut gathered = Gathered::default();
        let since = Timestamp::from_millis(state.since_ms);
        for book in Book::ALL {
            let (looked_at, at_ms) = match book {
                Book::Management => (&mut state.management, &mut state.management_at_ms),
                Book::Data => (&mut state.data, &mut state.data_at_ms),
            };
            // A record arrives in the log when it is written or later, never before.
            let mut from = ReadFrom::Time(at_ms.map_or(since, |ms| since.max(Timestamp::from_millis(ms))));
            while !gathered.is_full() {
                let page = self.ledgers.read(trail.id.account, book, from).await?;
                for entry in page.entries.iter().filter(|entry| entry.link.sequence > *looked_at) {
                    if entry.link.at >= since {
                        gathered.take(trail, &entry.body);
                    }
                }
                if let Some(last) = page.entries.last() {
                    *looked_at = last.link.sequence.max(*looked_at);
                    *at_ms = Some(last.link.at.millis());
                }
                let Some(next) = page.next else { break };
                from = ReadFrom::Position(next);
            }
        }
        gathered.more = gathered.is_full();
        Ok(gathered)
    }
}

impl Gathered {
    fn is_full(&self) -> bool {
        self.count >= EVENTS_MAX || self.bytes >= BYTES_MAX
    }

    fn take(&mut self, trail: &Trail, body: &Bytes) {
        let Some(event) = Event::of(body) else { return };
        let home = trail.id.region.as_str();
        // Global services call us-east-1 their region; their events come with those of the trail's own.
        let is_global = trail.stored.global && event.source == "iam.amazonaws.com";
        let region = if is_global && !trail.stored.multi_region { home } else { &*event.region };
        if !trail.stored.multi_region && region != home
            || !event.select(|seen| trail.stored.selectors.select(seen))
        {
            return;
        }
        self.count += 1;
        self.bytes += body.len();
        self.regions.entry(region.to_owned()).or_default().push((event.time.into_owned(), body.clone()));
    }
}
