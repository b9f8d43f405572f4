use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anabranch_api::cloudwatch::{
    ComparisonOperator, DeleteAlarms, DescribeAlarmHistory, DescribeAlarms, DisableAlarmActions,
    EnableAlarmActions, Error, HistoryItemType, ListTagsForResource, MetricDataQuery, PutCompositeAlarm,
    PutMetricAlarm, SetAlarmState, StateValue, Statistic, Tag, TagResource, UntagResource,
};
use anabranch_api::{ApiError, Context, Serve as _};
use anabranch_catalog::{Catalog, MemoryCatalog};
use anabranch_types::{Clock, Due as _, Timestamp};
use bytestring::ByteString;

use super::keys::Scope;
use super::outbox::{Delivered, Notification};
use super::series::{Series, Values, Window};
use super::service::Alarms;
use crate::tests::context;

use StateValue::{Alarm, InsufficientData, Ok as Okay};

/// 2026-11-21T15:40:00Z
const T0: i64 = 1_795_275_600;
const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:topic";

/// Metrics of one datapoint a minute, by the name of the metric.
#[derive(Default)]
struct Told(Mutex<HashMap<String, HashMap<i64, f64>>>);

impl Series for Told {
    fn values<'a>(
        &'a self,
        _: &'a Scope,
        queries: &'a [MetricDataQuery],
        window: Window,
    ) -> Pin<Box<dyn Future<Output = Result<Values, Error>> + Send + 'a>> {
        let metric = queries.iter().find_map(|query| query.metric_stat.as_ref()).unwrap().metric.clone();
        let name = metric.metric_name.unwrap().to_string();
        let told = self.0.lock().unwrap();
        let value = |at: usize| {
            let of_metric = told.get(&name)?;
            let start = window.period(at).seconds();
            (start..start + i64::from(window.period_seconds))
                .find_map(|second| of_metric.get(&second).copied())
        };
        let values = (0..window.periods).map(value).collect();
        Box::pin(async move { Ok(values) })
    }

    fn check(&self, queries: &[MetricDataQuery]) -> Result<(), (String, String)> {
        let stat = queries.iter().find_map(|query| query.metric_stat.as_ref());
        match stat {
            Some(stat) if &*stat.stat == "p101" => Err((String::new(), "no".to_owned())),
            _ => Ok(()),
        }
    }
}

/// Alarms of one account over a clock that stands, with metrics of the test's.
struct Fixture {
    alarms: Arc<Alarms>,
    catalog: Arc<dyn Catalog>,
    told: Arc<Told>,
    clock: Clock,
    cx: Context,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::standing(Timestamp::from_seconds(T0));
        let (catalog, told) = (Arc::new(MemoryCatalog::default()), Arc::new(Told::default()));
        let alarms = Alarms::over(catalog.clone(), clock.clone(), told.clone()).await.unwrap();
        Self { alarms, catalog, told, clock, cx: context("111111111111") }
    }

    /// As after a restart.
    async fn again(&mut self) {
        self.alarms =
            Alarms::over(self.catalog.clone(), self.clock.clone(), self.told.clone()).await.unwrap();
    }

    fn cx(&self) -> Context {
        Context { received: self.clock.now(), ..self.cx.clone() }
    }

    fn tell(&self, metric: &str, second: i64, value: f64) {
        self.told.0.lock().unwrap().entry(metric.to_owned()).or_default().insert(second, value);
    }

    /// Lets time pass; all that falls due is done at its time.
    async fn pass(&self, seconds: u64) {
        let to = self.clock.now() + Duration::from_secs(seconds);
        while let Some(at) = self.alarms.next_due().filter(|at| *at <= to) {
            self.clock.advance_to(at);
            self.alarms.run(at).await;
            assert!(self.alarms.next_due().is_none_or(|next| next > at), "still due at {at}");
        }
        self.clock.advance_to(to);
    }

    async fn put(&self, name: &str) {
        self.alarms.serve(&self.cx(), metric_alarm(name)).await.unwrap();
    }

    async fn put_composite(&self, name: &str, rule: &str) -> Result<(), Error> {
        let request = PutCompositeAlarm {
            alarm_name: name.into(),
            alarm_rule: rule.into(),
            alarm_actions: Some(vec![TOPIC.into()]),
            ok_actions: Some(vec![TOPIC.into()]),
            ..PutCompositeAlarm::default()
        };
        self.alarms.serve(&self.cx(), request).await.map(drop)
    }

    async fn set(&self, name: &str, state: StateValue) {
        let request = SetAlarmState {
            alarm_name: name.into(),
            state_value: state,
            state_reason: "said so".into(),
            state_reason_data: None,
        };
        self.alarms.serve(&self.cx(), request).await.unwrap();
    }

    fn state(&self, name: &str) -> (StateValue, String) {
        let scope = super::service::scope(&self.cx);
        let alarm = self.alarms.alarm(&scope, name).unwrap();
        (alarm.stored.state.value, alarm.stored.state.reason.clone())
    }

    /// The changes that notifications tell of, in order; they are taken as delivered.
    async fn notified(&self) -> Vec<String> {
        let mut told = Vec::new();
        for notification in self.alarms.waiting(None, 1000).await.unwrap().0 {
            let message: serde_json::Value = serde_json::from_str(&notification.message).unwrap();
            let text = |name: &str| message[name].as_str().unwrap().to_owned();
            told.push(format!("{} {}->{}", text("AlarmName"), text("OldStateValue"), text("NewStateValue")));
            self.alarms.delivered(&notification, &Delivered::Taken).await.unwrap();
        }
        told
    }

    async fn history(&self, request: DescribeAlarmHistory) -> Vec<(HistoryItemType, String)> {
        let answer = self.alarms.serve(&self.cx(), request).await.unwrap();
        let items = answer.alarm_history_items.unwrap().into_iter();
        items.map(|i| (i.history_item_type.unwrap(), i.history_summary.unwrap().to_string())).collect()
    }
}

