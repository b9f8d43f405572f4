use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::{Check, Place};
use crate::{
    AppendOutcome, Batch, BoxFuture, GroupId, LogError, LogId, NewRecord, Offset, Position, Producer,
    ReadBatch, ReadFrom, ReadLimit, Record, RecordLog, Refusal, Seal, TailEvent,
};

type Run = fn(Arc<dyn Place>) -> BoxFuture<'static, ()>;

const fn check(name: &'static str, run: Run) -> Check {
    Check { name, run }
}

/// Every check, each as a sentence.
pub const ALL: &[Check] = &[
    check("records come back as they were appended", |p| Box::pin(records_come_back(p))),
    check("a batch has one arrival time and following offsets", |p| Box::pin(one_arrival_per_batch(p))),
    check("batches of one call meet their own fates in order", |p| Box::pin(own_fates(p))),
    check("an unknown log is refused", |p| Box::pin(unknown(p))),
    check("creating a log again leaves it as it is", |p| Box::pin(create_again(p))),
    check("nothing comes after a close", |p| Box::pin(closed(p))),
    check("a read starts at its position or the next", |p| Box::pin(read_by_position(p))),
    check("a read starts at the first arrival at its time or later", |p| Box::pin(read_by_time(p))),
    check("a read keeps to its limit but returns at least one record", |p| Box::pin(limits(p))),
    check("arrival times never decrease", |p| Box::pin(arrivals(p))),
    check("trimmed records cannot be read", |p| Box::pin(trimmed(p))),
    check("a removed log is gone", |p| Box::pin(removed(p))),
    check("a removed group is gone with all its logs", |p| Box::pin(group_removed(p))),
    check("a follower is told everything once and in order", |p| Box::pin(followed(p))),
    check("a follower is told the end", |p| Box::pin(follower_sees_close(p))),
    check("everything is there after a restart", |p| Box::pin(restarted(p))),
    check("nothing is taken after a shut-down", |p| Box::pin(shut_down(p))),
    check("concurrent appends to one log all get their own places", |p| Box::pin(concurrent(p))),
];

const EVERYTHING: ReadLimit = ReadLimit { records_max: usize::MAX, bytes_max: usize::MAX };
const START: ReadFrom = ReadFrom::Position(Position { timeline: crate::Timeline(0), offset: Offset(0) });

fn id(index: u32) -> LogId {
    LogId { group: GroupId(7), index }
}

fn plain(text: &str) -> NewRecord {
    NewRecord {
        key: Some(Bytes::copy_from_slice(b"key")),
        data: Bytes::copy_from_slice(text.as_bytes()),
        ..NewRecord::default()
    }
}

fn batch(log: LogId, records: Vec<NewRecord>) -> Batch {
    Batch { log, records, producer: Producer::default() }
}

async fn open_with(place: &Arc<dyn Place>, logs: u32) -> Arc<dyn RecordLog> {
    let log = place.open();
    log.create((0..logs).map(id).collect()).await.expect("the logs are created");
    log
}

async fn append(log: &Arc<dyn RecordLog>, to: LogId, texts: &[&str]) -> Position {
    let records = texts.iter().map(|t| plain(t)).collect();
    match log.append_all(vec![batch(to, records)]).await.as_slice() {
        [AppendOutcome::Appended { first, .. }] => *first,
        other => panic!("{texts:?} to {to:?}: {other:?}"),
    }
}

async fn read(log: &Arc<dyn RecordLog>, of: LogId, from: ReadFrom) -> ReadBatch {
    let mut all = log.read(of, from, EVERYTHING).await.expect("the log can be read");
    loop {
        let more = log.read(of, ReadFrom::Position(all.next), EVERYTHING).await.expect("the log can be read");
        if more.records.is_empty() {
            return all;
        }
        all.records.extend(more.records);
        all.next = more.next;
    }
}

fn texts(records: &[Record]) -> Vec<String> {
    records.iter().map(|r| String::from_utf8_lossy(&r.record.data).into_owned()).collect()
}

async fn all_texts(log: &Arc<dyn RecordLog>, of: LogId) -> Vec<String> {
    texts(&read(log, of, START).await.records)
}

