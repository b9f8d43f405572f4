use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anabranch_types::Timestamp;
use bytes::Bytes;

use crate::local::{Durability, LocalLog};
use crate::{GroupId, LogError, LogId, NewRecord, Position, ReadFrom, ReadLimit, Record, RecordLog};

/// What must be true of the log, kept in maps.
pub struct Model {
    durability: Durability,
    logs: BTreeMap<LogId, ModelLog>,
    /// What was asked and not answered: it may have happened or not.
    pub unanswered: Vec<Asked>,
    fresh: u64,
}

/// An operation without an answer.
#[derive(Clone, Debug)]
pub enum Asked {
    Create(LogId),
    Append(LogId, Vec<Bytes>),
    Close(LogId),
    Remove(LogId),
    RemoveGroup(GroupId),
    Trim(GroupId, Timestamp),
}

/// What is known of one log.
#[derive(Default)]
pub struct ModelLog {
    /// Positions that were given to a record, acknowledged or seen, with its data.
    given: BTreeMap<Position, Bytes>,
    /// What must be there: position to arrival.
    kept: BTreeMap<Position, Timestamp>,
    pub closed: Option<Position>,
    pub removed: bool,
}

/// The record a model expects for some data.
pub fn record(data: &Bytes) -> NewRecord {
    let odd = data.len() % 2 == 1;
    NewRecord {
        key: (!data.len().is_multiple_of(5)).then(|| data.slice(..data.len().min(7))),
        explicit_hash: odd.then_some(data.len() as u128),
        headers: if odd { data.slice(..data.len().min(3)) } else { Bytes::new() },
        data: data.clone(),
        seal: None,
    }
}

impl Model {
    pub fn new(durability: Durability) -> Self {
        Self { durability, logs: BTreeMap::new(), unanswered: Vec::new(), fresh: 0 }
    }

    /// A number that was never used.
    pub fn fresh(&mut self) -> u64 {
        self.fresh += 1;
        self.fresh
    }

    /// Logs that exist for sure.
    pub fn live(&self) -> Vec<LogId> {
        self.logs.iter().filter(|(_, l)| !l.removed).map(|(id, _)| *id).collect()
    }

    pub fn created(&mut self, id: LogId) {
        self.logs.entry(id).or_default();
    }

    pub fn is_closed(&self, id: LogId) -> bool {
        self.logs.get(&id).is_some_and(|l| l.closed.is_some())
    }

    /// An append was acknowledged.
    pub fn appended(&mut self, id: LogId, first: Position, arrival: Timestamp, records: &[Bytes]) {
        let log = self.logs.get_mut(&id).expect("the log exists");
        let last = log.given.keys().next_back().copied();
        assert!(last.is_none_or(|l| l < first), "{id:?}: {first:?} is given after {last:?}");
        for (i, data) in records.iter().enumerate() {
            let position = Position { offset: crate::Offset(first.offset.0 + i as u64), ..first };
            log.given.insert(position, data.clone());
            log.kept.insert(position, arrival);
        }
    }

    pub fn closed(&mut self, id: LogId, at: Position) {
        let log = self.logs.get_mut(&id).expect("the log exists");
        assert!(log.closed.is_none_or(|c| c == at), "{id:?} was closed at {:?}, now at {at:?}", log.closed);
        log.closed = Some(at);
    }

    pub fn removed(&mut self, id: LogId) {
        if let Some(log) = self.logs.get_mut(&id) {
            log.removed = true;
        }
    }

    pub fn group_removed(&mut self, group: GroupId) {
        for (id, log) in &mut self.logs {
            log.removed |= id.group == group;
        }
    }

    pub fn trimmed(&mut self, group: GroupId, before: Timestamp) {
        for (id, log) in &mut self.logs {
            if id.group == group {
                log.kept.retain(|_, arrival| *arrival >= before);
            }
        }
    }

    /// What was acknowledged before it was durable may be gone; what has no answer may have happened.
    pub fn power_was_cut(&mut self) {
        if self.durability != Durability::Sync {
            self.logs.values_mut().for_each(|l| l.kept.clear());
        }
    }

