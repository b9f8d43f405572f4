use super::datum::Measured;
use super::sketch::Sketch;

/// Values that are kept one by one; of more, a sketch is kept. One datum has at most 150 (CW API MetricDatum, Values).
pub(super) const EXACT_MAX: usize = 150;

/// What is known of the samples of a stretch of time. All numbers are finite.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) samples: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
    pub(super) spread: Spread,
}

/// How the samples lie between the least and the greatest.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spread {
    /// All are the same.
    Same,
    /// Each value, ascending, and how often it was measured; 2 to [`EXACT_MAX`].
    Exact(Box<[(f64, f64)]>),
    /// More than that.
    Sketch(Box<Sketch>),
    /// Nobody told: a statistic set was among them.
    Unknown,
}

impl Summary {
    /// What was measured; none of no values.
    pub(super) fn of(measured: &Measured) -> Option<Self> {
        match measured {
            Measured::Statistics { sample_count, sum, minimum, maximum } => Some(Self {
                samples: *sample_count,
                sum: *sum,
                minimum: *minimum,
                maximum: *maximum,
                spread: if minimum == maximum { Spread::Same } else { Spread::Unknown },
            }),
            Measured::Values(values) => {
                let mut each = values.iter().map(|(value, times)| Self::value(*value, *times));
                let mut all = each.next()?;
                each.for_each(|one| all.add(&one));
                Some(all)
            }
        }
    }

    /// One value, measured this often.
    pub(super) fn value(value: f64, times: f64) -> Self {
        Self { samples: times, sum: value * times, minimum: value, maximum: value, spread: Spread::Same }
    }

    /// Takes in what is known of other samples.
    pub(super) fn add(&mut self, other: &Summary) {
        self.spread = self.spread_with(other);
        self.samples += other.samples;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    /// The values, ascending, with how often each was measured; none if nobody told.
    pub(super) fn pairs(&self) -> Option<Vec<(f64, f64)>> {
        match &self.spread {
            Spread::Same => Some(vec![(self.minimum, self.samples)]),
            Spread::Exact(pairs) => Some(pairs.to_vec()),
            Spread::Sketch(sketch) => {
                let within = |(value, times): (f64, f64)| (value.clamp(self.minimum, self.maximum), times);
                Some(sketch.pairs().map(within).collect())
            }
            Spread::Unknown => None,
        }
    }

    fn spread_with(&self, other: &Summary) -> Spread {
        if let (Spread::Same, Spread::Same) = (&self.spread, &other.spread)
            && self.minimum == other.minimum
        {
            return Spread::Same;
        }
        if let (Some(ours), Some(theirs)) = (self.exact(), other.exact()) {
            let pairs = merged(ours, theirs);
            if pairs.len() <= EXACT_MAX {
                return Spread::Exact(pairs.into());
            }
        }
        match (self.sketch(), other.sketch()) {
            (Some(mut ours), Some(theirs)) => {
                ours.add_all(&theirs);
                Spread::Sketch(Box::new(ours))
            }
            _ => Spread::Unknown,
        }
    }

    fn exact(&self) -> Option<Vec<(f64, f64)>> {
        matches!(self.spread, Spread::Same | Spread::Exact(_)).then(|| self.pairs())?
    }

    fn sketch(&self) -> Option<Sketch> {
        match &self.spread {
            Spread::Sketch(sketch) => Some((**sketch).clone()),
            Spread::Unknown => None,
            Spread::Same | Spread::Exact(_) => {
                let mut sketch = Sketch::default();
                self.pairs()?.into_iter().for_each(|(value, times)| sketch.add(value, times));
                Some(sketch)
            }
        }
    }
}

fn merged(one: Vec<(f64, f64)>, other: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut all = [one, other].concat();
    all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    all.dedup_by(|(later, more), (value, times)| {
        let same = value == later;
        if same {
            *times += *more;
        }
        same
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(f64, f64)]) -> Summary {
        Summary::of(&Measured::Values(values.to_vec())).unwrap()
    }

    #[test]
    fn values_are_kept_one_by_one_as_far_as_the_bound() {
        let mut all = of(&[(3.0, 1.0), (1.0, 2.0), (3.0, 1.0)]);
        assert_eq!(all.pairs(), Some(vec![(1.0, 2.0), (3.0, 2.0)]));
        assert_eq!((all.samples, all.sum, all.minimum, all.maximum), (4.0, 8.0, 1.0, 3.0));
        for n in 4..4 + EXACT_MAX - 2 {
            all.add(&Summary::value(n as f64, 1.0));
        }
        assert!(matches!(&all.spread, Spread::Exact(pairs) if pairs.len() == EXACT_MAX));
        all.add(&Summary::value(0.5, 1.0));
        assert!(matches!(all.spread, Spread::Sketch(_)));
        assert_eq!(all.pairs().unwrap().iter().map(|(_, times)| times).sum::<f64>(), all.samples);
    }

    #[test]
    fn what_all_samples_share_stays_one_value() {
        let mut all = of(&[(2.0, 5.0)]);
        all.add(&of(&[(2.0, 1.0)]));
        assert_eq!((all.spread.clone(), all.samples), (Spread::Same, 6.0));
    }

    #[test]
    fn a_statistic_set_hides_how_values_lie_unless_they_are_the_same() {
        let set = |minimum, maximum| {
            Summary::of(&Measured::Statistics { sample_count: 2.0, sum: 4.0, minimum, maximum }).unwrap()
        };
        let mut all = of(&[(2.0, 1.0)]);
        all.add(&set(2.0, 2.0));
        assert_eq!(all.pairs(), Some(vec![(2.0, 3.0)]));
        all.add(&set(1.0, 3.0));
        assert_eq!(all.pairs(), None);
        assert_eq!((all.samples, all.sum, all.minimum, all.maximum), (5.0, 10.0, 1.0, 3.0));
    }
}