async fn records_come_back(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    let odd = [
        NewRecord::default(),
        NewRecord { key: Some(Bytes::new()), ..NewRecord::default() },
        NewRecord { explicit_hash: Some(u128::MAX), ..plain("explicit") },
        NewRecord { headers: Bytes::from(vec![0xff; 64 * 1024]), ..plain("headers") },
        NewRecord { seal: Some(Seal { data_key: 9, nonce: [3; 12] }), ..plain("sealed") },
        NewRecord { data: Bytes::from(vec![0xa5; 1 << 20]), ..plain("") },
        NewRecord { key: None, explicit_hash: Some(0), headers: Bytes::from_static(b"\0"), ..plain("x") },
    ];
    log.append_all(vec![batch(id(0), odd.to_vec())]).await;
    let found = read(&log, id(0), START).await;
    assert_eq!(found.records.iter().map(|r| r.record.clone()).collect::<Vec<_>>(), odd);
    assert_eq!(found.next, found.state.end);
}

async fn one_arrival_per_batch(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    let outcome = log.append_all(vec![batch(id(0), vec![plain("a"), plain("b"), plain("c")])]).await;
    let [AppendOutcome::Appended { first, arrival }] = outcome.as_slice() else {
        panic!("{outcome:?}");
    };
    let found = read(&log, id(0), START).await.records;
    assert!(found.iter().all(|r| r.arrival == *arrival));
    let offsets: Vec<u64> = found.iter().map(|r| r.position.offset.0).collect();
    assert_eq!(offsets, [first.offset.0, first.offset.0 + 1, first.offset.0 + 2]);
    assert_eq!(log.state(id(0)).expect("it exists").last_arrival, Some(*arrival));
}

async fn own_fates(place: Arc<dyn Place>) {
    let log = open_with(&place, 3).await;
    log.close(id(1)).await.expect("it closes");
    let batches = vec![
        batch(id(0), vec![plain("a")]),
        batch(id(1), vec![plain("b")]),
        batch(id(9), vec![plain("c")]),
        batch(id(2), vec![]),
        batch(id(2), vec![plain("d")]),
    ];
    let outcomes = log.append_all(batches).await;
    assert!(matches!(outcomes[0], AppendOutcome::Appended { .. }), "{outcomes:?}");
    assert_eq!(outcomes[1], AppendOutcome::Closed);
    assert_eq!(outcomes[2], AppendOutcome::Refused(Refusal::Unknown));
    assert_eq!(outcomes[3], AppendOutcome::Refused(Refusal::TooLarge));
    assert!(matches!(outcomes[4], AppendOutcome::Appended { .. }), "{outcomes:?}");
}

async fn unknown(place: Arc<dyn Place>) {
    let log = place.open();
    assert!(matches!(log.state(id(0)), Err(LogError::Unknown(_))));
    assert!(matches!(log.read(id(0), START, EVERYTHING).await, Err(LogError::Unknown(_))));
    assert!(matches!(log.close(id(0)).await, Err(LogError::Unknown(_))));
    assert!(log.follow(id(0), Arc::new(|_| {})).is_err());
    assert!(log.logs().is_empty());
}

async fn create_again(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    append(&log, id(0), &["a"]).await;
    log.create(vec![id(0), id(1)]).await.expect("they are created");
    assert_eq!(all_texts(&log, id(0)).await, ["a"]);
    assert_eq!(log.logs(), [id(0), id(1)]);
}

async fn closed(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    append(&log, id(0), &["a", "b"]).await;
    let at = log.close(id(0)).await.expect("it closes");
    assert_eq!(log.close(id(0)).await.expect("it is closed"), at);
    let outcome = log.append_all(vec![batch(id(0), vec![plain("c")])]).await;
    assert_eq!(outcome, [AppendOutcome::Closed]);
    let found = read(&log, id(0), START).await;
    assert_eq!(texts(&found.records), ["a", "b"]);
    assert!(found.state.closed);
    assert_eq!((found.state.end, found.next), (at, at));
}

async fn read_by_position(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    let first = append(&log, id(0), &["a", "b", "c"]).await;
    append(&log, id(0), &["d"]).await;
    let at = |n: u64| ReadFrom::Position(Position { offset: Offset(first.offset.0 + n), ..first });
    let cases = [(0, "abcd"), (1, "bcd"), (2, "cd"), (3, "d"), (4, ""), (9, "")];
    for (from, expected) in cases {
        let found = read(&log, id(0), at(from)).await;
        assert_eq!(texts(&found.records).concat(), expected, "from {from}");
    }
}

