use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::cloudwatch::{
    Datapoint, Dimension, DimensionFilter, EntityMetricData, GetMetricData, GetMetricDataOutput,
    GetMetricStatistics, ListMetrics, Metric, MetricDataQuery, MetricDatum, MetricStat, PutMetricData,
    RecentlyActive, ScanBy, StandardUnit, Statistic, StatisticSet,
};
use anabranch_api::{ApiError, Context, Principal, RequestId};
use anabranch_catalog::{MemoryCatalog, SqliteCatalog};
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};
use anabranch_types::{AccountId, Clock, Region, Rng, Timestamp};
use bytestring::ByteString;

use super::CloudWatch;
use anabranch_governance::audit::NoAudit;
use anabranch_governance::iam::identities::Identities;
use anabranch_governance::kms::MasterKey;
use anabranch_governance::metrics::Metrics;
use anabranch_governance::{Authority, Door, Measurement, Measurements};

/// 2026-11-21T15:40:00Z
const T0: i64 = 1_795_275_600;
const ALL: [Statistic; 5] =
    [Statistic::SampleCount, Statistic::Average, Statistic::Sum, Statistic::Minimum, Statistic::Maximum];

/// A server's CloudWatch over a directory, seen by the root of one account.
struct Fixture {
    door: Door,
    service: Arc<CloudWatch>,
    cx: Context,
}

/// A judge who knows no identities.
fn authority() -> Arc<Authority> {
    let rng = Rng::seeded(1);
    let master_key = Arc::new(MasterKey::random(&rng));
    let catalog = Arc::new(MemoryCatalog::default());
    Authority::new(Arc::new(Identities::none(catalog, master_key, Clock::machine(), rng)))
}

/// A call of the root of `account`, received at [`T0`].
pub(crate) fn context(account: &str) -> Context {
    let account: AccountId = account.parse().unwrap();
    Context::inside(
        Principal::Root(account),
        account,
        Region::parse("us-east-1").unwrap(),
        RequestId::from_random(7),
        Timestamp::from_seconds(T0),
    )
}

impl Fixture {
    fn open(directory: &Path) -> Self {
        let clock = Clock::test(T0 * 1000 - Clock::machine_now().millis());
        let disk = Arc::new(RealDisk::open(directory.join("log")).unwrap());
        let log = LocalLog::open(disk, Options { clock, ..Options::default() }).unwrap();
        let catalog = SqliteCatalog::open(&directory.join("catalog.db")).unwrap();
        let door = Door::new(authority(), Arc::new(NoAudit), Metrics::new(|_| {}));
        let cx = context("111111111111");
        Self { door, service: Arc::new(CloudWatch::new(Arc::new(log), Arc::new(catalog))), cx }
    }

    async fn put(&self, request: PutMetricData) -> Result<(), ApiError> {
        self.door.unary(self.cx.clone(), &self.service, request).await.map(drop)
    }

    async fn get(&self, request: GetMetricStatistics) -> Result<Vec<Datapoint>, ApiError> {
        let output = self.door.unary(self.cx.clone(), &self.service, request).await?;
        assert_eq!(output.label.as_deref(), Some("latency"));
        Ok(output.datapoints.unwrap())
    }
}

impl Fixture {
    async fn query(&self, request: GetMetricData) -> Result<GetMetricDataOutput, ApiError> {
        self.door.unary(self.cx.clone(), &self.service, request).await
    }
}

fn data(data: Vec<MetricDatum>) -> PutMetricData {
    PutMetricData { namespace: "App".into(), metric_data: Some(data), ..PutMetricData::default() }
}

/// A value of the metric `latency`, measured this many seconds after [`T0`].
fn datum(after: i64, value: f64) -> MetricDatum {
    MetricDatum {
        metric_name: "latency".into(),
        timestamp: Some(Timestamp::from_seconds(T0 + after)),
        value: Some(value),
        ..MetricDatum::default()
    }
}

/// Sums of `latency` between two times in seconds after [`T0`].
fn sums(start: i64, end: i64, period: i32) -> GetMetricStatistics {
    GetMetricStatistics {
        namespace: "App".into(),
        metric_name: "latency".into(),
        start_time: Timestamp::from_seconds(T0 + start),
        end_time: Timestamp::from_seconds(T0 + end),
        period,
        statistics: Some(vec![Statistic::Sum]),
        ..GetMetricStatistics::default()
    }
}

