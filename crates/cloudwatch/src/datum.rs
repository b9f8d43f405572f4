use anabranch_api::cloudwatch::{Dimension, StandardUnit};
use anabranch_types::Timestamp;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use bytestring::ByteString;

/// The version of the format that [`Datum::encode`] writes; its layout is in docs/formats/metrics.md.
const VERSION: u8 = 1;
/// What follows a datum's header.
const KIND_VALUES: u8 = 0;
const KIND_STATISTICS: u8 = 1;

/// Units by their number in the format. Never reordered.
const UNITS: [StandardUnit; 27] = [
    StandardUnit::None,
    StandardUnit::Seconds,
    StandardUnit::Microseconds,
    StandardUnit::Milliseconds,
    StandardUnit::Bytes,
    StandardUnit::Kilobytes,
    StandardUnit::Megabytes,
    StandardUnit::Gigabytes,
    StandardUnit::Terabytes,
    StandardUnit::Bits,
    StandardUnit::Kilobits,
    StandardUnit::Megabits,
    StandardUnit::Gigabits,
    StandardUnit::Terabits,
    StandardUnit::Percent,
    StandardUnit::Count,
    StandardUnit::BytesSecond,
    StandardUnit::KilobytesSecond,
    StandardUnit::MegabytesSecond,
    StandardUnit::GigabytesSecond,
    StandardUnit::TerabytesSecond,
    StandardUnit::BitsSecond,
    StandardUnit::KilobitsSecond,
    StandardUnit::MegabitsSecond,
    StandardUnit::GigabitsSecond,
    StandardUnit::TerabitsSecond,
    StandardUnit::CountSecond,
];

/// A unit's number in the format.
pub(super) fn unit_number(unit: StandardUnit) -> u8 {
    let number = UNITS.iter().position(|u| *u == unit).unwrap_or_default();
    u8::try_from(number).unwrap_or_default()
}

/// The unit of a number; none for others.
pub(super) fn unit_of(number: u8) -> Option<StandardUnit> {
    UNITS.get(usize::from(number)).copied()
}

/// Which metric: a namespace, a name, and a set of dimensions, each set being a metric of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Metric {
    namespace: ByteString,
    name: ByteString,
    /// Sorted, for sets are equal whatever their order.
    dimensions: Vec<(ByteString, ByteString)>,
}

impl Metric {
    pub(super) fn new(namespace: ByteString, name: ByteString, dimensions: Option<Vec<Dimension>>) -> Self {
        let mut dimensions: Vec<_> =
            dimensions.unwrap_or_default().into_iter().map(|d| (d.name, d.value)).collect();
        dimensions.sort();
        Self { namespace, name, dimensions }
    }

    /// The metric's dimensions: names and values, sorted.
    pub(super) fn dimensions(&self) -> &[(ByteString, ByteString)] {
        &self.dimensions
    }

    /// Writes namespace, name and dimensions.
    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_text(out, &self.namespace);
        put_text(out, &self.name);
        out.put_u8(count(self.dimensions.len()));
        for (name, value) in &self.dimensions {
            put_text(out, name);
            put_text(out, value);
        }
    }

    /// Reads what [`Metric::encode`] wrote, from the front; none for anything else.
    pub(super) fn decode(from: &mut Bytes) -> Option<Self> {
        let (namespace, name) = (get_text(from)?, get_text(from)?);
        let dimensions = (0..from.try_get_u8().ok()?)
            .map(|_| Some((get_text(from)?, get_text(from)?)))
            .collect::<Option<Vec<_>>>()?;
        Some(Self { namespace, name, dimensions })
    }

    /// The metric's namespace.
    pub(super) fn namespace(&self) -> &ByteString {
        &self.namespace
    }

    /// The metric's name.
    pub(super) fn name(&self) -> &ByteString {
        &self.name
    }
}

/// What was measured: finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Measured {
    /// Values, each with how often it was measured; at least one.
    Values(Vec<(f64, f64)>),
    /// What a client had summed up already.
    Statistics { sample_count: f64, sum: f64, minimum: f64, maximum: f64 },
}

/// One datum as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Datum {
    pub(super) metric: Metric,
    pub(super) unit: StandardUnit,
    /// When it was measured, rounded down to its resolution.
    pub(super) at: Timestamp,
    /// 1 or 60 seconds.
    pub(super) resolution_seconds: u8,
    pub(super) measured: Measured,
}