/// Watches the metric of its own name: above 1 in two of three minutes.
fn metric_alarm(name: &str) -> PutMetricAlarm {
    PutMetricAlarm {
        alarm_name: name.into(),
        metric_name: Some(name.into()),
        namespace: Some("N".into()),
        statistic: Some(Statistic::Sum),
        period: Some(60),
        evaluation_periods: Some(3),
        datapoints_to_alarm: Some(2),
        threshold: Some(1.0),
        comparison_operator: Some(ComparisonOperator::GreaterThanThreshold),
        alarm_actions: Some(vec![TOPIC.into()]),
        ok_actions: Some(vec![TOPIC.into()]),
        ..PutMetricAlarm::default()
    }
}

fn code(error: Error) -> (String, String) {
    let error = ApiError::from(error);
    (error.code.to_string(), error.message.unwrap_or_default().to_string())
}

#[tokio::test]
async fn an_alarm_follows_its_metric_and_tells_each_change_once() {
    let mut all = Fixture::new().await;
    all.put("a").await;
    assert_eq!(all.state("a"), (InsufficientData, "Unchecked: Initial alarm creation".to_owned()));
    for minute in 0..3 {
        all.tell("a", T0 + minute * 60, 0.0);
    }
    all.pass(180).await;
    assert_eq!(all.state("a").0, Okay);
    for minute in 3..5 {
        all.tell("a", T0 + minute * 60, 5.0);
    }
    all.pass(130).await;
    assert_eq!(
        all.state("a"),
        (Alarm, "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (21/11/26 15:44:00), 5.0 (21/11/26 15:43:00)] were greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).".to_owned())
    );
    all.again().await;
    assert_eq!(all.state("a").0, Alarm);
    all.pass(600).await;
    assert_eq!(all.state("a").0, InsufficientData);
    assert_eq!(all.notified().await, ["a INSUFFICIENT_DATA->OK", "a OK->ALARM"]);
    assert_eq!(all.notified().await, Vec::<String>::new());
    let history = all.history(DescribeAlarmHistory::default()).await;
    let mut kinds: Vec<&str> = history.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        ["Action", "Action", "ConfigurationUpdate", "StateUpdate", "StateUpdate", "StateUpdate"]
    );
    assert!(history.contains(&(HistoryItemType::StateUpdate, "Alarm updated from OK to ALARM".to_owned())));
    assert_eq!(history.last().unwrap().1, "Alarm \"a\" created");
}

#[tokio::test]
async fn a_high_resolution_alarm_is_evaluated_every_ten_seconds() {
    let all = Fixture::new().await;
    let request = PutMetricAlarm {
        period: Some(10),
        evaluation_periods: Some(1),
        datapoints_to_alarm: None,
        ..metric_alarm("h")
    };
    all.alarms.serve(&all.cx(), request).await.unwrap();
    all.tell("h", T0, 5.0);
    all.pass(10).await;
    assert_eq!(all.state("h").0, Alarm);
}

