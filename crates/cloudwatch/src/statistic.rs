use super::summary::Summary;

/// A statistic that a caller names (CW Statistics-definitions).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stat {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// The value that this many hundredths of the samples do not exceed.
    Percentile(f64),
    /// Of the samples within bounds.
    Trimmed(Trimmed, Bounds),
    /// How many hundredths of the samples lie above the first and not above the second value.
    Rank(f64, f64),
}

/// What is told of samples within bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Trimmed {
    Mean,
    /// The mean, with what lies outside taken as lying on the bound.
    WinsorizedMean,
    Count,
    Sum,
}

/// Lower and upper bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bounds {
    /// Hundredths of the samples, by value.
    Percent(f64, f64),
    /// Values, the lower excluded.
    Value(f64, f64),
}

impl Stat {
    /// Reads `Average`, `p99.9`, `tm98`, `TM(10%:90%)`, `PR(:300)`, `IQM` and their like; none for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "SampleCount" => return Some(Self::SampleCount),
            "Average" => return Some(Self::Average),
            "Sum" => return Some(Self::Sum),
            "Minimum" => return Some(Self::Minimum),
            "Maximum" => return Some(Self::Maximum),
            _ => {}
        }
        let lower = text.to_ascii_lowercase();
        if lower == "iqm" {
            return Some(Self::Trimmed(Trimmed::Mean, Bounds::Percent(25.0, 75.0)));
        }
        if let Some(bounds) = lower.strip_prefix("pr(") {
            return match Bounds::parse(bounds)? {
                Bounds::Value(low, high) => Some(Self::Rank(low, high)),
                Bounds::Percent(..) => None,
            };
        }
        let kinds = [
            ("tm", Trimmed::Mean),
            ("wm", Trimmed::WinsorizedMean),
            ("tc", Trimmed::Count),
            ("ts", Trimmed::Sum),
        ];
        for (name, kind) in kinds {
            if let Some(rest) = lower.strip_prefix(name) {
                let bounds = match rest.strip_prefix('(') {
                    Some(bounds) => Bounds::parse(bounds)?,
                    None => Bounds::Percent(0.0, hundredths(rest)?),
                };
                return Some(Self::Trimmed(kind, bounds));
            }
        }
        lower.strip_prefix('p').and_then(hundredths).map(Self::Percentile)
    }

    /// Whether it is more than a sum, a count or a bound of the samples.
    pub(super) fn is_extended(self) -> bool {
        matches!(self, Self::Percentile(_) | Self::Trimmed(..) | Self::Rank(..))
    }

    /// Its value; none where there is none: an average of no samples, a percentile of samples that nobody told one by one, a trimmed
    /// statistic of negative values (CW Statistics-definitions).
    pub(super) fn of(self, summary: &Summary) -> Option<f64> {
        let value = match self {
            Self::SampleCount => summary.samples,
            Self::Sum => summary.sum,
            Self::Minimum => summary.minimum,
            Self::Maximum => summary.maximum,
            Self::Average => (summary.samples != 0.0).then(|| summary.sum / summary.samples)?,
            Self::Percentile(of) => percentile(&summary.pairs()?, of)?,
            Self::Trimmed(..) if summary.minimum < 0.0 => return None,
            Self::Trimmed(kind, bounds) => trimmed(&summary.pairs()?, kind, bounds)?,
            Self::Rank(low, high) => {
                let pairs = summary.pairs()?;
                let (count, _) = within(&pairs, Bounds::Value(low, high));
                (total(&pairs) > 0.0).then(|| 100.0 * count / total(&pairs))?
            }
        };
        value.is_finite().then_some(value)
    }
}

impl Bounds {
    /// `10%:90%)`, `:300)`, `5:)`.
    fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.strip_suffix(')')?.split_once(':')?;
        if low.is_empty() && high.is_empty() {
            return None;
        }
        let percent = |text: &str, open| match text {
            "" => Some(open),
            text => hundredths(text.strip_suffix('%')?),
        };
        let bounds = if low.ends_with('%') || high.ends_with('%') {
            Self::Percent(percent(low, 0.0)?, percent(high, 100.0)?)
        } else {
            let value = |text: &str, open| if text.is_empty() { Some(open) } else { number(text) };
            Self::Value(value(low, f64::NEG_INFINITY)?, value(high, f64::INFINITY)?)
        };
        let (Self::Percent(low, high) | Self::Value(low, high)) = bounds;
        (low < high).then_some(bounds)
    }
}

/// A number from 0 to 100 with at most ten digits behind the point.
fn hundredths(text: &str) -> Option<f64> {
    number(text).filter(|n| (0.0..=100.0).contains(n))
}

fn number(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_number = !whole.is_empty() && digits(whole) && digits(fraction) && fraction.len() <= 10;
    is_number.then(|| text.parse().ok())?
}

fn total(pairs: &[(f64, f64)]) -> f64 {
    pairs.iter().map(|(_, times)| times).sum()
}