/// Each datapoint's seconds after [`T0`] and sum.
fn timed_sums(points: &[Datapoint]) -> Vec<(i64, f64)> {
    points.iter().map(|p| (p.timestamp.unwrap().seconds() - T0, p.sum.unwrap())).collect()
}

#[tokio::test]
async fn what_was_put_is_summed_up_by_period_and_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    f.put(data(vec![datum(-200, 1.0), datum(-130, 2.0), datum(-70, 4.0)])).await.unwrap();
    f.put(data(vec![datum(-65, 8.0), datum(30, 16.0)])).await.unwrap();
    // -200 is in the minute -240, -130 in -180, -70 and -65 in -120, 30 in 0.
    let minutes = [(-240, 1.0), (-180, 2.0), (-120, 12.0), (0, 16.0)];
    assert_eq!(timed_sums(&f.get(sums(-300, 60, 60)).await.unwrap()), minutes);
    drop(f);
    let f = Fixture::open(directory.path());
    assert_eq!(timed_sums(&f.get(sums(-300, 60, 60)).await.unwrap()), minutes);
    f.put(data(vec![datum(-70, 0.5)])).await.unwrap();
    type Case = (i64, i64, i32, &'static [(i64, f64)]);
    let cases: [Case; 5] = [
        (-240, 60, 120, &[(-240, 3.0), (-120, 12.5), (0, 16.0)]),
        (-240, 60, 300, &[(-240, 31.5)]),
        // The start is rounded down to the minute, the end excluded.
        (-150, 0, 60, &[(-180, 2.0), (-120, 12.5)]),
        (-100, -61, 60, &[(-120, 12.5)]),
        (60, 120, 60, &[]),
    ];
    for (start, end, period, expected) in cases {
        let points = f.get(sums(start, end, period)).await.unwrap();
        assert_eq!(timed_sums(&points), expected, "{start}..{end} by {period}");
    }
}

#[tokio::test]
async fn every_statistic_comes_from_values_counts_and_statistic_sets() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let values = MetricDatum {
        value: None,
        values: Some(vec![1.0, 4.0]),
        counts: Some(vec![3.0, 1.0]),
        ..datum(0, 0.0)
    };
    let uncounted = MetricDatum { value: None, values: Some(vec![-1.0, 2.0]), ..datum(1, 0.0) };
    let set = StatisticSet { sample_count: 2.0, sum: 14.0, minimum: 5.0, maximum: 9.0 };
    let set = MetricDatum { value: None, statistic_values: Some(set), ..datum(59, 0.0) };
    f.put(data(vec![values, uncounted, set])).await.unwrap();
    let request = GetMetricStatistics { statistics: Some(ALL.to_vec()), ..sums(0, 60, 60) };
    let expected = Datapoint {
        timestamp: Some(Timestamp::from_seconds(T0)),
        sample_count: Some(8.0),
        average: Some(2.75),
        sum: Some(22.0),
        minimum: Some(-1.0),
        maximum: Some(9.0),
        unit: Some(StandardUnit::None),
        extended_statistics: None,
    };
    assert_eq!(f.get(request).await.unwrap(), [expected]);
}

#[tokio::test]
async fn seconds_are_told_apart_at_resolution_one_alone() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let fine = |after, value| MetricDatum { storage_resolution: Some(1), ..datum(after, value) };
    f.put(data(vec![fine(1, 1.0), fine(7, 2.0), datum(8, 4.0)])).await.unwrap();
    let points = f.get(sums(0, 10, 5)).await.unwrap();
    assert_eq!(timed_sums(&points), [(0, 5.0), (5, 2.0)]);
}

