use super::documented::{Metric, OF_CONSUMERS, OF_STREAMS, chosen};
use crate::measures::{Measures, Minute};
use crate::stream::Stream;

/// What has metrics of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Stream,
    Consumer,
    Shard,
}

/// A stream, or a consumer or a shard of it, and what is measured of it.
pub(super) struct Part<'a> {
    pub kind: Kind,
    /// Of the consumer or the shard.
    pub name: String,
    pub metrics: &'a [Metric],
    pub minute: &'a Minute,
}

impl Kind {
    /// The name of its dimension in CloudWatch, beside the stream's.
    pub fn dimension(self) -> Option<&'static str> {
        match self {
            Kind::Stream => None,
            Kind::Consumer => Some("ConsumerName"),
            Kind::Shard => Some("ShardId"),
        }
    }

    /// The name of its label where metrics are scraped, beside the stream's.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Kind::Stream => None,
            Kind::Consumer => Some("consumer"),
            Kind::Shard => Some("shard"),
        }
    }

    /// What the names of its metrics begin with where they are scraped.
    pub fn scraped_as(self) -> &'static str {
        match self {
            Kind::Stream => "kinesis",
            Kind::Consumer => "kinesis_consumer",
            Kind::Shard => "kinesis_shard",
        }
    }
}

/// Goes through a stream, its consumers, whose samples are given, and its shards that are monitored; `samples` has those of the others.
pub(super) fn each_part(
    stream: &Stream,
    samples: fn(&Measures) -> Minute,
    consumers: Vec<(String, Minute)>,
    mut each: impl FnMut(Part<'_>),
) {
    let minute = samples(&stream.measures);
    each(Part { kind: Kind::Stream, name: String::new(), metrics: &OF_STREAMS, minute: &minute });
    for (name, minute) in &consumers {
        each(Part { kind: Kind::Consumer, name: name.clone(), metrics: &OF_CONSUMERS, minute });
    }
    let view = stream.view();
    let metrics: Vec<Metric> = chosen(view.stored.shard_metrics).collect();
    for shard in &view.shards {
        let Some(monitor) = shard.live.monitor.get() else { continue };
        let minute = samples(&monitor.measures);
        each(Part { kind: Kind::Shard, name: shard.id().to_string(), metrics: &metrics, minute: &minute });
    }
}
