//! Pages in the order of time, however events come.

use anabranch_api::logs::{FilterLogEvents, GetLogEvents};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Bench, bench, bench_on_disk, messages};
use crate::store::chunks::CHUNK_BYTES;

/// Puts one long message so long ago; ends of names tell them apart.
async fn put(bench: &Bench, stream: &str, ago_ms: i64, name: &str) {
    let message = format!("{}{name}", "x".repeat(CHUNK_BYTES as usize / 3));
    bench.put("g", stream, &[(ago_ms, &message)]).await;
}

/// The ends of all messages, page by page.
async fn read(bench: &Bench, from_head: bool) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut request =
            json!({ "logGroupName": "g", "logStreamName": "s", "limit": 3, "startFromHead": from_head });
        if !token.is_null() {
            request["nextToken"] = token.clone();
        }
        let page = bench.call::<GetLogEvents>(request).await;
        let mut found: Vec<String> =
            messages(&page).iter().map(|m| m.trim_start_matches('x').to_owned()).collect();
        if found.is_empty() {
            return names;
        }
        if !from_head {
            found.reverse();
        }
        names.extend(found);
        token = page[if from_head { "nextForwardToken" } else { "nextBackwardToken" }].clone();
    }
}

/// Puts events of these ages, in this order, then reads them forth and back before and after a restart.
async fn is_in_order(bench: Bench, ages: &[i64]) -> Bench {
    bench.make("g", &["s"]).await;
    for (n, age) in ages.iter().enumerate() {
        put(&bench, "s", *age, &format!("{n}")).await;
    }
    let mut expected: Vec<(i64, usize)> = ages.iter().enumerate().map(|(n, age)| (-age, n)).collect();
    expected.sort_unstable();
    let forth: Vec<String> = expected.iter().map(|(_, n)| n.to_string()).collect();
    let back: Vec<String> = forth.iter().rev().cloned().collect();
    assert_eq!((read(&bench, true).await, read(&bench, false).await), (forth.clone(), back.clone()));
    let bench = bench.restarted().await;
    assert_eq!((read(&bench, true).await, read(&bench, false).await), (forth, back));
    bench
}

#[tokio::test]
async fn events_come_in_the_order_of_time_not_of_arrival() {
    is_in_order(bench().await, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]).await;
    is_in_order(bench().await, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).await;
    is_in_order(bench().await, &[5, 100, 5, 3, 90, 80, 2, 2, 2, 70, 1]).await;
}

#[tokio::test]
async fn so_they_do_on_a_disk() {
    let dir = tempfile::tempdir().unwrap();
    is_in_order(bench_on_disk(dir.path()).await, &[5, 100, 5, 3, 90, 80, 2]).await;
}

#[tokio::test]
async fn what_the_index_lacks_is_looked_for() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    for n in 0..12 {
        put(&bench, "s", 100 - n, &n.to_string()).await;
    }
    // As after a crash between a batch's append and its index entry's: every entry is gone.
    let group = bench.logs.directory.all().remove(0);
    let index = group.index_log();
    assert!(bench.logs.log.state(index).unwrap().end.offset.0 > 0);
    bench.logs.log.remove(vec![index]).await.unwrap();
    bench.logs.log.create(vec![index]).await.unwrap();
    drop(group);
    let bench = bench.restarted().await;
    let expected: Vec<String> = (0..12).map(|n| n.to_string()).collect();
    assert_eq!(read(&bench, true).await, expected);
    put(&bench, "s", 0, "12").await;
    assert_eq!(read(&bench, true).await.last().map(String::as_str), Some("12"));
}

#[tokio::test]
async fn a_page_reads_the_chunks_it_is_in_and_no_others() {
    use crate::store::page::{Direction, Query};
    use crate::store::place::Place;
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    for n in 0..30 {
        put(&bench, "s", 1000 - n, &n.to_string()).await;
    }
    let group = bench.logs.directory.all().remove(0);
    let stream = group.stream("s").unwrap();
    assert!(stream.with_chunks(|chunks| chunks.all().count()) >= 8);
    let seen = std::sync::atomic::AtomicUsize::new(0);
    for (direction, expected) in [(Direction::Forward, "0"), (Direction::Backward, "29")] {
        seen.store(0, std::sync::atomic::Ordering::Relaxed);
        let query = Query {
            streams: std::slice::from_ref(&stream),
            from: Place::FIRST,
            until: Place::LAST,
            direction,
            events_max: 1,
            bytes_max: usize::MAX,
            scan_bytes_max: u64::MAX,
            meant: &|_| {
                seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                true
            },
        };
        let page = query.page(&*bench.logs.log).await.unwrap();
        assert_eq!(page.events[0].event.message.trim_start_matches('x'), expected);
        assert!(page.next.is_some());
        assert!(seen.load(std::sync::atomic::Ordering::Relaxed) <= 4, "a chunk holds three");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_finds_every_event_of_every_stream_once_and_in_order(
        puts in prop::collection::vec((0..3_usize, prop::collection::vec(0..60_i64, 1..5)), 1..40),
        limit in 1..7_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let bench = bench().await;
            let streams = ["a", "b", "c"];
            bench.make("g", &streams).await;
            let mut expected = Vec::new();
            for (n, (stream, ages)) in puts.iter().enumerate() {
                let mut ages = ages.clone();
                ages.sort_unstable_by(|a, b| b.cmp(a));
                let named: Vec<(i64, String)> = ages.iter().enumerate().map(|(i, age)| (*age, format!("{n}.{i}"))).collect();
                let events: Vec<(i64, &str)> = named.iter().map(|(age, name)| (*age, name.as_str())).collect();
                bench.put("g", streams[*stream], &events).await;
                expected.extend(named.into_iter().enumerate().map(|(i, (age, name))| (-age, *stream, n, i, name)));
            }
            expected.sort();
            let expected: Vec<String> = expected.into_iter().map(|(.., name)| name).collect();
            let (mut found, mut token) = (Vec::new(), Value::Null);
            loop {
                let mut request = json!({ "logGroupName": "g", "limit": limit });
                if !token.is_null() {
                    request["nextToken"] = token;
                }
                let page = bench.call::<FilterLogEvents>(request).await;
                found.extend(messages(&page).into_iter().map(str::to_owned));
                token = page["nextToken"].clone();
                if token.is_null() {
                    break;
                }
            }
            assert_eq!(found, expected);
        });
    }
}