#[tokio::test]
async fn each_set_of_dimensions_is_a_metric_and_each_unit_a_datapoint() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let dimension = |n: &str, v: &str| Dimension { name: n.into(), value: v.into() };
    let with = |dimensions| MetricDatum { dimensions, ..datum(0, 1.0) };
    let both = vec![dimension("a", "1"), dimension("b", "2")];
    let in_bytes = MetricDatum { unit: Some(StandardUnit::Bytes), ..datum(0, 64.0) };
    f.put(data(vec![with(Some(both)), with(Some(vec![dimension("a", "1")])), with(None), in_bytes]))
        .await
        .unwrap();
    let other_name = MetricDatum { metric_name: "other".into(), ..datum(0, 128.0) };
    f.put(data(vec![other_name])).await.unwrap();
    let backwards = Some(vec![dimension("b", "2"), dimension("a", "1")]);
    let request = GetMetricStatistics { dimensions: backwards, ..sums(0, 60, 60) };
    assert_eq!(timed_sums(&f.get(request).await.unwrap()), [(0, 1.0)]);
    let plain = f.get(sums(0, 60, 60)).await.unwrap();
    let by_unit: Vec<_> = plain.iter().map(|p| (p.unit.unwrap(), p.sum.unwrap())).collect();
    assert_eq!(by_unit, [(StandardUnit::Bytes, 64.0), (StandardUnit::None, 1.0)]);
    let only = GetMetricStatistics { unit: Some(StandardUnit::Bytes), ..sums(0, 60, 60) };
    assert_eq!(timed_sums(&f.get(only).await.unwrap()), [(0, 64.0)]);
}

#[tokio::test]
async fn accounts_and_regions_do_not_see_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let mut f = Fixture::open(directory.path());
    let own = f.cx.clone();
    f.put(data(vec![datum(0, 1.0)])).await.unwrap();
    let elsewhere = Context { region: Region::parse("eu-west-1").unwrap(), ..own.clone() };
    let other = context("222222222222");
    for (cx, before) in [(elsewhere, vec![]), (other, vec![]), (own, vec![(0, 1.0)])] {
        f.cx = cx;
        assert_eq!(timed_sums(&f.get(sums(0, 60, 60)).await.unwrap()), before);
        f.put(data(vec![datum(0, 2.0)])).await.unwrap();
    }
    assert_eq!(timed_sums(&f.get(sums(0, 60, 60)).await.unwrap()), [(0, 3.0)]);
}

#[tokio::test]
async fn first_puts_at_once_make_one_log() {
    let directory = tempfile::tempdir().unwrap();
    let f = Arc::new(Fixture::open(directory.path()));
    let putting: Vec<_> = (0..8)
        .map(|_| {
            let f = Arc::clone(&f);
            tokio::spawn(async move { f.put(data(vec![datum(0, 1.0)])).await.unwrap() })
        })
        .collect();
    for one in putting {
        one.await.unwrap();
    }
    assert_eq!(timed_sums(&f.get(sums(0, 60, 60)).await.unwrap()), [(0, 8.0)]);
}

#[tokio::test]
async fn data_of_entities_are_data() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let of_entity =
        EntityMetricData { metric_data: Some(vec![datum(0, 1.0)]), ..EntityMetricData::default() };
    let entities = Some(vec![of_entity]);
    let request = PutMetricData { entity_metric_data: entities, metric_data: None, ..data(vec![]) };
    f.put(request).await.unwrap();
    assert_eq!(timed_sums(&f.get(sums(0, 60, 60)).await.unwrap()), [(0, 1.0)]);
}