async fn read_by_time(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    let mut arrivals = Vec::new();
    for text in ["a", "b", "c"] {
        append(&log, id(0), &[text]).await;
        arrivals.push(log.state(id(0)).expect("it exists").last_arrival.expect("it has records"));
        place.clock().advance_to(arrivals[arrivals.len() - 1] + Duration::from_secs(10));
    }
    let second = Duration::from_secs(1);
    let cases = [
        (arrivals[0] - second, "abc"),
        (arrivals[0], "abc"),
        (arrivals[0] + second, "bc"),
        (arrivals[1], "bc"),
        (arrivals[2], "c"),
        (arrivals[2] + second, ""),
    ];
    for (from, expected) in cases {
        let found = read(&log, id(0), ReadFrom::Time(from)).await;
        assert_eq!(texts(&found.records).concat(), expected, "from {from}");
    }
}

async fn limits(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    append(&log, id(0), &["aaaa", "bbbb"]).await;
    append(&log, id(0), &["cccc"]).await;
    let cases = [(1, usize::MAX, 1), (2, usize::MAX, 2), (9, 1, 1), (9, 14, 2), (9, 21, 3), (0, 0, 1)];
    for (records_max, bytes_max, expected) in cases {
        let limit = ReadLimit { records_max, bytes_max };
        let (mut from, mut found) = (START, Vec::new());
        let first = log.read(id(0), from, limit).await.expect("it can be read");
        assert!((1..=expected).contains(&first.records.len()), "{limit:?}");
        loop {
            let part = log.read(id(0), from, limit).await.expect("it can be read");
            if part.records.is_empty() {
                break;
            }
            from = ReadFrom::Position(part.next);
            found.extend(part.records);
        }
        assert_eq!(texts(&found), ["aaaa", "bbbb", "cccc"], "{limit:?}");
    }
}

async fn arrivals(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    for i in 0..20_u64 {
        append(&log, id(0), &["x"]).await;
        place.clock().advance_to(place.clock().now() + Duration::from_millis(i % 3));
    }
    let found = read(&log, id(0), START).await.records;
    assert!(found.is_sorted_by_key(|r| r.arrival));
    assert!(found.is_sorted_by(|a, b| a.position < b.position));
}

async fn trimmed(place: Arc<dyn Place>) {
    let log = open_with(&place, 2).await;
    append(&log, id(0), &["old"]).await;
    append(&log, id(1), &["old"]).await;
    let later = place.clock().now() + Duration::from_secs(60);
    place.clock().advance_to(later);
    let kept = append(&log, id(0), &["new"]).await;
    log.trim(id(0).group, later).await.expect("it trims");
    assert_eq!(all_texts(&log, id(0)).await, ["new"]);
    assert_eq!(log.state(id(0)).expect("it exists").start, kept);
    let empty = log.state(id(1)).expect("it exists");
    assert_eq!(empty.start, empty.end);
    let next = append(&log, id(1), &["next"]).await;
    assert_eq!(next.offset, Offset(1));
}

async fn removed(place: Arc<dyn Place>) {
    let log = open_with(&place, 2).await;
    append(&log, id(0), &["a"]).await;
    append(&log, id(1), &["b"]).await;
    log.remove(vec![id(0)]).await.expect("it is removed");
    assert!(matches!(log.read(id(0), START, EVERYTHING).await, Err(LogError::Unknown(_))));
    let outcome = log.append_all(vec![batch(id(0), vec![plain("c")])]).await;
    assert_eq!(outcome, [AppendOutcome::Refused(Refusal::Unknown)]);
    assert_eq!(all_texts(&log, id(1)).await, ["b"]);
    assert_eq!(log.logs(), [id(1)]);
}

async fn group_removed(place: Arc<dyn Place>) {
    let log = open_with(&place, 2).await;
    let other = LogId { group: GroupId(8), index: 0 };
    log.create(vec![other]).await.expect("it is created");
    append(&log, id(0), &["a"]).await;
    append(&log, other, &["b"]).await;
    log.remove_group(id(0).group).await.expect("it is removed");
    assert_eq!(log.logs(), [other]);
    assert!(log.state(id(0)).is_err() && log.state(id(1)).is_err());
    assert_eq!(all_texts(&log, other).await, ["b"]);
}

