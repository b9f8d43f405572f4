//! Values on an axis.

use super::super::picture::Axis;

/// Beyond this nothing is drawn: differences of what is drawn stay numbers.
const VALUE_MAX: f64 = f64::MAX / 8.0;
/// Lines of the grid at the most.
const TICKS_MAX: usize = 60;
/// Digits behind the point at the most.
const DECIMALS_MAX: usize = 6;
/// Of the range, left free above and below.
const ROOM: f64 = 0.05;
/// A step may be this much finer than asked for.
const NEARLY: f64 = 0.75;
/// An axis begins at nought where the least value is below this part of the greatest.
const NEAR_NOUGHT: f64 = 0.5;

/// From where to where an axis reaches, and how many pixels that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub low: f64,
    /// Greater than `low`.
    pub high: f64,
}

impl Scale {
    /// An axis that shows these values, and as much more as looks well.
    pub fn of(values: impl IntoIterator<Item = f64>, axis: &Axis, from_nought: bool) -> Self {
        let bounds = values.into_iter().filter(|value| value.is_finite()).fold(None, |bounds, value| {
            let value = value.clamp(-VALUE_MAX, VALUE_MAX);
            let (low, high): (f64, f64) = bounds.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        let (mut low, mut high) = bounds.unwrap_or((0.0, 1.0));
        if from_nought || (low >= 0.0 && low < NEAR_NOUGHT * high) {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if low == high {
            let around = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            low = if low == 0.0 { 0.0 } else { low - around };
            high += around;
        }
        let room = (high - low) * ROOM;
        let scale = Self {
            low: if low == 0.0 { 0.0 } else { low - room },
            high: if high == 0.0 { 0.0 } else { high + room },
        };
        scale.bounded(axis)
    }

    /// With the bounds that were asked for.
    fn bounded(self, axis: &Axis) -> Self {
        let bound = |asked: Option<f64>| asked.map(|asked| asked.clamp(-VALUE_MAX, VALUE_MAX));
        let (min, max) = (bound(axis.min), bound(axis.max));
        let (mut low, mut high) = (min.unwrap_or(self.low), max.unwrap_or(self.high));
        if low >= high {
            let span = (self.high - self.low).max(f64::EPSILON).max(low.abs() / 2.0);
            (low, high) = if max.is_none() { (low, low + span) } else { (high - span, high) };
        }
        if low < high { Self { low, high } } else { self }
    }

    /// How far up a value is: 0 at the bottom, 1 at the top.
    pub fn part(&self, value: f64) -> f32 {
        ((value - self.low) / (self.high - self.low)) as f32
    }

    /// Round values on the axis, about as many as asked for, and how they are written.
    pub fn ticks(&self, about: usize) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / about.max(1) as f64);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        if !step.is_normal() || !first.is_finite() || !last.is_finite() {
            return Vec::new();
        }
        let steps = (0..TICKS_MAX).map(|n| first + n as f64).take_while(|n| *n <= last);
        let values: Vec<f64> = steps.map(|n| n * step).collect();
        let unit = Unit::of(self.low.abs().max(self.high.abs()), step);
        values.into_iter().map(|value| (value, unit.write(value))).collect()
    }
}

/// A value alone.
pub(super) fn written(value: f64) -> String {
    let magnitude = if value == 0.0 { 1.0 } else { value.abs() };
    Unit::of(magnitude, 10f64.powf(magnitude.log10().floor() - 2.0)).write(value)
}

/// 1, 2, 2.5 or 5 times a power of ten, the next that is not much less.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|times| times * power)
        .into_iter()
        .find(|step| *step >= least * NEARLY)
        .unwrap_or(power)
}

/// How the values of an axis are written.
struct Unit {
    divisor: f64,
    suffix: &'static str,
    decimals: usize,
    is_scientific: bool,
}