#[tokio::test]
async fn a_put_that_breaks_a_rule_is_refused_whole_with_awss_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let set = Some(StatisticSet { sample_count: 1.0, sum: 1.0, minimum: 1.0, maximum: 1.0 });
    let valueless = || MetricDatum { value: None, ..datum(0, 0.0) };
    let valued = |values, counts| MetricDatum { values: Some(values), counts, ..valueless() };
    let second = |bad| data(vec![datum(0, 1.0), bad]);
    let cases = [
        (
            PutMetricData { namespace: "AWS/Kinesis".into(), ..data(vec![datum(0, 1.0)]) },
            "InvalidParameterValueException: The value AWS/Kinesis for parameter Namespace is invalid.",
        ),
        (
            PutMetricData { metric_data: None, ..data(vec![]) },
            "MissingRequiredParameterException: The parameter MetricData is required.",
        ),
        (
            data(vec![datum(0, 1.0); 1001]),
            "InvalidParameterValueException: The collection MetricData must not have a size greater than 1000.",
        ),
        (
            second(valueless()),
            "MissingRequiredParameterException: At least one of the parameters MetricData.member.2.Value, MetricData.member.2.Values and MetricData.member.2.StatisticValues must be specified.",
        ),
        (
            second(MetricDatum { values: Some(vec![1.0]), ..datum(0, 1.0) }),
            "InvalidParameterCombinationException: The parameters MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive and you have specified both.",
        ),
        (
            second(MetricDatum { statistic_values: set.clone(), ..datum(0, 1.0) }),
            "InvalidParameterCombinationException: The parameters MetricData.member.2.Value and MetricData.member.2.StatisticValues are mutually exclusive and you have specified both.",
        ),
        (
            second(MetricDatum { statistic_values: set, ..valued(vec![1.0], None) }),
            "InvalidParameterCombinationException: The parameters MetricData.member.2.Values and MetricData.member.2.StatisticValues are mutually exclusive and you have specified both.",
        ),
        (
            second(valued(vec![1.0, 2.0], Some(vec![1.0]))),
            "InvalidParameterValueException: The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size.",
        ),
        (
            second(valued(vec![1.0; 151], None)),
            "InvalidParameterValueException: The collection MetricData.member.2.Values must not have a size greater than 150.",
        ),
        (
            second(datum(0, f64::NAN)),
            "InvalidParameterValueException: The value NaN for parameter MetricData.member.2.Value is invalid.",
        ),
        (
            second(datum(0, f64::INFINITY)),
            "InvalidParameterValueException: The value inf for parameter MetricData.member.2.Value is invalid.",
        ),
        (
            second(valued(vec![1.0, f64::NEG_INFINITY], None)),
            "InvalidParameterValueException: The value -inf for parameter MetricData.member.2.Values.member.2 is invalid.",
        ),
        (
            second(MetricDatum { storage_resolution: Some(30), ..datum(0, 1.0) }),
            "InvalidParameterValueException: The value 30 for parameter MetricData.member.2.StorageResolution is invalid.",
        ),
        (
            second(datum(-14 * 86_400 - 1, 1.0)),
            "InvalidParameterValueException: The parameter MetricData.member.2.Timestamp must specify a time within the past two weeks.",
        ),
        (
            second(datum(2 * 3600 + 1, 1.0)),
            "InvalidParameterValueException: The parameter MetricData.member.2.Timestamp must specify a time no more than two hours in the future.",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(f.put(request).await.unwrap_err().to_string(), sentence);
    }
    assert!(f.get(sums(-60, 60, 60)).await.unwrap().is_empty(), "nothing was put");
}

#[tokio::test]
async fn the_edges_of_the_rules_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let values = MetricDatum { value: None, values: Some(vec![1.0; 150]), ..datum(0, 0.0) };
    let cases = [
        data(vec![datum(0, 1.0); 1000]),
        data(vec![values]),
        data(vec![datum(-14 * 86_400, 1.0), datum(2 * 3600, 1.0)]),
        data(vec![MetricDatum { metric_name: "great".into(), ..datum(0, 2.0_f64.powi(360)) }]),
        data(vec![MetricDatum { metric_name: "great".into(), ..datum(0, -(2.0_f64.powi(360))) }]),
        data(vec![]),
    ];
    for request in cases {
        f.put(request).await.unwrap();
    }
    let two_weeks = GetMetricStatistics { ..sums(-14 * 86_400, 2 * 3600 + 60, 3600) };
    let points = timed_sums(&f.get(two_weeks).await.unwrap());
    assert_eq!(points, [(-14 * 86_400, 1.0), (0, 1150.0), (2 * 3600, 1.0)]);
}

