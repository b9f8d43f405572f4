//! What the catalog keeps of alarms (docs/formats/alarms.md). Fields are never renumbered; new ones are appended and optional.

use std::collections::BTreeMap;

use anabranch_api::Enumeration;
use anabranch_api::cloudwatch::{
    ActionsSuppressedBy, AlarmType, ComparisonOperator, Dimension, HistoryItemType, Metric, MetricDataQuery,
    MetricStat, StandardUnit, StateValue,
};
use anabranch_types::Timestamp;
use minicbor::{Decode, Encode};

/// An alarm.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredAlarm {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub description: Option<String>,
    #[n(2)]
    pub actions_enabled: bool,
    #[n(3)]
    pub ok_actions: Vec<String>,
    #[n(4)]
    pub alarm_actions: Vec<String>,
    #[n(5)]
    pub insufficient_data_actions: Vec<String>,
    #[n(6)]
    pub tags: BTreeMap<String, String>,
    /// When it was last put.
    #[n(7)]
    pub configured_ms: i64,
    #[n(8)]
    pub state: StoredState,
    #[n(9)]
    pub watch: Watch,
}

/// The state of an alarm and why it is in it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredState {
    #[cbor(n(0), with = "named")]
    pub value: StateValue,
    #[n(1)]
    pub reason: String,
    #[n(2)]
    pub data: Option<String>,
    #[n(3)]
    pub updated_ms: i64,
    #[n(4)]
    pub transitioned_ms: i64,
}

/// What decides an alarm's state.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) enum Watch {
    #[n(0)]
    Metric(#[n(0)] MetricWatch),
    #[n(1)]
    Composite(#[n(0)] CompositeWatch),
}

/// A metric, or the result of metric math, and a threshold.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct MetricWatch {
    /// One query without an id, or those of metric math.
    #[n(0)]
    pub queries: Vec<Query>,
    /// Whether it was given as Metrics.
    #[n(1)]
    pub is_math: bool,
    #[n(2)]
    pub evaluation_periods: u32,
    #[n(3)]
    pub datapoints_to_alarm: Option<u32>,
    #[n(4)]
    pub threshold: f64,
    #[cbor(n(5), with = "named")]
    pub comparison: ComparisonOperator,
    #[n(6)]
    pub treat_missing_data: Option<String>,
    #[n(7)]
    pub evaluate_low_samples: Option<String>,
}

/// A MetricDataQuery.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Query {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub stat: Option<QueriedStat>,
    #[n(2)]
    pub expression: Option<String>,
    #[n(3)]
    pub label: Option<String>,
    #[n(4)]
    pub return_data: Option<bool>,
    #[n(5)]
    pub period: Option<u32>,
    #[n(6)]
    pub account: Option<String>,
}

/// A MetricStat.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct QueriedStat {
    #[n(0)]
    pub namespace: Option<String>,
    #[n(1)]
    pub metric_name: Option<String>,
    #[n(2)]
    pub dimensions: Vec<(String, String)>,
    #[n(3)]
    pub period: u32,
    #[n(4)]
    pub stat: String,
    #[cbor(n(5), with = "named_or_none")]
    pub unit: Option<StandardUnit>,
}

/// A rule over other alarms.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct CompositeWatch {
    #[n(0)]
    pub rule: String,
    #[n(1)]
    pub suppressor: Option<Suppressor>,
    /// The state whose actions were last taken, or whose actions need not be.
    #[cbor(n(2), with = "named")]
    pub acted: StateValue,
    #[cbor(n(3), with = "named_or_none")]
    pub suppressed_by: Option<ActionsSuppressedBy>,
    #[n(4)]
    pub suppressed_until_ms: Option<i64>,
}

/// An alarm that holds back the actions of another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Suppressor {
    /// Its name or ARN, as it was given.
    #[n(0)]
    pub alarm: String,
    #[n(1)]
    pub wait_seconds: u32,
    #[n(2)]
    pub extension_seconds: u32,
}

/// Something that happened to an alarm.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredHistoryItem {
    #[n(0)]
    pub alarm: String,
    #[cbor(n(1), with = "named")]
    pub alarm_type: AlarmType,
    #[cbor(n(2), with = "named")]
    pub kind: HistoryItemType,
    #[n(3)]
    pub summary: String,
    #[n(4)]
    pub data: String,
}