async fn followed(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    append(&log, id(0), &["before"]).await;
    let told: Arc<Mutex<Vec<Position>>> = Arc::default();
    let tell = told.clone();
    let listener = Arc::new(move |event: &TailEvent| {
        if let TailEvent::Appended(end) = event {
            tell.lock().unwrap_or_else(PoisonError::into_inner).push(*end);
        }
    });
    let (from, subscription) = log.follow(id(0), listener).expect("it can be followed");
    let mut ends = Vec::new();
    for some in [&["a", "b"][..], &["c"]] {
        append(&log, id(0), some).await;
        ends.push(log.state(id(0)).expect("it exists").end);
    }
    let read_back = read(&log, id(0), ReadFrom::Position(from)).await.records;
    assert_eq!(texts(&read_back), ["a", "b", "c"]);
    assert_eq!(*told.lock().unwrap_or_else(PoisonError::into_inner), ends);
    drop(subscription);
    append(&log, id(0), &["d"]).await;
    assert_eq!(told.lock().unwrap_or_else(PoisonError::into_inner).len(), 2);
}

async fn follower_sees_close(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    let told: Arc<Mutex<Option<Position>>> = Arc::default();
    let tell = told.clone();
    let listener = Arc::new(move |event: &TailEvent| {
        if let TailEvent::Closed(at) = event {
            *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(*at);
        }
    });
    let (_, _subscription) = log.follow(id(0), listener).expect("it can be followed");
    append(&log, id(0), &["a"]).await;
    let at = log.close(id(0)).await.expect("it closes");
    assert_eq!(*told.lock().unwrap_or_else(PoisonError::into_inner), Some(at));
}

async fn restarted(place: Arc<dyn Place>) {
    let log = open_with(&place, 4).await;
    append(&log, id(0), &["a", "b"]).await;
    append(&log, id(1), &["old"]).await;
    append(&log, id(2), &["c"]).await;
    let closed_at = log.close(id(2)).await.expect("it closes");
    log.remove(vec![id(3)]).await.expect("it is removed");
    let later = place.clock().now() + Duration::from_secs(60);
    place.clock().advance_to(later);
    append(&log, id(1), &["new"]).await;
    log.trim(id(1).group, later).await.expect("it trims");
    append(&log, id(0), &["c"]).await;
    let before: Vec<_> = log.logs().into_iter().map(|l| (l, log.state(l).expect("it exists"))).collect();
    log.shut_down().await.expect("it shuts down");
    drop(log);
    let log = place.open();
    let after: Vec<_> = log.logs().into_iter().map(|l| (l, log.state(l).expect("it exists"))).collect();
    assert_eq!(after, before);
    assert_eq!(all_texts(&log, id(0)).await, ["c"]);
    assert_eq!(all_texts(&log, id(1)).await, ["new"]);
    assert_eq!(log.close(id(2)).await.expect("it is closed"), closed_at);
    let next = append(&log, id(0), &["d"]).await;
    assert_eq!(next, before[0].1.end);
}

async fn shut_down(place: Arc<dyn Place>) {
    let log = open_with(&place, 1).await;
    append(&log, id(0), &["a"]).await;
    log.shut_down().await.expect("it shuts down");
    let outcome = log.append_all(vec![batch(id(0), vec![plain("b")])]).await;
    assert_eq!(outcome, [AppendOutcome::Refused(Refusal::ShutDown)]);
    assert!(matches!(log.create(vec![id(1)]).await, Err(LogError::ShutDown)));
}

async fn concurrent(place: Arc<dyn Place>) {
    const THREADS: usize = 4;
    const EACH: usize = 50;
    let log = open_with(&place, 1).await;
    let append_some = |thread: usize| {
        let log = log.clone();
        std::thread::spawn(move || {
            for i in 0..EACH {
                let text = format!("{thread}.{i:03}");
                let at = super::block_on(append(&log, id(0), &[&text]));
                let found = super::block_on(read(&log, id(0), ReadFrom::Position(at))).records;
                assert_eq!(texts(&found)[0], text);
            }
        })
    };
    let threads: Vec<_> = (0..THREADS).map(append_some).collect();
    threads.into_iter().for_each(|t| t.join().expect("a thread found its records"));
    let found = read(&log, id(0), START).await.records;
    assert_eq!(found.len(), THREADS * EACH);
    assert!(found.iter().enumerate().all(|(i, r)| r.position.offset.0 == i as u64));
}