#[tokio::test]
async fn a_question_that_breaks_a_rule_is_refused_with_awss_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let extended = |of: &str| Some(vec![of.into()]);
    let cases = [
        (
            sums(0, 0, 60),
            "InvalidParameterValueException: The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            sums(0, 60, 45),
            "InvalidParameterValueException: The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.",
        ),
        (
            sums(0, 86_400, 1),
            "InvalidParameterCombinationException: You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        ),
        (
            sums(0, 1441 * 60, 60),
            "InvalidParameterCombinationException: You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        ),
        (
            GetMetricStatistics { statistics: None, ..sums(0, 60, 60) },
            "InvalidParameterCombinationException: Must specify either Statistics or ExtendedStatistics",
        ),
        (
            GetMetricStatistics { extended_statistics: extended("p99"), ..sums(0, 60, 60) },
            "InvalidParameterCombinationException: The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.",
        ),
        (
            GetMetricStatistics { statistics: None, extended_statistics: extended("Sum"), ..sums(0, 60, 60) },
            "InvalidParameterValueException: The value Sum for parameter ExtendedStatistics.member.1 is invalid.",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(f.get(request).await.unwrap_err().to_string(), sentence);
    }
    assert!(f.get(sums(0, 1440 * 60, 60)).await.unwrap().is_empty());
    let far = GetMetricStatistics {
        start_time: Timestamp::from_millis(i64::MIN),
        end_time: Timestamp::from_millis(i64::MAX),
        ..sums(0, 0, 60)
    };
    assert!(f.get(far).await.is_err());
}

#[tokio::test]
async fn the_start_is_rounded_down_by_its_age() {
    let directory = tempfile::tempdir().unwrap();
    let mut f = Fixture::open(directory.path());
    f.put(data(vec![datum(0, 1.0)])).await.unwrap();
    // T0 is forty minutes past the hour: five minutes do not move it, the hour does.
    for (later, first) in [(90, 0), (20 * 86_400, 0), (70 * 86_400, -2400)] {
        f.cx.received = Timestamp::from_seconds(T0 + later);
        let points = f.get(sums(30, 3600, 7200)).await.unwrap();
        assert_eq!(timed_sums(&points), [(first, 1.0)], "{later} s later");
    }
}

#[tokio::test]
async fn what_a_service_measures_is_read_in_its_namespace_and_put_by_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let measured = |sum| Measurement {
        name: "latency",
        dimensions: vec![("StreamName", "s".into())],
        unit: StandardUnit::Bytes,
        samples: 2,
        sum,
        minimum: 1.0,
        maximum: sum - 1.0,
    };
    for (minute, sum) in [(-120, 5.0), (-60, 9.0)] {
        let at = Timestamp::from_seconds(T0 + minute);
        f.service.record(f.cx.account, &f.cx.region, "AWS/Kinesis", at, vec![measured(sum)]).await.unwrap();
    }
    let ask = |namespace: &str, stream: &str| GetMetricStatistics {
        namespace: namespace.into(),
        dimensions: Some(vec![Dimension { name: "StreamName".into(), value: stream.into() }]),
        statistics: Some(ALL.to_vec()),
        ..sums(-180, 60, 60)
    };
    let points = f.get(ask("AWS/Kinesis", "s")).await.unwrap();
    assert_eq!(timed_sums(&points), [(-120, 5.0), (-60, 9.0)]);
    assert_eq!((points[1].minimum, points[1].maximum, points[1].average), (Some(1.0), Some(8.0), Some(4.5)));
    assert_eq!(f.get(ask("AWS/Kinesis", "t")).await.unwrap(), []);
    assert_eq!(f.get(ask("App", "s")).await.unwrap(), []);
    let refused = f.put(PutMetricData { namespace: "AWS/Kinesis".into(), ..data(vec![datum(0, 1.0)]) }).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValueException");
}

fn query(id: &str, stat: &str) -> MetricDataQuery {
    let metric =
        Metric { namespace: Some("App".into()), metric_name: Some("latency".into()), ..Metric::default() };
    let stat = MetricStat { metric, period: 60, stat: stat.into(), unit: None };
    MetricDataQuery { id: id.into(), metric_stat: Some(stat), ..MetricDataQuery::default() }
}

fn queries(queries: Vec<MetricDataQuery>) -> GetMetricData {
    GetMetricData {
        metric_data_queries: queries,
        start_time: Timestamp::from_seconds(T0 - 600),
        end_time: Timestamp::from_seconds(T0 + 60),
        ..GetMetricData::default()
    }
}

/// Each result's id, and seconds after [`T0`] with the value of its points.
fn results(of: &GetMetricDataOutput) -> Vec<(&str, Vec<(i64, f64)>)> {
    let results = of.metric_data_results.as_ref().unwrap().iter();
    let told = results.map(|result| {
        let times = result.timestamps.as_ref().unwrap().iter().map(|at| at.seconds() - T0);
        (result.id.as_deref().unwrap(), times.zip(result.values.clone().unwrap()).collect())
    });
    told.collect()
}

#[tokio::test]
async fn queries_are_answered_newest_first_and_by_pages() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    f.put(data(vec![datum(-130, 1.0), datum(-125, 3.0), datum(-70, 4.0), datum(0, 5.0)])).await.unwrap();
    let hidden = MetricDataQuery { return_data: Some(false), ..query("hidden", "Sum") };
    let request = queries(vec![query("sum", "Sum"), hidden, query("p90", "p90")]);
    let (sums, p90) = ([(0, 5.0), (-120, 4.0), (-180, 4.0)], [(0, 5.0), (-120, 4.0), (-180, 3.0)]);
    let all = f.query(request.clone()).await.unwrap();
    assert_eq!(results(&all), [("sum", sums.to_vec()), ("p90", p90.to_vec())]);
    assert_eq!(all.next_token, None);
    let mut paged = GetMetricData { max_datapoints: Some(4), ..request.clone() };
    let first = f.query(paged.clone()).await.unwrap();
    assert_eq!(results(&first), [("sum", sums.to_vec()), ("p90", p90[..1].to_vec())]);
    paged.next_token = first.next_token;
    let second = f.query(paged).await.unwrap();
    assert_eq!((results(&second), second.next_token.as_ref()), (vec![("p90", p90[1..].to_vec())], None));
    let ascending = GetMetricData { scan_by: Some(ScanBy::TimestampAscending), ..request };
    let ascending = f.query(ascending).await.unwrap();
    assert_eq!(results(&ascending)[0].1, [(-180, 4.0), (-120, 4.0), (0, 5.0)]);
}

