//! What is too much.

use std::time::Duration;

/// Bytes of a PutLogEvents at the most, each event counting [`EVENT_OVERHEAD_BYTES`] more than its message (LOGS API PutLogEvents).
pub(crate) const BATCH_BYTES_MAX: usize = 1_048_576;
/// LOGS API PutLogEvents.
pub(crate) const EVENT_OVERHEAD_BYTES: usize = 26;
/// From the first to the last event of a PutLogEvents (LOGS API PutLogEvents).
pub(crate) const BATCH_SPAN_MS: i64 = 24 * HOUR_MS;
/// How old an event may be that is put (LOGS API PutLogEvents).
pub(crate) const EVENT_AGE_MS: i64 = 14 * DAY_MS;
/// How far ahead of the clock an event may be that is put (LOGS API PutLogEvents).
pub(crate) const EVENT_AHEAD_MS: i64 = 2 * HOUR_MS;
/// Events of one answer at the most, and unless the request says otherwise (LOGS API GetLogEvents, FilterLogEvents).
pub(crate) const PAGE_EVENTS_MAX: usize = 10_000;
/// Bytes of one answer's events at the most, counted as for PutLogEvents (LOGS API GetLogEvents).
pub(crate) const PAGE_BYTES_MAX: usize = 1_048_576;
/// Descriptions of one answer at the most, and unless the request says otherwise (LOGS API DescribeLogGroups and its like).
pub(crate) const DESCRIBED_MAX: usize = 50;
/// LOGS cloudwatch_limits: log groups of an account and region.
pub(crate) const GROUPS_MAX: usize = 1_000_000;
/// Streams of one log group. AWS has no such limit; each costs this process about a kilobyte of memory.
pub(crate) const STREAMS_MAX: usize = 100_000;
/// LOGS cloudwatch_limits: subscription filters of a log group.
pub(crate) const SUBSCRIPTION_FILTERS_MAX: usize = 2;
/// LOGS cloudwatch_limits: metric filters of a log group.
pub(crate) const METRIC_FILTERS_MAX: usize = 100;
/// LOGS API MetricTransformation: dimensions of a metric filter.
pub(crate) const METRIC_DIMENSIONS_MAX: usize = 3;
/// LOGS FilterAndPatternSyntax: filters with regular expressions of one group that are kept.
pub(crate) const REGEX_FILTERS_MAX: usize = 5;
/// LOGS FilterAndPatternSyntax: regular expressions of one filter that is kept.
pub(crate) const FILTER_REGEXES_MAX: usize = 2;
/// LOGS API TagResource: tags of a log group.
pub(crate) const TAGS_MAX: usize = 50;
/// How many days of retention there may be (LOGS API PutRetentionPolicy).
pub(crate) const RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// LOGS cloudwatch_limits: live tails of an account and region at a time.
pub(crate) const TAILS_MAX: usize = 15;
/// LOGS API StartLiveTail: how long one goes on.
pub(crate) const TAIL_LIFE: Duration = Duration::from_secs(3 * 3600);
/// LOGS API StartLiveTail: events of one update; of more than these a second only some are shown.
pub(crate) const TAIL_EVENTS_MAX: usize = 500;
/// How often a live tail is told what came (LOGS API StartLiveTail).
pub(crate) const TAIL_INTERVAL: Duration = Duration::from_secs(1);
/// How long a delivery to a destination is tried (LOGS SubscriptionFilters).
pub(crate) const DELIVERY_LIFE: Duration = Duration::from_secs(24 * 3600);

pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