impl Unit {
    fn of(greatest: f64, step: f64) -> Self {
        let all = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
        // Four digits are read as they are.
        let (divisor, suffix) =
            all.into_iter().find(|(divisor, _)| greatest >= *divisor && greatest >= 1e4).unwrap_or((1.0, ""));
        let is_round = |decimals: &usize| {
            let shifted = step / divisor * 10f64.powi(i32::try_from(*decimals).unwrap_or(0));
            (shifted - shifted.round()).abs() < 1e-6 && shifted >= 0.5
        };
        let decimals = (0..=DECIMALS_MAX).find(is_round);
        Self {
            divisor,
            suffix,
            decimals: decimals.unwrap_or(2),
            is_scientific: greatest >= 1e18 || decimals.is_none() && step / divisor < 1e-5,
        }
    }

    fn write(&self, value: f64) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        if self.is_scientific {
            return format!("{value:.2e}");
        }
        let written = format!("{:.*}", self.decimals, value / self.divisor);
        let written = match written.contains('.') {
            true => written.trim_end_matches('0').trim_end_matches('.'),
            false => &written,
        };
        format!("{written}{}", self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(min: Option<f64>, max: Option<f64>) -> Axis {
        Axis { label: None, min, max, shows_units: true }
    }

    fn ticks(values: &[f64], axis: &Axis) -> String {
        let scale = Scale::of(values.iter().copied(), axis, false);
        let ticks: Vec<String> = scale.ticks(5).into_iter().map(|(_, written)| written).collect();
        ticks.join(" ")
    }

    #[test]
    fn an_axis_shows_round_values() {
        let free = axis(None, None);
        for (values, expected) in [
            (&[][..], "0 0.2 0.4 0.6 0.8 1"),
            (&[0.0], "0 0.2 0.4 0.6 0.8 1"),
            (&[5.0], "3 4 5 6 7"),
            (&[-5.0], "-7 -6 -5 -4 -3"),
            (&[0.0, 7.0], "0 2 4 6"),
            (&[1.0, 100.0], "0 20 40 60 80 100"),
            (&[98.0, 100.0], "98 98.5 99 99.5 100"),
            (&[-3.0, 3.0], "-3 -2 -1 0 1 2 3"),
            (&[0.0, 1_234.0], "0 200 400 600 800 1000 1200"),
            (&[0.0, 12_345.0], "0 2k 4k 6k 8k 10k 12k"),
            (&[0.0, 3_600_000.0], "0 1M 2M 3M"),
            (&[0.0, 9.4e9], "0 2G 4G 6G 8G"),
            (&[0.0, 0.02], "0 0.005 0.01 0.015 0.02"),
            (&[0.0, 2e-9], "0 5.00e-10 1.00e-9 1.50e-9 2.00e-9"),
            (&[f64::NAN, 7.0, 0.0, f64::INFINITY], "0 2 4 6"),
        ] {
            assert_eq!(ticks(values, &free), expected, "{values:?}");
        }
        assert_eq!(ticks(&[3.0, 4.0], &axis(Some(0.0), Some(10.0))), "0 2 4 6 8 10");
        assert_eq!(ticks(&[3.0, 4.0], &axis(Some(0.0), None)), "0 1 2 3 4");
    }

    #[test]
    fn no_values_and_bounds_are_too_odd_for_an_axis() {
        let odd = [0.0, -0.0, 1.0, 1e300, -1e300, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e15 + 0.5];
        for one in odd {
            for other in odd {
                for (min, max) in [(None, None), (Some(one), None), (None, Some(other))] {
                    let scale = Scale::of([one, other], &axis(min, max), false);
                    assert!(scale.low < scale.high, "{one} {other} {min:?} {max:?} {scale:?}");
                    assert!(scale.ticks(8).len() <= TICKS_MAX);
                }
            }
        }
    }

    #[test]
    fn values_alone_have_three_digits() {
        let all = [
            (0.0, "0"),
            (1.0, "1"),
            (12.345, "12.3"),
            (1234.0, "1234"),
            (12_345.0, "12.3k"),
            (1e6, "1M"),
            (0.001234, "0.00123"),
        ];
        for (value, expected) in all {
            assert_eq!(written(value), expected);
        }
    }
}
