//! What is appended besides records, durably in every mode: creating, closing, trimming, removing; and the writer's part in a
//! checkpoint and in stopping.

use std::io;

use anabranch_types::Timestamp;

use super::{Writer, is_full};
use crate::buffers::Buffer;
use crate::local::frame::{FrameHeader, FrameKind, HEADER_BYTES};
use crate::local::lock;
use crate::local::queue::{NextSegment, Snapshot};
use crate::local::state_file::{self, State};
use crate::local::tail::{Log, SharedLog};
use crate::local::wal::{Placed, Write};
use crate::{GroupId, LogError, LogId, Position, Refusal};

impl Writer {
    /// Appends a frame that is more than records, durably in every mode.
    pub(super) fn control(&mut self, header: FrameHeader) -> Result<(), LogError> {
        self.place_control(header)?;
        self.commit_control()
    }

    fn place_control(&mut self, header: FrameHeader) -> Result<(), LogError> {
        self.make_ready(header.kind, header.frame_bytes()).map_err(refused)?;
        let mut buffer: Buffer = self.buffers.take(HEADER_BYTES);
        let mut header = header;
        self.wal.place(&mut header);
        buffer.extend(&header.encode());
        self.wal.push(Placed { header, bytes: buffer.share(), log: None });
        Ok(())
    }

    fn commit_control(&mut self) -> Result<(), LogError> {
        self.commit(Write::Synced);
        if self.shared.is_poisoned() { Err(LogError::Poisoned) } else { Ok(()) }
    }

    pub(super) fn about_logs(&mut self, kind: FrameKind, logs: Vec<LogId>) -> Result<(), LogError> {
        for log in logs {
            let mut header = FrameHeader::about(kind, log);
            header.first.timeline = self.state.timeline;
            self.place_control(header)?;
        }
        self.commit_control()
    }

    pub(super) fn trim(&mut self, group: GroupId, before: Timestamp) -> Result<(), LogError> {
        let mut header = FrameHeader::about(FrameKind::Trim, LogId { group, index: 0 });
        header.arrival = before;
        self.control(header)
    }

    pub(super) fn close(&mut self, log: &Log) -> Result<Position, LogError> {
        let at = {
            let numbering = lock(&log.numbering);
            if numbering.removed {
                return Err(LogError::Unknown(log.id));
            }
            numbering.next
        };
        if lock(&log.numbering).closed {
            return self.commit_control().map(|()| at);
        }
        let mut header = FrameHeader::about(FrameKind::Close, log.id);
        header.first = at;
        self.place_control(header)?;
        lock(&log.numbering).closed = true;
        self.commit_control().map(|()| at)
    }

    /// Makes everything durable and says what is true there.
    pub(super) fn snapshot(&mut self, segment: NextSegment) -> Result<Snapshot, LogError> {
        if self.stopped {
            return Err(LogError::ShutDown);
        }
        self.dirty_noted = false;
        self.shared.dirty.clear();
        self.commit_control()?;
        let mut begun = segment;
        if segment == NextSegment::Begin && !self.wal.is_fresh() {
            match self.wal.next_segment() {
                Ok(()) => {}
                // Without room the checkpoint must go on: it is what makes room.
                Err(e) if is_full(&e) => begun = NextSegment::Stay,
                Err(e) => return Err(refused(self.no_room(e))),
            }
        }
        let place = self.wal.end_place();
        self.snapshot_place = place;
        let known = |log: SharedLog| {
            let known = log.known_now();
            (log, known)
        };
        let logs = self.shared.all_logs().into_iter().map(known).collect();
        self.shared.dirty.begin_writing();
        Ok(Snapshot {
            segment: begun,
            place,
            incarnation: self.wal.incarnation(),
            logs,
            trims: self.shared.trims(),
        })
    }

    pub(super) fn shut_down(&mut self) -> Result<(), LogError> {
        self.commit_control()?;
        self.queue.end();
        self.stopped = true;
        if self.state.in_doubt && !self.raise {
            let clean = State { in_doubt: false, ..self.state };
            let noted = state_file::store(&*self.disk, clean);
            return noted.map_err(|source| LogError::Io { doing: "note the clean stop".into(), source });
        }
        Ok(())
    }
}

fn refused(why: Refusal) -> LogError {
    match why {
        Refusal::DiskFull => LogError::Io {
            doing: "make room in the write-ahead log".into(),
            source: io::ErrorKind::StorageFull.into(),
        },
        Refusal::ShutDown => LogError::ShutDown,
        _ => LogError::Poisoned,
    }
}