#[tokio::test]
async fn queries_that_break_a_rule_are_refused_with_awss_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let one = |query| queries(vec![query]);
    let with_stat = |change: fn(&mut MetricStat)| {
        let mut query = query("a", "Sum");
        change(query.metric_stat.as_mut().unwrap());
        one(query)
    };
    let many = (0..501).map(|n| query(&format!("q{n}"), "Sum")).collect();
    let cases = [
        (
            GetMetricData { end_time: Timestamp::from_seconds(T0 - 600), ..one(query("a", "Sum")) },
            "ValidationError: The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            queries(many),
            "ValidationError: The collection MetricDataQueries must not have a size greater than 500.",
        ),
        (
            one(query("A", "Sum")),
            "ValidationError: The value A for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
        ),
        (
            queries(vec![query("a", "Sum"), query("a", "Sum")]),
            "ValidationError: The values for parameter id in MetricDataQueries are not unique.",
        ),
        (
            one(MetricDataQuery { return_data: Some(false), ..query("a", "Sum") }),
            "ValidationError: At least one of the MetricDataQueries must have ReturnData set to true.",
        ),
        (
            one(MetricDataQuery { metric_stat: None, ..query("a", "Sum") }),
            "ValidationError: Either MetricDataQueries.member.1.MetricStat or MetricDataQueries.member.1.Expression must be specified.",
        ),
        (
            one(MetricDataQuery { expression: Some("b".into()), ..query("a", "Sum") }),
            "ValidationError: The parameters MetricDataQueries.member.1.MetricStat and MetricDataQueries.member.1.Expression are mutually exclusive and you have specified both.",
        ),
        (
            with_stat(|s| s.stat = "Most".into()),
            "ValidationError: The value Most for parameter MetricDataQueries.member.1.MetricStat.Stat is invalid.",
        ),
        (
            one(MetricDataQuery { account_id: Some("222222222222".into()), ..query("a", "Sum") }),
            "InvalidParameterValueException: The account 222222222222 is not linked to this account.",
        ),
        (one(math("a", "1 +")), "ValidationError: Error in expression 'a': Unexpected end"),
        (
            one(math("a", "SUM(b)")),
            "ValidationError: Error in expression 'a': SUM does not take a value of type String",
        ),
        (one(math("a", "b")), "ValidationError: Error in expression 'a': Unknown identifier 'b'"),
        (
            one(math("a", "PERIOD(SLICE(METRICS(), 0))")),
            "ValidationError: Error in expression 'a': PERIOD does not take a value of type Array[TimeSeries]",
        ),
        (
            queries(vec![query("m", "Sum"), math("a", "PERIOD(m)")]),
            "ValidationError: Error in expression 'a': The result is a scalar, and must be a time series",
        ),
        (
            queries(vec![math("a", "b + 1"), math("b", "a + 1")]),
            "ValidationError: Error in expression 'a': It depends on itself",
        ),
        (
            one(math("a", "SEARCH('{App', 'Sum', 60)")),
            "ValidationError: Error in expression 'a': A brace of a search is not closed",
        ),
        (
            one(math("a", "SEARCH('x', 'Most', 60)")),
            "ValidationError: Error in expression 'a': 'Most' is no statistic",
        ),
        (
            one(math("a", "SEARCH('x', 'Sum', 90)")),
            "ValidationError: Error in expression 'a': 90 is no period",
        ),
        (
            with_stat(|s| s.period = 90),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat.Period must be 1, 5, 10, 20, 30, or a multiple of 60.",
        ),
        (
            with_stat(|s| s.metric.namespace = None),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat.Metric.Namespace is required.",
        ),
        (
            with_stat(|s| s.metric.metric_name = None),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat.Metric.MetricName is required.",
        ),
        (
            GetMetricData { max_datapoints: Some(100_801), ..one(query("a", "Sum")) },
            "ValidationError: The value 100801 for parameter MaxDatapoints must be between 1 and 100800.",
        ),
        (
            GetMetricData { next_token: Some("x".into()), ..one(query("a", "Sum")) },
            "InvalidNextToken: The specified next token is invalid.",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(f.query(request).await.unwrap_err().to_string(), sentence);
    }
}