    /// Compares, and takes over what turns out to have happened.
    pub async fn check(&mut self, log: &Arc<LocalLog>, when: &str) {
        self.settle_existence(log, when);
        for id in log.logs() {
            let records = read_all(log, id, when).await;
            let state = log.state(id).expect("it exists");
            self.settle_trim(id, &records);
            self.check_log(id, &records, when);
            let model = self.logs.get_mut(&id).expect("the log is known");
            assert!(
                records.iter().all(|r| state.start <= r.position && r.position < state.end),
                "{when}: {id:?}"
            );
            match (model.closed, state.closed) {
                (Some(at), true) => assert_eq!(state.end, at, "{when}: {id:?}"),
                (Some(_), false) => panic!("{when}: {id:?} is open again"),
                (None, true) => {
                    let asked = self.unanswered.iter().any(|a| matches!(a, Asked::Close(l) if *l == id));
                    assert!(asked, "{when}: {id:?} is closed and nobody closed it");
                    model.closed = Some(state.end);
                }
                (None, false) => {}
            }
        }
        self.unanswered.clear();
    }

    /// Which logs there are must be explained by what was answered and what was asked.
    fn settle_existence(&mut self, log: &LocalLog, when: &str) {
        let there: BTreeSet<LogId> = log.logs().into_iter().collect();
        for id in self.live() {
            if !there.contains(&id) {
                let asked = self.unanswered.iter().any(|a| match a {
                    Asked::Remove(l) => *l == id,
                    Asked::RemoveGroup(g) => *g == id.group,
                    _ => false,
                });
                assert!(asked, "{when}: {id:?} is gone and nobody removed it");
                self.removed(id);
            }
        }
        for id in there {
            let known = self.logs.get(&id);
            assert!(known.is_none_or(|l| !l.removed), "{when}: {id:?} is back");
            let asked = self.unanswered.iter().any(|a| matches!(a, Asked::Create(l) if *l == id));
            assert!(known.is_some() || asked, "{when}: {id:?} is there and nobody made it");
            self.created(id);
        }
    }

    fn settle_trim(&mut self, id: LogId, records: &[Record]) {
        for asked in self.unanswered.clone() {
            if let Asked::Trim(group, before) = asked
                && group == id.group
                && records.iter().all(|r| r.arrival >= before)
            {
                let log = self.logs.get_mut(&id).expect("the log is known");
                log.kept.retain(|_, arrival| *arrival >= before);
            }
        }
    }

    fn check_log(&mut self, id: LogId, records: &[Record], when: &str) {
        let asked: Vec<Bytes> = self.asked_data(id);
        let log = self.logs.get_mut(&id).expect("the log is known");
        assert!(records.is_sorted_by(|a, b| a.position < b.position), "{when}: {id:?} is out of order");
        assert!(records.is_sorted_by_key(|r| r.arrival), "{when}: {id:?} has times that go back");
        let found: BTreeMap<Position, &Record> = records.iter().map(|r| (r.position, r)).collect();
        for position in log.kept.keys() {
            assert!(found.contains_key(position), "{when}: {id:?} lost {position:?}");
        }
        for (position, found) in found {
            let data = &found.record.data;
            assert_eq!(found.record, record(data), "{when}: {id:?} at {position:?}");
            match log.given.get(&position) {
                Some(given) => assert_eq!(given, data, "{when}: {id:?} gave {position:?} to two records"),
                None => {
                    assert!(asked.contains(data), "{when}: {id:?} has {position:?} that nobody appended");
                    log.given.insert(position, data.clone());
                }
            }
            // What was read once must be read again.
            if self.durability == Durability::Sync {
                log.kept.insert(position, found.arrival);
            }
        }
    }

    fn asked_data(&self, id: LogId) -> Vec<Bytes> {
        let of_log = |a: &Asked| match a {
            Asked::Append(l, records) if *l == id => records.clone(),
            _ => Vec::new(),
        };
        self.unanswered.iter().flat_map(of_log).collect()
    }
}

async fn read_all(log: &LocalLog, id: LogId, when: &str) -> Vec<Record> {
    let limit = ReadLimit { records_max: 7, bytes_max: 20_000 };
    let mut from = ReadFrom::Position(Position::default());
    let mut all = Vec::new();
    loop {
        match log.read(id, from, limit).await {
            Ok(part) if part.records.is_empty() => return all,
            Ok(part) => {
                from = ReadFrom::Position(part.next);
                all.extend(part.records);
            }
            Err(e @ LogError::Corrupt { .. }) => panic!("{when}: {id:?} is damaged: {e}"),
            Err(e) => panic!("{when}: {id:?} cannot be read: {e:?}"),
        }
    }
}
