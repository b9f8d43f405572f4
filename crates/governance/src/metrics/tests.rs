use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{Measured, Metrics, SERIES_MAX, SHARDS_MAX, STREAMS_MAX, Total};

/// The value of the line that begins with `series`.
fn value(metrics: &Metrics, series: &str) -> Option<f64> {
    let text = metrics.scrape();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[test]
fn operations_are_counted_by_name_and_errors_by_code() {
    let metrics = Metrics::new(|_| {});
    let calls = [None, Some(Cow::Borrowed("LimitExceededException")), Some(Cow::Owned("made up".to_owned()))];
    for error in &calls {
        metrics.operations().ended("K.Put", Duration::from_millis(2), error.as_ref());
    }
    metrics.operations().transferred("K.Put", 10, 20);
    let expected = [
        (r#"anabranch_requests_total{operation="K.Put"}"#, 3.0),
        (r#"anabranch_errors_total{operation="K.Put",code="LimitExceededException"}"#, 1.0),
        (r#"anabranch_errors_total{operation="K.Put",code="Other"}"#, 1.0),
        (r#"anabranch_request_body_bytes_total{operation="K.Put"}"#, 10.0),
        (r#"anabranch_answer_body_bytes_total{operation="K.Put"}"#, 20.0),
        (r#"anabranch_request_duration_seconds_count{operation="K.Put"}"#, 3.0),
    ];
    for (series, count) in expected {
        assert_eq!(value(&metrics, series), Some(count), "{series} in\n{}", metrics.scrape());
    }
}

#[test]
fn a_stream_is_scraped_while_it_is_held() {
    let metrics = Metrics::new(|_| {});
    let stream = metrics.stream("000000000000", "us-east-1", "clicks");
    stream.incoming(2, 30);
    metrics.stream("000000000000", "us-east-1", "clicks").incoming(1, 1);
    stream.outgoing(1, 10);
    stream.write_throttled(4);
    stream.read_throttled(5);
    stream.iterator_age(77);
    let labels = r#"{account="000000000000",region="us-east-1",stream="clicks"}"#;
    let expected = [
        ("stream_incoming_records_total", 3.0),
        ("stream_incoming_bytes_total", 31.0),
        ("stream_outgoing_records_total", 1.0),
        ("stream_outgoing_bytes_total", 10.0),
        ("stream_write_throttled_records_total", 4.0),
        ("stream_read_throttled_total", 5.0),
        ("stream_iterator_age_milliseconds", 77.0),
    ];
    for (series, count) in expected {
        assert_eq!(value(&metrics, &format!("anabranch_{series}{labels}")), Some(count), "{series}");
    }
    drop(stream);
    assert!(!metrics.scrape().contains("clicks"));
}

#[test]
fn streams_beyond_the_bound_share_one_set_of_counters() {
    let metrics = Metrics::new(|_| {});
    let held: Vec<_> =
        (0..STREAMS_MAX).map(|n| metrics.stream("000000000000", "us-east-1", &format!("s{n}"))).collect();
    let beyond = metrics.stream("000000000000", "us-east-1", "beyond");
    beyond.incoming(1, 1);
    let other =
        r#"anabranch_stream_incoming_records_total{account="_other",region="_other",stream="_other"}"#;
    assert_eq!(value(&metrics, other), Some(1.0));
    drop((held, beyond));
    let again = metrics.stream("000000000000", "us-east-1", "beyond");
    again.incoming(9, 9);
    let own = r#"anabranch_stream_incoming_records_total{account="000000000000",region="us-east-1",stream="beyond"}"#;
    assert_eq!(value(&metrics, own), Some(9.0));
}

#[test]
fn of_a_monitored_shard_the_chosen_figures_are_scraped() {
    let metrics = Metrics::new(|_| {});
    let shard = metrics.shard("000000000000", "us-east-1", "clicks", "shardId-000000000001");
    shard.incoming(2, 30);
    shard.iterator_age(7);
    let labels =
        r#"{account="000000000000",region="us-east-1",stream="clicks",shard="shardId-000000000001"}"#;
    let bytes = format!("anabranch_shard_incoming_bytes_total{labels}");
    let age = format!("anabranch_shard_iterator_age_milliseconds{labels}");
    assert_eq!((value(&metrics, &bytes), value(&metrics, &age)), (Some(30.0), Some(7.0)));
    shard.scrape_only(1);
    assert_eq!((value(&metrics, &bytes), value(&metrics, &age)), (Some(30.0), None));
    let held: Vec<_> =
        (1..SHARDS_MAX).map(|n| metrics.shard("000000000000", "us-east-1", "s", &n.to_string())).collect();
    metrics.shard("000000000000", "us-east-1", "s", "beyond").incoming(1, 1);
    assert!(!metrics.scrape().contains("beyond"));
    drop((shard, held));
    assert!(!metrics.scrape().contains("clicks"));
}

/// As many streams.
struct Service(usize);

impl Measured for Service {
    fn totals(&self) -> Vec<Total> {
        let total = |n: usize| Total {
            of: "kinesis",
            name: "PutRecords.Latency",
            labels: Arc::new(vec![("account", "000000000000".into()), ("stream", format!("s{n}"))]),
            samples: 3,
            sum: 1.5,
        };
        (0..self.0).map(total).collect()
    }
}

#[test]
fn what_a_service_measures_for_cloudwatch_is_scraped_while_it_lives() {
    let metrics = Metrics::new(|_| {});
    let service = Arc::new(Service(SERIES_MAX + 1));
    let weak: std::sync::Weak<Service> = Arc::downgrade(&service);
    metrics.measures(weak);
    let value = |stream: usize, figure: &str| {
        let labels = format!(r#"{{account="000000000000",stream="s{stream}"}}"#);
        value(&metrics, &format!("anabranch_kinesis_put_records_latency_{figure}{labels}"))
    };
    assert_eq!((value(0, "total"), value(0, "samples_total")), (Some(1.5), Some(3.0)));
    assert_eq!((value(SERIES_MAX - 1, "total"), value(SERIES_MAX, "total")), (Some(1.5), None));
    drop(service);
    assert!(!metrics.scrape().contains("anabranch_kinesis"));
}

#[test]
fn the_process_tells_its_memory_files_and_age() {
    let metrics = Metrics::new(|_| {});
    for series in ["resident_memory_bytes", "open_fds", "uptime_seconds"] {
        let value = value(&metrics, &format!("anabranch_process_{series}"));
        assert!(value.is_some_and(|v| v > 0.0), "{series} is {value:?}");
    }
}