impl Fixture {
    /// Names, and dimension values, of the metrics that are listed; and the next token.
    async fn list(&self, request: ListMetrics) -> Result<(Vec<String>, Option<ByteString>), ApiError> {
        let output = self.door.unary(self.cx.clone(), &self.service, request).await?;
        let told = output.metrics.unwrap().into_iter().map(|metric| {
            let values = metric.dimensions.unwrap().into_iter().map(|d| format!(" {}={}", d.name, d.value));
            format!("{}{}", metric.metric_name.unwrap(), values.collect::<String>())
        });
        Ok((told.collect(), output.next_token))
    }
}

#[tokio::test]
async fn metrics_are_listed_by_what_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let named = |name: &str, dimensions: &[(&str, &str)], after| {
        let dimensions =
            dimensions.iter().map(|(name, value)| Dimension { name: (*name).into(), value: (*value).into() });
        MetricDatum { metric_name: name.into(), dimensions: Some(dimensions.collect()), ..datum(after, 1.0) }
    };
    let both = named("b", &[("y", "2"), ("x", "1")], -4 * 3600);
    f.put(data(vec![named("a", &[("x", "1")], 0), both, named("b", &[], -13 * 86_400)])).await.unwrap();
    let other = PutMetricData { namespace: "Other".into(), ..data(vec![named("a", &[], 0)]) };
    f.put(other).await.unwrap();
    let filter =
        |name: &str, value: Option<&str>| DimensionFilter { name: name.into(), value: value.map(Into::into) };
    let all = ListMetrics::default;
    let cases: [(ListMetrics, &[&str]); 9] = [
        (all(), &["a x=1", "b", "b x=1 y=2", "a"]),
        (ListMetrics { namespace: Some("App".into()), ..all() }, &["a x=1", "b", "b x=1 y=2"]),
        (ListMetrics { metric_name: Some("a".into()), ..all() }, &["a x=1", "a"]),
        (ListMetrics { dimensions: Some(vec![filter("x", None)]), ..all() }, &["a x=1", "b x=1 y=2"]),
        (
            ListMetrics { dimensions: Some(vec![filter("x", Some("1")), filter("y", None)]), ..all() },
            &["b x=1 y=2"],
        ),
        (ListMetrics { dimensions: Some(vec![filter("x", Some("2"))]), ..all() }, &[]),
        (ListMetrics { recently_active: Some(RecentlyActive::Pt3h), ..all() }, &["a x=1", "a"]),
        (
            ListMetrics {
                owning_account: Some("111111111111".into()),
                metric_name: Some("b".into()),
                ..all()
            },
            &["b", "b x=1 y=2"],
        ),
        (ListMetrics { owning_account: Some("222222222222".into()), ..all() }, &[]),
    ];
    for (request, expected) in cases {
        assert_eq!(f.list(request.clone()).await.unwrap().0, expected, "{request:?}");
    }
    let mut later = f.cx.clone();
    later.received = Timestamp::from_seconds(T0 + 2 * 86_400);
    let f = Fixture { cx: later, ..f };
    assert_eq!(f.list(all()).await.unwrap().0, ["a x=1", "b x=1 y=2", "a"], "one is two weeks old");
}