#[tokio::test]
async fn actions_that_are_disabled_are_not_taken() {
    let all = Fixture::new().await;
    all.put("a").await;
    let names = vec!["a".into(), "nobody".into()];
    all.alarms.serve(&all.cx(), DisableAlarmActions { alarm_names: names.clone() }).await.unwrap();
    all.set("a", Alarm).await;
    assert_eq!(all.notified().await, Vec::<String>::new());
    all.alarms.serve(&all.cx(), EnableAlarmActions { alarm_names: names }).await.unwrap();
    all.set("a", Alarm).await;
    assert_eq!(all.notified().await, Vec::<String>::new(), "no change, no action");
    all.set("a", Okay).await;
    assert_eq!(all.notified().await, ["a ALARM->OK"]);
}

#[tokio::test]
async fn composite_alarms_follow_through_several_levels() {
    let all = Fixture::new().await;
    all.put("a").await;
    all.put("b").await;
    all.put_composite("both", "ALARM(a) AND ALARM(b)").await.unwrap();
    all.put_composite("over", "NOT ALARM(both)").await.unwrap();
    assert_eq!(all.state("both"), (Okay, "Alarm was created and its alarm rule evaluates to OK".to_owned()));
    assert_eq!(all.state("over").0, Alarm);
    all.set("a", Alarm).await;
    assert_eq!(all.state("both").0, Okay);
    all.set("b", Alarm).await;
    assert_eq!(
        all.state("both"),
        (Alarm, "arn:aws:cloudwatch:us-east-1:111111111111:alarm:b transitioned to ALARM at Saturday 21 November, 2026 15:40:00 UTC".to_owned())
    );
    assert_eq!(all.state("over").0, Okay);
    let told = all.notified().await;
    assert_eq!(
        told,
        [
            "both INSUFFICIENT_DATA->OK",
            "over INSUFFICIENT_DATA->ALARM",
            "a INSUFFICIENT_DATA->ALARM",
            "b INSUFFICIENT_DATA->ALARM",
            "both OK->ALARM",
            "over ALARM->OK"
        ]
    );
}

#[tokio::test]
async fn a_circle_of_composite_alarms_stays_as_it_is() {
    let all = Fixture::new().await;
    all.put("a").await;
    all.put_composite("one", "ALARM(a)").await.unwrap();
    all.put_composite("two", "ALARM(one)").await.unwrap();
    all.put_composite("one", "ALARM(two) OR ALARM(a)").await.unwrap();
    let before = (all.state("one"), all.state("two"));
    all.set("a", Alarm).await;
    assert_eq!((all.state("one"), all.state("two")), before);
    let request = DeleteAlarms { alarm_names: vec!["one".into()] };
    let refused = all.alarms.serve(&all.cx(), request.clone()).await.unwrap_err();
    assert_eq!(code(refused).0, "ResourceConflict");
    all.put_composite("two", "FALSE").await.unwrap();
    all.put_composite("one", "FALSE").await.unwrap();
    all.alarms.serve(&all.cx(), request).await.unwrap();
}

