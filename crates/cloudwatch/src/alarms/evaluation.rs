//! The evaluation of alarms, each minute, of those with periods below a minute every ten seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_api::cloudwatch::{Error, MetricDataQuery, StateValue};
use anabranch_types::{Due, Timestamp};

use super::composites::Cause;
use super::keys::Scope;
use super::message::is_extended;
use super::reason::{Asked, data, sentence};
use super::series::Window;
use super::service::{Alarm, Alarms};
use super::state::{Condition, Point, Treatment, Verdict};
use super::stored::{MetricWatch, QueriedStat, Watch};
use super::transition::NewState;

/// CW User Guide, high-resolution alarms.
const HIGH_RESOLUTION_SECONDS: i64 = 10;
const MINUTE: i64 = 60;
/// After the full minute: services hand over their metrics at it.
const DELAY: Duration = Duration::from_secs(5);
/// How often history is trimmed.
const TRIM_SECONDS: i64 = 3600;

/// When something is to be evaluated.
pub(super) struct Agenda {
    noted: Mutex<Noted>,
    wake: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

#[derive(Default)]
struct Noted {
    minute: Timestamp,
    ten_seconds: Timestamp,
    trim: Timestamp,
    standard: BTreeSet<(Scope, String)>,
    high_resolution: BTreeSet<(Scope, String)>,
    /// Composite alarms whose suppression ends by itself.
    ends: BTreeMap<(Scope, String), Timestamp>,
}

impl Agenda {
    /// Nothing is noted; the first evaluations are at the next full minute and the next full ten seconds.
    pub fn from(now: Timestamp) -> Self {
        let noted = Noted {
            minute: next(now, MINUTE),
            ten_seconds: next(now, HIGH_RESOLUTION_SECONDS),
            trim: next(now, TRIM_SECONDS),
            ..Noted::default()
        };
        Self { noted: Mutex::new(noted), wake: Mutex::default() }
    }

    /// An alarm is now so.
    pub fn know(&self, scope: &Scope, alarm: &Alarm) {
        self.change(|noted| {
            let place = (scope.clone(), alarm.name().to_owned());
            noted.forget(&place);
            match &alarm.stored.watch {
                Watch::Metric(watch) if watch.is_high_resolution() => {
                    noted.high_resolution.insert(place);
                }
                Watch::Metric(_) => {
                    noted.standard.insert(place);
                }
                Watch::Composite(watch) => {
                    if let Some(until) = watch.suppressed_until_ms {
                        noted.ends.insert(place, Timestamp::from_millis(until));
                    }
                }
            }
        });
    }

    pub fn forget(&self, scope: &Scope, name: &str) {
        self.change(|noted| noted.forget(&(scope.clone(), name.to_owned())));
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.lock().next_due()
    }

    /// What is due now; the next time is noted.
    fn take(&self, now: Timestamp) -> Work {
        let mut noted = self.lock();
        let mut work = Work::default();
        if noted.minute <= now {
            noted.minute = next(now, MINUTE);
            work.metric.extend(noted.standard.iter().cloned());
        }
        if noted.ten_seconds <= now {
            noted.ten_seconds = next(now, HIGH_RESOLUTION_SECONDS);
            work.metric.extend(noted.high_resolution.iter().cloned());
        }
        if noted.trim <= now {
            noted.trim = next(now, TRIM_SECONDS);
            work.trims = true;
        }
        let ended = noted.ends.iter().filter(|(_, at)| **at <= now).map(|(place, _)| place.clone());
        work.composite = ended.collect();
        for place in &work.composite {
            noted.ends.remove(place);
        }
        work
    }

    fn change(&self, change: impl FnOnce(&mut Noted)) {
        let is_earlier = {
            let mut noted = self.lock();
            let before = noted.next_due();
            change(&mut noted);
            let after = noted.next_due();
            after.is_some_and(|after| before.is_none_or(|before| after < before))
        };
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (true, Some(wake)) = (is_earlier, wake) {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is due.
#[derive(Default)]
struct Work {
    metric: Vec<(Scope, String)>,
    composite: Vec<(Scope, String)>,
    trims: bool,
}

impl Noted {
    fn next_due(&self) -> Option<Timestamp> {
        let minute = (!self.standard.is_empty()).then_some(self.minute);
        let ten_seconds = (!self.high_resolution.is_empty()).then_some(self.ten_seconds);
        let end = self.ends.values().min().copied();
        [minute, ten_seconds, end, Some(self.trim)].into_iter().flatten().min()
    }

    fn forget(&mut self, place: &(Scope, String)) {
        self.standard.remove(place);
        self.high_resolution.remove(place);
        self.ends.remove(place);
    }
}

/// The next evaluation after `now`.
fn next(now: Timestamp, every_seconds: i64) -> Timestamp {
    let delay = if every_seconds == MINUTE { DELAY } else { Duration::ZERO };
    let full = (now - delay).seconds().div_euclid(every_seconds) + 1;
    Timestamp::from_seconds(full * every_seconds) + delay
}

impl Due for Alarms {
    fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let work = self.agenda.take(now);
            for (scope, name) in &work.metric {
                // The cause of a failure is in the server's log; the next evaluation tries again.
                if self.evaluate(scope, name, now).await.is_err() {
                    tracing::warn!(alarm = name.as_str(), "an alarm was not evaluated");
                }
            }
            for (scope, name) in &work.composite {
                if self.end_suppression(scope, name, now).await.is_err() {
                    tracing::warn!(alarm = name.as_str(), "a composite alarm was not evaluated");
                }
            }
            if work.trims {
                let trimmed = match self.trim_history(now).await {
                    Ok(()) => self.bound_outbox().await,
                    failed => failed,
                };
                if let Err(error) = trimmed {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the history of alarms was not trimmed");
                }
            }
        })
    }

    fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        *self.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}

impl Alarms {
    async fn end_suppression(&self, scope: &Scope, name: &str, now: Timestamp) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        if let Some(alarm) = self.alarm(scope, name) {
            self.evaluate_composite(&mut writing, scope, &alarm, &Cause::Time, now).await?;
        }
        Ok(())
    }

    /// Reads what a metric alarm watches and brings it into the state that follows.
    async fn evaluate(&self, scope: &Scope, name: &str, now: Timestamp) -> Result<(), Error> {
        let Some(alarm) = self.alarm(scope, name) else { return Ok(()) };
        let Some(watch) = alarm.metric() else { return Ok(()) };
        let condition = watch.condition();
        let window = window(watch, &condition, now);
        let queries: Vec<MetricDataQuery> = watch.queries.iter().map(MetricDataQuery::from).collect();
        let values = self.series.values(scope, &queries, window).await?;
        let samples = match watch.one().filter(|_| values.iter().any(Option::is_some)) {
            Some(stat) => self.series.values(scope, &[sample_count(stat)], window).await?,
            None => Vec::new(),
        };
        let point = |(at, value): (usize, &Option<f64>)| {
            let samples = samples.get(at).copied().flatten();
            value.map(|value| Point { at: window.period(at), value, samples })
        };
        let range: Vec<Option<Point>> = values.iter().enumerate().map(point).collect();
        let verdict = condition.judge(&range);
        let before = alarm.stored.state.value;
        let Some(after) = verdict.state.filter(|state| *state != before) else { return Ok(()) };
        let to = new_state(watch, &condition, &verdict, &window, before, after, now);
        self.transit_one(scope, &alarm, to, now).await
    }
}

fn new_state(
    watch: &MetricWatch,
    condition: &Condition,
    verdict: &Verdict,
    window: &Window,
    before: StateValue,
    after: StateValue,
    now: Timestamp,
) -> NewState {
    let one = watch.one();
    let asked = Asked {
        condition,
        at: now,
        from: verdict.evaluated.last().map_or(window.start, |oldest| oldest.at),
        period_seconds: i64::from(window.period_seconds),
        statistic: one.map(|stat| stat.stat.as_str()),
        unit: one.and_then(|stat| stat.unit).map(|unit| unit.as_str()),
    };
    NewState {
        value: after,
        reason: sentence(condition, verdict, before, after),
        data: Some(data(&asked, verdict)),
    }
}

/// The whole periods by the calendar that end before now.
fn window(watch: &MetricWatch, condition: &Condition, now: Timestamp) -> Window {
    let (periods, period_seconds) = (condition.range_periods(), watch.period_seconds());
    let end = now.seconds().div_euclid(i64::from(period_seconds)) * i64::from(period_seconds);
    let length = i64::try_from(periods).unwrap_or(i64::MAX).saturating_mul(i64::from(period_seconds));
    Window { start: Timestamp::from_seconds(end.saturating_sub(length)), periods, period_seconds }
}

fn sample_count(stat: &QueriedStat) -> MetricDataQuery {
    let mut stat = anabranch_api::cloudwatch::MetricStat::from(stat);
    stat.stat = "SampleCount".into();
    MetricDataQuery { id: "samples".into(), metric_stat: Some(stat), ..MetricDataQuery::default() }
}

impl MetricWatch {
    /// The metric that is watched, if it is not metric math.
    pub fn one(&self) -> Option<&QueriedStat> {
        match self.queries.as_slice() {
            [query] if !self.is_math => query.stat.as_ref(),
            _ => None,
        }
    }

    /// The longest period of its queries.
    pub fn period_seconds(&self) -> u32 {
        let periods = self.queries.iter().filter_map(|q| q.stat.as_ref().map(|s| s.period).or(q.period));
        periods.max().unwrap_or(60).max(1)
    }

    pub fn is_high_resolution(&self) -> bool {
        i64::from(self.period_seconds()) < MINUTE
    }

    /// When it is in ALARM.
    pub fn condition(&self) -> Condition {
        let periods = self.evaluation_periods.max(1) as usize;
        let percentile = self.one().filter(|stat| is_extended(&stat.stat)).and_then(|stat| {
            let percent = stat.stat.strip_prefix('p')?.parse::<f64>().ok()?;
            Some(percent / 100.0)
        });
        let ignores = self.evaluate_low_samples.as_deref() == Some("ignore");
        Condition {
            comparison: self.comparison,
            threshold: self.threshold,
            periods,
            to_alarm: self.datapoints_to_alarm.map_or(periods, |m| (m as usize).clamp(1, periods)),
            missing: self.treat_missing_data.as_deref().and_then(Treatment::parse).unwrap_or_default(),
            significant_for: percentile.filter(|_| ignores),
        }
    }
}
