use std::collections::BTreeMap;

/// A bucket's upper bound over its lower: values are known to 1%.
const GAMMA: f64 = 1.02;
/// Buckets of a sketch at the most: positive values over nine orders of magnitude. Beyond, the values nearest to zero share one.
pub(super) const BUCKETS_MAX: usize = 1024;

/// How often which values were measured, each known to 1%: counts by the logarithm of the value (Masson, Rim and Lee: "DDSketch", 2019).
/// Two sketches put together are the sketch of all their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sketch {
    pub(super) below_zero: BTreeMap<i32, f64>,
    pub(super) zero: f64,
    pub(super) above_zero: BTreeMap<i32, f64>,
}

impl Sketch {
    /// Takes in a value that was measured this often.
    pub(super) fn add(&mut self, value: f64, times: f64) {
        if value == 0.0 {
            self.zero += times;
        } else {
            let side = if value < 0.0 { &mut self.below_zero } else { &mut self.above_zero };
            *side.entry(bucket(value.abs())).or_default() += times;
        }
        self.bound();
    }

    /// Takes in all of another one.
    pub(super) fn add_all(&mut self, other: &Sketch) {
        self.zero += other.zero;
        for (side, others) in
            [(&mut self.below_zero, &other.below_zero), (&mut self.above_zero, &other.above_zero)]
        {
            for (bucket, times) in others {
                *side.entry(*bucket).or_default() += times;
            }
        }
        self.bound();
    }

    /// Each bucket's value and count, the least value first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        let below = self.below_zero.iter().rev().map(|(bucket, times)| (-middle(*bucket), *times));
        let zero = Some((0.0, self.zero)).filter(|(_, times)| *times != 0.0);
        below.chain(zero).chain(self.above_zero.iter().map(|(bucket, times)| (middle(*bucket), *times)))
    }

    fn bound(&mut self) {
        while self.below_zero.len() + self.above_zero.len() > BUCKETS_MAX {
            let longer = self.below_zero.len() > self.above_zero.len();
            let side = if longer { &mut self.below_zero } else { &mut self.above_zero };
            let Some((_, times)) = side.pop_first() else { return };
            if let Some(mut next) = side.first_entry() {
                *next.get_mut() += times;
            }
        }
    }
}

fn bucket(magnitude: f64) -> i32 {
    // Doubles lie between e^-745 and e^710, so the quotient is within ±40,000.
    (magnitude.ln() / GAMMA.ln()).ceil() as i32
}

/// The value of a bucket that is wrong by 1% at most.
fn middle(bucket: i32) -> f64 {
    2.0 * GAMMA.powi(bucket) / (GAMMA + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_to_one_percent() {
        for value in [1e-9, 0.3, 1.0, 1.02, 17.0, 123_456.0, 1e12, 2.0_f64.powi(360)] {
            for value in [value, -value] {
                let mut sketch = Sketch::default();
                sketch.add(value, 3.0);
                let (told, times) = sketch.pairs().next().unwrap();
                assert!((told / value - 1.0).abs() < 0.0101, "{value}: {told}");
                assert_eq!(times, 3.0);
            }
        }
    }

    #[test]
    fn put_together_they_are_the_sketch_of_all() {
        let (mut one, mut other, mut all) = (Sketch::default(), Sketch::default(), Sketch::default());
        for n in -500..500 {
            let value = f64::from(n) * 1.7;
            all.add(value, 1.0);
            if n % 3 == 0 { &mut one } else { &mut other }.add(value, 1.0);
        }
        one.add_all(&other);
        assert_eq!(one, all);
        let values: Vec<f64> = all.pairs().map(|(value, _)| value).collect();
        assert!(values.is_sorted());
    }

    #[test]
    fn it_does_not_grow_beyond_its_bound_and_loses_no_count() {
        let mut sketch = Sketch::default();
        for n in 0..3000 {
            sketch.add(1.03_f64.powi(n), 1.0);
        }
        assert_eq!(sketch.pairs().count(), BUCKETS_MAX);
        assert_eq!(sketch.pairs().map(|(_, times)| times).sum::<f64>(), 3000.0);
    }
}