#[tokio::test]
async fn a_suppressor_holds_actions_back_until_it_left_and_its_extension_is_over() {
    let mut all = Fixture::new().await;
    all.put("a").await;
    all.put("quiet").await;
    let request = PutCompositeAlarm {
        alarm_name: "c".into(),
        alarm_rule: "ALARM(a)".into(),
        alarm_actions: Some(vec![TOPIC.into()]),
        actions_suppressor: Some("quiet".into()),
        actions_suppressor_wait_period: Some(60),
        actions_suppressor_extension_period: Some(120),
        ..PutCompositeAlarm::default()
    };
    all.alarms.serve(&all.cx(), request).await.unwrap();
    all.pass(61).await;
    all.set("a", Alarm).await;
    all.notified().await;
    all.set("quiet", Alarm).await;
    all.pass(300).await;
    // Alarms without data are brought back by their evaluation; the suppressor left, and the extension began.
    assert_eq!(all.state("quiet").0, InsufficientData);
    assert_eq!(all.notified().await.iter().filter(|told| told.starts_with("c ")).count(), 0);
    all.set("a", Alarm).await;
    all.again().await;
    all.set("a", Alarm).await;
    all.set("quiet", Okay).await;
    let told = all.notified().await;
    assert!(!told.iter().any(|told| told.starts_with("c ")), "{told:?}");
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let all = Fixture::new().await;
    all.put("a").await;
    let base = || metric_alarm("x");
    let cases: Vec<(PutMetricAlarm, &str)> = vec![
        (PutMetricAlarm { period: Some(61), ..base() }, "Period must be 10, 20, 30 or a multiple of 60"),
        (
            PutMetricAlarm { evaluation_periods: Some(1441), ..base() },
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
        ),
        (
            PutMetricAlarm { period: Some(3600), evaluation_periods: Some(169), ..base() },
            "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).",
        ),
        (
            PutMetricAlarm { datapoints_to_alarm: Some(4), ..base() },
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods.",
        ),
        (PutMetricAlarm { threshold: None, ..base() }, "The parameter Threshold is required."),
        (PutMetricAlarm { threshold: Some(f64::NAN), ..base() }, "Threshold must be a finite number."),
        (
            PutMetricAlarm { treat_missing_data: Some("odd".into()), ..base() },
            "The value odd is not supported for TreatMissingData parameter. Supported values are [breaching, notBreaching, ignore, missing].",
        ),
        (
            PutMetricAlarm { statistic: None, extended_statistic: Some("p101".into()), ..base() },
            "The value p101 for parameter ExtendedStatistic is not supported.",
        ),
        (
            PutMetricAlarm { extended_statistic: Some("p99".into()), ..base() },
            "The parameters Statistic and ExtendedStatistic cannot be specified together.",
        ),
        (
            PutMetricAlarm { alarm_actions: Some(vec!["nothing".into()]), ..base() },
            "Invalid arn syntax: nothing",
        ),
        (
            PutMetricAlarm { metrics: Some(vec![]), ..base() },
            "The parameters Metrics and MetricName cannot be specified together.",
        ),
    ];
    for (request, sentence) in cases {
        let refused = all.alarms.serve(&all.cx(), request).await.unwrap_err();
        assert_eq!(code(refused), ("ValidationError".to_owned(), sentence.to_owned()));
    }
    let rules = [
        (
            "ALARM(nobody)",
            "Could not save the composite alarm as alarms [arn:aws:cloudwatch:us-east-1:111111111111:alarm:nobody] in the alarm rule do not exist",
        ),
        ("ALARM(c)", "Could not save the composite alarm as its alarm rule refers to itself"),
        ("ALARM(a", "Error in alarm rule: expected a closing parenthesis at position 7"),
    ];
    for (rule, sentence) in rules {
        assert_eq!(code(all.put_composite("c", rule).await.unwrap_err()).1, sentence);
    }
    assert_eq!(code(all.put_composite("a", "TRUE").await.unwrap_err()).0, "ValidationError");
    let gone = DeleteAlarms { alarm_names: vec!["a".into(), "nobody".into()] };
    assert_eq!(code(all.alarms.serve(&all.cx(), gone).await.unwrap_err()).0, "ResourceNotFound");
    assert_eq!(all.state("a").0, InsufficientData, "none was deleted");
}

#[tokio::test]
async fn alarms_are_told_in_pages_by_name_prefix_type_and_family() {
    let all = Fixture::new().await;
    for name in ["a1", "a2", "b"] {
        all.put(name).await;
    }
    all.put_composite("c", "ALARM(a1) OR ALARM(b)").await.unwrap();
    let names = async |request: DescribeAlarms| -> (Vec<String>, Option<ByteString>) {
        let answer = all.alarms.serve(&all.cx(), request).await.unwrap();
        let metric = answer.metric_alarms.unwrap().into_iter().filter_map(|alarm| alarm.alarm_name);
        let composite = answer.composite_alarms.unwrap().into_iter().filter_map(|alarm| alarm.alarm_name);
        (metric.chain(composite).map(|name| name.to_string()).collect(), answer.next_token)
    };
    let asked = DescribeAlarms { max_records: Some(2), ..DescribeAlarms::default() };
    let (first, token) = names(asked.clone()).await;
    assert_eq!((first, token.is_some()), (vec!["a1".to_owned(), "a2".to_owned()], true));
    assert_eq!(names(DescribeAlarms { next_token: token, ..asked }).await, (vec!["b".to_owned()], None));
    let prefix = DescribeAlarms { alarm_name_prefix: Some("a".into()), ..DescribeAlarms::default() };
    assert_eq!(names(prefix).await.0, ["a1", "a2"]);
    let children = DescribeAlarms { children_of_alarm_name: Some("c".into()), ..DescribeAlarms::default() };
    assert_eq!(names(children).await.0, ["a1", "b"]);
    let parents = DescribeAlarms { parents_of_alarm_name: Some("b".into()), ..DescribeAlarms::default() };
    assert_eq!(names(parents).await.0, ["c"]);
    let odd = DescribeAlarms { next_token: Some("odd".into()), ..DescribeAlarms::default() };
    assert_eq!(code(all.alarms.serve(&all.cx(), odd).await.unwrap_err()).0, "InvalidNextToken");
}

