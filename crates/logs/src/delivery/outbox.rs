//! What waits to be delivered: every batch of a group with subscription filters, with where it stands and whose it is.

use anabranch_api::logs::Error;
use anabranch_catalog::{Commit, Value as _, next_log_group};
use anabranch_log::{AppendOutcome, GroupId, LogId, NewRecord, Position};
use anabranch_types::Timestamp;
use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::directory::Group;
use crate::errors::Failed;
use crate::limits::DELIVERY_LIFE;
use crate::service::Logs;
use crate::store::chunks::{get_position, put_position};
use crate::store::stream::Stream;
use crate::store::writing::{Written, batch};
use crate::stored::StoredGroup;

/// The version of a record's header: this byte, the stream's number (4), the batch's timeline (2) and offset (8), the stream's name.
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 15;

/// Whose a batch is and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub number: u32,
    pub at: Position,
    pub stream: String,
}

impl Label {
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(HEAD_BYTES + self.stream.len());
        out.put_u8(VERSION);
        out.put_u32_le(self.number);
        put_position(&mut out, self.at);
        out.put_slice(self.stream.as_bytes());
        out.freeze()
    }

    pub fn decode(mut header: Bytes) -> Option<Self> {
        if header.len() < HEAD_BYTES || header.get_u8() != VERSION {
            return None;
        }
        let (number, at) = (header.get_u32_le(), get_position(&mut header));
        Some(Self { number, at, stream: String::from_utf8(header.into()).ok()? })
    }
}

impl StoredGroup {
    pub(super) fn outbox_log(&self) -> Option<LogId> {
        Some(LogId { group: GroupId(self.outbox?), index: 0 })
    }
}

impl Logs {
    /// Hands what was just written to the group's subscription filters, if it has any.
    pub(crate) async fn hand_over(
        &self,
        group: &Group,
        stream: &Stream,
        written: &Written,
    ) -> Result<(), Error> {
        let filters = group.filters();
        if filters.subscriptions.is_empty() {
            return Ok(());
        }
        let Some(log) = group.stored().outbox_log() else { return Ok(()) };
        let label = Label { number: stream.log.index, at: written.at, stream: stream.name.clone() };
        let record =
            NewRecord { headers: label.encode(), data: written.data.clone(), ..NewRecord::default() };
        match self.log.append_all(vec![batch(log, record)]).await.pop() {
            Some(AppendOutcome::Appended { .. }) => {}
            Some(refused) => return Err(Failed::Refused(refused).into()),
            None => return Err(Failed::Damaged.into()),
        }
        let names = filters.subscriptions.iter().map(|filter| filter.stored.name.as_str());
        self.deliveries.note(group.id, names, self.clock.now());
        Ok(())
    }

    /// The group's outbox, made if there is none, and where it ends. The caller holds the group's `changing`.
    pub(crate) async fn open_outbox(&self, group: &Group) -> Result<Position, Failed> {
        if let Some(log) = group.stored().outbox_log() {
            return Ok(self.log.state(log)?.end);
        }
        let number = next_log_group(&*self.catalog).await?;
        let log = LogId { group: GroupId(number), index: 0 };
        self.log.create(vec![log]).await?;
        let stored = StoredGroup { outbox: Some(number), ..(*group.stored()).clone() };
        let put = vec![(group.scope.group(&group.name), stored.to_bytes())];
        self.catalog.commit(Commit { put, ..Commit::default() }).await?;
        group.set_stored(stored);
        Ok(self.log.state(log)?.end)
    }

    /// Lets go of what every filter has delivered, and of what is too old to be delivered.
    pub(crate) async fn let_delivered_go(&self, group: &Group, now: Timestamp) -> Result<(), Failed> {
        let Some(log) = group.stored().outbox_log() else { return Ok(()) };
        let state = self.log.state(log)?;
        let filters = group.filters();
        let of =
            |name: &str| self.deliveries.get(group.id, name).map_or(state.end, |progress| progress.position);
        let delivered = filters.subscriptions.iter().all(|filter| of(&filter.stored.name) >= state.end);
        let life_ms = i64::try_from(DELIVERY_LIFE.as_millis()).unwrap_or(i64::MAX);
        let before = if delivered { now } else { Timestamp::from_millis(now.millis() - life_ms) };
        if state.start < state.end && before.millis() > group.stored().created_ms {
            self.log.trim(log.group, before).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anabranch_log::{Offset, Timeline};

    use super::*;

    #[test]
    fn a_label_reads_back() {
        let at = Position { timeline: Timeline(2), offset: Offset(9) };
        let label = Label { number: 7, at, stream: "ü".into() };
        assert_eq!(Label::decode(label.encode()), Some(label));
        assert_eq!(Label::decode(Bytes::from_static(b"\x01")), None);
    }
}
