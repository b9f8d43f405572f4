use std::sync::Arc;

use anabranch_governance::metrics::{Measured, Total};

use super::documented::{Metric, in_unit};
use super::part::{Part, each_part};
use crate::Streams;
use crate::measures::{Measures, Minute};
use crate::stream::Stream;

impl Measured for Streams {
    fn totals(&self) -> Vec<Total> {
        self.directory.all().iter().flat_map(|stream| totals(stream)).collect()
    }
}

/// What was ever measured of a stream, of its consumers and of its shards.
fn totals(stream: &Stream) -> Vec<Total> {
    let id = &stream.id;
    let of_stream = [
        ("account", id.account.to_string()),
        ("region", id.region.to_string()),
        ("stream", id.name.as_str().to_owned()),
    ];
    let mut all = Vec::new();
    each_part(stream, Measures::all, stream.consumer_measures.all(), |part: Part<'_>| {
        let of_part = part.kind.label().map(|label| (label, part.name));
        let labels = Arc::new(of_stream.iter().cloned().chain(of_part).collect());
        let of = part.kind.scraped_as();
        let total = |metric: &Metric| total(of, metric, part.minute, &labels);
        all.extend(part.metrics.iter().filter_map(total));
    });
    all
}

/// None if nothing was measured.
fn total(
    of: &'static str,
    (name, _, measures): &Metric,
    minute: &Minute,
    labels: &Arc<Vec<(&'static str, String)>>,
) -> Option<Total> {
    let samples = minute.samples(measures)?;
    let sum = in_unit(measures, samples.sum);
    Some(Total { of, name, labels: Arc::clone(labels), samples: samples.count, sum })
}