#[tokio::test]
async fn history_is_told_in_pages_both_ways_and_kept_for_thirty_days() {
    let all = Fixture::new().await;
    all.put("a").await;
    for state in [Alarm, Okay, Alarm] {
        all.pass(1).await;
        all.set("a", state).await;
    }
    let asked = DescribeAlarmHistory { max_records: Some(3), ..DescribeAlarmHistory::default() };
    let first = all.alarms.serve(&all.cx(), asked.clone()).await.unwrap();
    assert_eq!(first.alarm_history_items.unwrap().len(), 3);
    let rest = DescribeAlarmHistory { next_token: first.next_token, ..asked };
    assert_eq!(
        all.history(rest).await,
        [(HistoryItemType::ConfigurationUpdate, "Alarm \"a\" created".to_owned())]
    );
    let updates = DescribeAlarmHistory {
        history_item_type: Some(HistoryItemType::StateUpdate),
        alarm_name: Some("a".into()),
        scan_by: Some(anabranch_api::cloudwatch::ScanBy::TimestampAscending),
        start_date: Some(Timestamp::from_seconds(T0 + 2)),
        end_date: Some(Timestamp::from_seconds(T0 + 2)),
        ..DescribeAlarmHistory::default()
    };
    assert_eq!(
        all.history(updates).await,
        [(HistoryItemType::StateUpdate, "Alarm updated from ALARM to OK".to_owned())]
    );
    all.alarms.serve(&all.cx(), DeleteAlarms { alarm_names: vec!["a".into()] }).await.unwrap();
    all.pass(29 * 86_400).await;
    assert!(all.history(DescribeAlarmHistory::default()).await.len() >= 5);
    all.pass(2 * 86_400).await;
    assert_eq!(all.history(DescribeAlarmHistory::default()).await, []);
}

#[tokio::test]
async fn tags_are_of_the_alarm_and_go_with_it() {
    let all = Fixture::new().await;
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    let request = PutMetricAlarm { tags: Some(vec![tag("a", "1")]), ..metric_alarm("t") };
    all.alarms.serve(&all.cx(), request).await.unwrap();
    all.put("t").await;
    let arn = ByteString::from_static("arn:aws:cloudwatch:us-east-1:111111111111:alarm:t");
    let more = TagResource { resource_arn: arn.clone(), tags: vec![tag("b", "2")] };
    all.alarms.serve(&all.cx(), more).await.unwrap();
    let less = UntagResource { resource_arn: arn.clone(), tag_keys: vec!["a".into()] };
    all.alarms.serve(&all.cx(), less).await.unwrap();
    let listed = all.alarms.serve(&all.cx(), ListTagsForResource { resource_arn: arn }).await.unwrap();
    assert_eq!(listed.tags, Some(vec![tag("b", "2")]));
    let other =
        ListTagsForResource { resource_arn: "arn:aws:cloudwatch:us-east-1:222222222222:alarm:t".into() };
    assert_eq!(code(all.alarms.serve(&all.cx(), other).await.unwrap_err()).0, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_notification_that_cannot_be_delivered_is_told_in_the_history() {
    let all = Fixture::new().await;
    all.put("a").await;
    all.set("a", Alarm).await;
    let waiting: Vec<Notification> = all.alarms.waiting(None, 10).await.unwrap().0;
    all.alarms.delivered(&waiting[0], &Delivered::GivenUp("no target".to_owned())).await.unwrap();
    let history = all.history(DescribeAlarmHistory::default()).await;
    let failed = format!("Failed to execute action {TOPIC}. Received error: \"no target\"");
    assert!(history.contains(&(HistoryItemType::Action, failed)), "{history:?}");
}