/// A notification that waits to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredNotification {
    #[n(0)]
    pub account: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    pub alarm: String,
    #[cbor(n(3), with = "named")]
    pub alarm_type: AlarmType,
    /// The action's ARN.
    #[n(4)]
    pub action: String,
    #[n(5)]
    pub subject: String,
    /// AWS's message of the alarm, a JSON text.
    #[n(6)]
    pub message: String,
    /// When the state changed.
    #[n(7)]
    pub at_ms: i64,
}

impl StoredAlarm {
    pub fn kind(&self) -> AlarmType {
        match self.watch {
            Watch::Metric(_) => AlarmType::MetricAlarm,
            Watch::Composite(_) => AlarmType::CompositeAlarm,
        }
    }

    /// What is to be done when it comes into a state.
    pub fn actions(&self, state: StateValue) -> &[String] {
        match state {
            StateValue::Ok => &self.ok_actions,
            StateValue::Alarm => &self.alarm_actions,
            StateValue::InsufficientData => &self.insufficient_data_actions,
        }
    }
}

impl StoredState {
    pub fn updated(&self) -> Timestamp {
        Timestamp::from_millis(self.updated_ms)
    }
}

impl From<&MetricDataQuery> for Query {
    fn from(query: &MetricDataQuery) -> Self {
        let text = |text: &Option<bytestring::ByteString>| text.as_ref().map(ToString::to_string);
        Self {
            id: query.id.to_string(),
            stat: query.metric_stat.as_ref().map(QueriedStat::from),
            expression: text(&query.expression),
            label: text(&query.label),
            return_data: query.return_data,
            period: query.period.and_then(|period| u32::try_from(period).ok()),
            account: text(&query.account_id),
        }
    }
}

impl From<&MetricStat> for QueriedStat {
    fn from(stat: &MetricStat) -> Self {
        let dimensions = stat.metric.dimensions.iter().flatten();
        Self {
            namespace: stat.metric.namespace.as_ref().map(ToString::to_string),
            metric_name: stat.metric.metric_name.as_ref().map(ToString::to_string),
            dimensions: dimensions.map(|d| (d.name.to_string(), d.value.to_string())).collect(),
            period: u32::try_from(stat.period).unwrap_or_default(),
            stat: stat.stat.to_string(),
            unit: stat.unit,
        }
    }
}

impl From<&Query> for MetricDataQuery {
    fn from(query: &Query) -> Self {
        Self {
            id: query.id.as_str().into(),
            metric_stat: query.stat.as_ref().map(MetricStat::from),
            expression: query.expression.as_deref().map(Into::into),
            label: query.label.as_deref().map(Into::into),
            return_data: query.return_data,
            period: query.period.and_then(|period| i32::try_from(period).ok()),
            account_id: query.account.as_deref().map(Into::into),
        }
    }
}

impl From<&QueriedStat> for MetricStat {
    fn from(stat: &QueriedStat) -> Self {
        Self {
            metric: Metric {
                namespace: stat.namespace.as_deref().map(Into::into),
                metric_name: stat.metric_name.as_deref().map(Into::into),
                dimensions: Some(stat.dimensions()),
            },
            period: i32::try_from(stat.period).unwrap_or(i32::MAX),
            stat: stat.stat.as_str().into(),
            unit: stat.unit,
        }
    }
}

impl QueriedStat {
    pub fn dimensions(&self) -> Vec<Dimension> {
        let dimension = |(name, value): &(String, String)| Dimension {
            name: name.as_str().into(),
            value: value.as_str().into(),
        };
        self.dimensions.iter().map(dimension).collect()
    }
}

/// A value of an enumeration of the model is stored by its name.
mod named {
    use super::Enumeration;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub fn encode<C, T: Enumeration, W: Write>(
        value: &T,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(value.text())?.ok()
    }

    pub fn decode<C, T: Enumeration>(d: &mut Decoder<'_>, _: &mut C) -> Result<T, DecodeError> {
        T::of(d.str()?).ok_or_else(|| DecodeError::message("no value of this enumeration"))
    }
}

mod named_or_none {
    use super::{Enumeration, named};
    use minicbor::data::Type;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub fn encode<C, T: Enumeration, W: Write>(
        value: &Option<T>,
        e: &mut Encoder<W>,
        cx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match value {
            Some(value) => named::encode(value, e, cx),
            None => e.null()?.ok(),
        }
    }

    pub fn decode<C, T: Enumeration>(d: &mut Decoder<'_>, cx: &mut C) -> Result<Option<T>, DecodeError> {
        if d.datatype()? == Type::Null {
            d.skip()?;
            return Ok(None);
        }
        named::decode(d, cx).map(Some)
    }
}
