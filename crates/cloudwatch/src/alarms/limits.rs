//! What is too much.

/// Metric and composite alarms of an account and region. AWS has no such limit any more; its old quota was this one.
pub(crate) const ALARMS_MAX: usize = 5_000;
/// CW API DeleteAlarms: "this total can include no more than one composite alarm".
pub(crate) const COMPOSITES_PER_DELETION_MAX: usize = 1;
/// CW API PutMetricAlarm, Tags.
pub(crate) const TAGS_MAX: usize = 50;
/// CW API PutMetricAlarm, EvaluationPeriods: a day in seconds for periods below an hour …
pub(crate) const RANGE_SECONDS_MAX: i64 = 86_400;
/// … and seven days for the others.
pub(crate) const LONG_RANGE_SECONDS_MAX: i64 = 604_800;
/// From which period on the longer range is allowed.
pub(crate) const LONG_PERIOD_SECONDS: i64 = 3_600;
/// CW API PutMetricAlarm, Metrics: "no more than 20".
pub(crate) const QUERIES_MAX: usize = 20;
/// CW API PutCompositeAlarm: alarms that a rule names.
pub(crate) const CHILDREN_MAX: usize = 100;
/// CW API PutCompositeAlarm: elements of a rule, which are its states, operators and constants.
pub(crate) const ELEMENTS_MAX: usize = 500;
/// How deep the parentheses of a rule may be nested. A bound of ours.
pub(crate) const DEPTH_MAX: usize = 50;
/// CW User Guide, alarm history: "CloudWatch stores alarm history for 30 days".
pub(crate) const HISTORY_DAYS: i64 = 30;
/// Alarms, or items of history, that a page holds if the caller does not say, which is also the most (CW API DescribeAlarms, MaxRecords).
pub(crate) const PAGE_MAX: usize = 100;
/// Alarms that DescribeAlarms shows if the caller does not say (CW API DescribeAlarms, MaxRecords).
pub(crate) const PAGE_DEFAULT: usize = 50;
/// Items of history looked at for one page; the page may then be short, with a token for the rest.
pub(crate) const HISTORY_LOOKED_AT_MAX: usize = 10_000;
/// Notifications that wait to be delivered; beyond, the oldest are given up (and told in the history of their alarms).
pub(crate) const OUTBOX_MAX: usize = 10_000;