#[tokio::test]
async fn metrics_are_listed_by_pages_of_five_hundred() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let many = (0..1001).map(|n| MetricDatum { metric_name: format!("m{n:04}").into(), ..datum(0, 1.0) });
    let mut many: Vec<_> = many.collect();
    f.put(data(many.split_off(501))).await.unwrap();
    f.put(data(many)).await.unwrap();
    let (mut token, mut all, mut sizes) = (None, vec![], vec![]);
    loop {
        let (names, next) =
            f.list(ListMetrics { next_token: token, ..ListMetrics::default() }).await.unwrap();
        sizes.push(names.len());
        all.extend(names);
        token = next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [500, 500, 1]);
    assert!(all.is_sorted() && all.len() == 1001);
    for token in ["x", "!", "AQBO"] {
        let refused = f.list(ListMetrics { next_token: Some(token.into()), ..ListMetrics::default() }).await;
        let sentence = "InvalidParameterValueException: The value for parameter NextToken is invalid.";
        assert_eq!(refused.unwrap_err().to_string(), sentence);
    }
}

fn math(id: &str, expression: &str) -> MetricDataQuery {
    MetricDataQuery { id: id.into(), expression: Some(expression.into()), ..MetricDataQuery::default() }
}

#[tokio::test]
async fn expressions_speak_of_metrics_of_each_other_and_of_what_a_search_finds() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let of = |name: &str, host: &str, after, value| MetricDatum {
        metric_name: name.into(),
        dimensions: Some(vec![Dimension { name: "Host".into(), value: host.into() }]),
        ..datum(after, value)
    };
    let all = vec![
        datum(-60, 10.0),
        datum(0, 20.0),
        of("load", "h1", -60, 1.0),
        of("load", "h1", 0, 2.0),
        of("load", "h2", 0, 5.0),
        of("free", "h1", 0, 7.0),
    ];
    f.put(data(all)).await.unwrap();
    let hidden = MetricDataQuery { return_data: Some(false), ..query("m", "Sum") };
    let labelled = MetricDataQuery {
        label: Some("Load of".into()),
        ..math("found", r#"SEARCH('{App,Host} MetricName="load"', 'Sum', 60)"#)
    };
    let request = queries(vec![
        math("late", "twice + 1"),
        math("twice", "m * 2"),
        hidden,
        labelled,
        math("all", "SUM(SEARCH('{App,Host} h1', 'Sum', 60))"),
        math("none", "SEARCH('{App,Other}', 'Sum', 60)"),
    ]);
    let output = f.query(request).await.unwrap();
    let expected = [
        ("late", vec![(0, 41.0), (-60, 21.0)]),
        ("twice", vec![(0, 40.0), (-60, 20.0)]),
        ("found", vec![(0, 2.0), (-60, 1.0)]),
        ("found", vec![(0, 5.0)]),
        ("all", vec![(0, 9.0), (-60, 1.0)]),
    ];
    assert_eq!(results(&output), expected);
    let labels: Vec<_> = output.metric_data_results.unwrap().into_iter().map(|r| r.label.unwrap()).collect();
    assert_eq!(labels, ["late", "twice", "Load of h1", "Load of h2", "all"]);
}

#[tokio::test]
async fn expressions_that_come_to_too_many_points_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::open(directory.path());
    let of = |count: usize| {
        let made = vec!["TIME_SERIES(1)"; count].join(",");
        let last = MetricDataQuery { period: Some(60), ..math("last", &format!("FIRST([{made}])")) };
        let request = queries(vec![last]);
        let start_time = request.end_time - Duration::from_secs(60 * 86_400);
        GetMetricData { start_time, ..request }
    };
    let points = f.query(of(2)).await.unwrap().metric_data_results.unwrap()[0].values.as_ref().unwrap().len();
    assert!(points >= 60 * 1440 - 1, "{points}");
    let ApiError { code, message, .. } = f.query(of(60)).await.unwrap_err();
    assert_eq!(code, "ValidationError");
    let message = message.unwrap();
    assert!(message.contains("The queries come to more than 5040000 datapoints."), "{message}");
}