/// The least value that this many hundredths of the samples do not exceed.
fn percentile(pairs: &[(f64, f64)], of: f64) -> Option<f64> {
    let wanted = total(pairs) * of / 100.0;
    let mut so_far = 0.0;
    let found = pairs.iter().find(|(_, times)| {
        so_far += times;
        so_far >= wanted && so_far > 0.0
    });
    found.or(pairs.last()).map(|(value, _)| *value)
}

/// Count and sum of the samples within bounds; where a bound falls between samples of one value, of a part of them.
fn within(pairs: &[(f64, f64)], bounds: Bounds) -> (f64, f64) {
    let all = total(pairs);
    let (mut so_far, mut count, mut sum) = (0.0, 0.0, 0.0);
    for (value, times) in pairs {
        let taken: f64 = match bounds {
            Bounds::Value(low, high) if *value > low && *value <= high => *times,
            Bounds::Value(..) => 0.0,
            Bounds::Percent(low, high) => {
                let (from, to) = (all * low / 100.0, all * high / 100.0);
                ((so_far + times).min(to) - so_far.max(from)).max(0.0)
            }
        };
        so_far += times;
        count += taken;
        sum += value * taken;
    }
    (count, sum)
}

fn trimmed(pairs: &[(f64, f64)], kind: Trimmed, bounds: Bounds) -> Option<f64> {
    let (count, sum) = within(pairs, bounds);
    match kind {
        Trimmed::Count => Some(count),
        Trimmed::Sum => Some(sum),
        Trimmed::Mean => (count > 0.0).then(|| sum / count),
        Trimmed::WinsorizedMean => {
            let (low, high) = match bounds {
                Bounds::Value(low, high) => (low, high),
                Bounds::Percent(low, high) => (percentile(pairs, low)?, percentile(pairs, high)?),
            };
            let sum: f64 = pairs.iter().map(|(value, times)| value.clamp(low, high) * times).sum();
            (total(pairs) > 0.0).then(|| sum / total(pairs))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datum::Measured;

    /// 1 to 100, each once.
    fn hundred() -> Summary {
        let values = (1..=100).map(|n| (f64::from(n), 1.0)).collect();
        Summary::of(&Measured::Values(values)).unwrap()
    }

    #[test]
    fn each_statistic_has_its_value() {
        for (stat, expected) in [
            ("SampleCount", 100.0),
            ("Average", 50.5),
            ("Sum", 5050.0),
            ("Minimum", 1.0),
            ("Maximum", 100.0),
            ("p0", 1.0),
            ("p50", 50.0),
            ("p99", 99.0),
            ("p99.9", 100.0),
            ("p100", 100.0),
            ("tm90", 45.5),
            ("TM(:90%)", 45.5),
            ("TM(10%:90%)", 50.5),
            ("TM(10:12)", 11.5),
            ("TM(90:)", 95.5),
            ("tc90", 90.0),
            ("TC(20%:30%)", 10.0),
            ("ts10", 55.0),
            ("TS(98:)", 199.0),
            ("wm50", (1275.0 + 50.0 * 50.0) / 100.0),
            ("WM(98:99)", (98.0 * 98.0 + 2.0 * 99.0) / 100.0),
            ("PR(:30)", 30.0),
            ("PR(10:30)", 20.0),
            ("PR(70:)", 30.0),
            ("IQM", 50.5),
            ("iqm", 50.5),
        ] {
            assert_eq!(
                Stat::parse(stat).unwrap_or_else(|| panic!("{stat}")).of(&hundred()),
                Some(expected),
                "{stat}"
            );
        }
    }

    #[test]
    fn what_is_no_statistic_is_refused() {
        for text in [
            "",
            "average",
            "p",
            "p101",
            "p-1",
            "p1e1",
            "p.5",
            "p5.12345678901",
            "tm",
            "tm(",
            "TM(:)",
            "TM(90%:10%)",
            "TM(10%:90)",
            "PR(10%:20%)",
            "PR()",
            "IQM(1:2)",
            "q50",
            "pnan",
            "TM(1:2",
            "TM(1:2))",
        ] {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn where_there_is_no_value_none_is_told() {
        let unknown =
            Summary::of(&Measured::Statistics { sample_count: 2.0, sum: 3.0, minimum: 1.0, maximum: 2.0 });
        let empty = Summary::value(1.0, 0.0);
        let negative = Summary::of(&Measured::Values(vec![(-1.0, 1.0), (5.0, 1.0)])).unwrap();
        for (stat, of, expected) in [
            ("p50", unknown.as_ref().unwrap(), None),
            ("tm50", unknown.as_ref().unwrap(), None),
            ("PR(1:)", unknown.as_ref().unwrap(), None),
            ("Average", &empty, None),
            ("tm50", &negative, None),
            ("p50", &negative, Some(-1.0)),
            ("TM(7:9)", &hundred(), Some(8.5)),
            ("TM(200:300)", &hundred(), None),
        ] {
            assert_eq!(Stat::parse(stat).unwrap().of(of), expected, "{stat}");
        }
    }
}