impl Datum {
    pub(super) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(128);
        out.put_u8(VERSION);
        out.put_u8(unit_number(self.unit));
        out.put_u8(self.resolution_seconds);
        out.put_i64_le(self.at.millis());
        self.metric.encode(&mut out);
        match &self.measured {
            Measured::Values(values) => {
                out.put_u8(KIND_VALUES);
                out.put_u8(count(values.len()));
                for (value, times) in values {
                    out.put_f64_le(*value);
                    out.put_f64_le(*times);
                }
            }
            Measured::Statistics { sample_count, sum, minimum, maximum } => {
                out.put_u8(KIND_STATISTICS);
                [sample_count, sum, minimum, maximum].into_iter().for_each(|n| out.put_f64_le(*n));
            }
        }
        out.freeze()
    }

    /// Reads what [`Datum::encode`] wrote; none for anything else.
    pub(super) fn decode(mut from: Bytes) -> Option<Self> {
        if from.try_get_u8().ok()? != VERSION {
            return None;
        }
        let unit = unit_of(from.try_get_u8().ok()?)?;
        let resolution_seconds = from.try_get_u8().ok()?;
        let at = Timestamp::from_millis(from.try_get_i64_le().ok()?);
        let metric = Metric::decode(&mut from)?;
        let measured = match from.try_get_u8().ok()? {
            KIND_VALUES => Measured::Values(
                (0..from.try_get_u8().ok()?)
                    .map(|_| Some((from.try_get_f64_le().ok()?, from.try_get_f64_le().ok()?)))
                    .collect::<Option<Vec<_>>>()?,
            ),
            KIND_STATISTICS => Measured::Statistics {
                sample_count: from.try_get_f64_le().ok()?,
                sum: from.try_get_f64_le().ok()?,
                minimum: from.try_get_f64_le().ok()?,
                maximum: from.try_get_f64_le().ok()?,
            },
            _ => return None,
        };
        from.is_empty().then_some(Self { metric, unit, at, resolution_seconds, measured })
    }
}

/// Texts are at most 1,024 characters by the model, so their bytes fit 16 bits.
fn put_text(out: &mut BytesMut, text: &str) {
    debug_assert!(text.len() <= usize::from(u16::MAX));
    out.put_u16_le(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

fn get_text(from: &mut Bytes) -> Option<ByteString> {
    let len = usize::from(from.try_get_u16_le().ok()?);
    (from.len() >= len).then(|| ByteString::try_from(from.split_to(len)).ok())?
}

/// At most 30 dimensions and 150 values, by the model and the operation.
fn count(of: usize) -> u8 {
    debug_assert!(of <= usize::from(u8::MAX));
    u8::try_from(of).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use anabranch_api::Enumeration;
    use anabranch_api::cloudwatch::{Dimension, StandardUnit};
    use anabranch_types::Timestamp;

    use super::{Datum, Measured, Metric, UNITS};

    fn datum(measured: Measured) -> Datum {
        let dimension = |n: &str, v: &str| Dimension { name: n.into(), value: v.into() };
        let dimensions = vec![dimension("b", "2"), dimension("a", "1")];
        Datum {
            metric: Metric::new("N".into(), "m".into(), Some(dimensions)),
            unit: StandardUnit::Count,
            at: Timestamp::from_millis(0x0102),
            resolution_seconds: 60,
            measured,
        }
    }

    /// The example of docs/formats/metrics.md.
    const EXAMPLE: &str = "01 0f 3c 0201000000000000 01004e 01006d 02 010061 010031 010062 010032 \
                           00 01 000000000000f83f 0000000000000040";

    #[test]
    fn the_documented_example_is_what_is_written() {
        let written: String =
            datum(Measured::Values(vec![(1.5, 2.0)])).encode().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(written, EXAMPLE.split_whitespace().collect::<String>());
        assert!(include_str!("../../../docs/formats/metrics.md").contains(EXAMPLE));
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let statistics = Measured::Statistics { sample_count: 3.0, sum: 6.0, minimum: 1.0, maximum: 3.0 };
        for measured in [Measured::Values(vec![(1.5, 2.0), (-0.0, 1.0)]), statistics] {
            let datum = datum(measured);
            let bytes = datum.encode();
            assert_eq!(Datum::decode(bytes.clone()), Some(datum));
            for cut in 0..bytes.len() {
                assert_eq!(Datum::decode(bytes.slice(..cut)), None, "cut at {cut}");
            }
            let longer = [&bytes[..], b"x"].concat();
            assert_eq!(Datum::decode(longer.into()), None);
        }
    }

    #[test]
    fn every_unit_has_its_number() {
        for (name, unit) in StandardUnit::VALUES {
            assert!(UNITS.contains(unit), "{name}");
        }
    }
}
