//! Points of one metric as they stand in a run, compressed: docs/formats/metrics.md.

use std::io::{Read, Write};

use bytes::{Buf, BufMut, Bytes};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::recent::Points;
use crate::sketch::{BUCKETS_MAX, Sketch};
use crate::summary::{EXACT_MAX, Spread, Summary};

/// The version of the format.
const VERSION: u8 = 1;
/// Points of a chunk at the most: a day of minutes in two units.
const POINTS_MAX: usize = 2880;
/// Before it is compressed a chunk has no more bytes than this and one point.
const RAW_BYTES_MAX: usize = 1 << 20;
/// Of more than this no chunk can be made: [`RAW_BYTES_MAX`] and the largest point.
const DECODED_BYTES_MAX: u64 = 2 << 20;
/// Points are dense already; more effort gains some hundredths and takes three times as long.
const EFFORT: Compression = Compression::new(2);

/// How a point's samples lie. In a plain one all are the same and their sum is what it must be.
const PLAIN: u8 = 0;
const SAME: u8 = 1;
const EXACT: u8 = 2;
const SKETCH: u8 = 3;
const UNKNOWN: u8 = 4;

/// The chunks of a metric's points: one, or several if there are many.
pub(super) fn encode(id: u32, points: &Points) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    let mut columns = Columns::default();
    for ((at, unit), summary) in points {
        columns.push(*at, *unit, summary);
        if columns.len() >= POINTS_MAX || columns.bytes() >= RAW_BYTES_MAX {
            chunks.push(std::mem::take(&mut columns).compressed(id));
        }
    }
    if columns.len() > 0 {
        chunks.push(columns.compressed(id));
    }
    chunks
}

/// The number of the metric whose points a chunk holds.
pub(super) fn id_of(chunk: &[u8]) -> Option<u32> {
    let (version, mut rest) = chunk.split_first()?;
    (*version == VERSION).then(|| rest.try_get_u32_le().ok())?
}

/// The points of a chunk, ascending by time and unit; none if [`encode`] did not write it.
pub(super) fn decode(chunk: &[u8]) -> Option<Vec<((i64, u8), Summary)>> {
    id_of(chunk)?;
    let mut raw = Vec::new();
    let compressed = DeflateDecoder::new(chunk.get(5..)?);
    let read = compressed.take(DECODED_BYTES_MAX + 1).read_to_end(&mut raw).ok()?;
    if read as u64 > DECODED_BYTES_MAX {
        return None;
    }
    let mut raw = raw.as_slice();
    let count = usize::from(raw.try_get_u16_le().ok()?);
    if count > POINTS_MAX {
        return None;
    }
    let times = times(&mut raw, count)?;
    let (units, kinds) = (split(&mut raw, count)?, split(&mut raw, count)?);
    let detailed = kinds.iter().filter(|kind| **kind != PLAIN).count();
    let (samples, minima) = (doubles(&mut raw, count)?, doubles(&mut raw, count)?);
    let (mut sums, mut maxima) =
        (doubles(&mut raw, detailed)?.into_iter(), doubles(&mut raw, detailed)?.into_iter());
    let mut points: Vec<((i64, u8), Summary)> = Vec::with_capacity(count);
    for n in 0..count {
        let plain = Summary::value(minima[n], samples[n]);
        let summary = match kinds[n] {
            PLAIN => plain,
            kind => Summary {
                sum: sums.next()?,
                maximum: maxima.next()?,
                spread: spread(kind, &mut raw)?,
                ..plain
            },
        };
        let key = (times[n], units[n]);
        if !summary.sum.is_finite() || points.last().is_some_and(|(last, _)| *last >= key) {
            return None;
        }
        points.push((key, summary));
    }
    raw.is_empty().then_some(points)
}

/// Points by what is told of them, each in a stretch of its own, which compresses better.
#[derive(Default)]
struct Columns {
    times: Vec<i64>,
    units: Vec<u8>,
    kinds: Vec<u8>,
    samples: Vec<f64>,
    minima: Vec<f64>,
    sums: Vec<f64>,
    maxima: Vec<f64>,
    spreads: Vec<u8>,
}

impl Columns {
    fn push(&mut self, at: i64, unit: u8, summary: &Summary) {
        let kind = match &summary.spread {
            Spread::Same if *summary == Summary::value(summary.minimum, summary.samples) => PLAIN,
            Spread::Same => SAME,
            Spread::Exact(_) => EXACT,
            Spread::Sketch(_) => SKETCH,
            Spread::Unknown => UNKNOWN,
        };
        self.times.push(at);
        self.units.push(unit);
        self.kinds.push(kind);
        self.samples.push(summary.samples);
        self.minima.push(summary.minimum);
        if kind != PLAIN {
            self.sums.push(summary.sum);
            self.maxima.push(summary.maximum);
        }
        match &summary.spread {
            Spread::Same | Spread::Unknown => {}
            Spread::Exact(pairs) => {
                put_count(&mut self.spreads, pairs.len());
                for (value, times) in pairs {
                    self.spreads.put_f64_le(*value);
                    self.spreads.put_f64_le(*times);
                }
            }
            Spread::Sketch(sketch) => {
                self.spreads.put_f64_le(sketch.zero);
                for side in [&sketch.below_zero, &sketch.above_zero] {
                    put_count(&mut self.spreads, side.len());
                    for (bucket, times) in side {
                        self.spreads.put_i32_le(*bucket);
                        self.spreads.put_f64_le(*times);
                    }
                }
            }
        }
    }

    fn len(&self) -> usize {
        self.times.len()
    }

    fn bytes(&self) -> usize {
        self.len() * 26 + self.sums.len() * 16 + self.spreads.len()
    }

    fn compressed(self, id: u32) -> Bytes {
        let mut raw = Vec::with_capacity(self.bytes() + 2);
        put_count(&mut raw, self.len());
        let mut last = 0;
        for at in self.times {
            put_varint(&mut raw, at.wrapping_sub(last));
            last = at;
        }
        raw.extend(self.units);
        raw.extend(self.kinds);
        for column in [&self.samples, &self.minima, &self.sums, &self.maxima] {
            put_doubles(&mut raw, column);
        }
        raw.extend(self.spreads);
        let mut chunk = vec![VERSION];
        chunk.put_u32_le(id);
        let mut encoder = DeflateEncoder::new(chunk, EFFORT);
        let written = encoder.write_all(&raw).and_then(|()| encoder.finish());
        written.expect("a vector takes what is written").into()
    }
}

/// At most [`POINTS_MAX`], [`EXACT_MAX`] or [`BUCKETS_MAX`].
fn put_count(out: &mut Vec<u8>, count: usize) {
    debug_assert!(count <= usize::from(u16::MAX));
    out.put_u16_le(u16::try_from(count).unwrap_or(u16::MAX));
}

/// A signed number, small ones short: the sign in the lowest bit, seven bits a byte, the lowest first.
fn put_varint(out: &mut Vec<u8>, number: i64) {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

fn varint(from: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = from.try_get_u8().ok()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    None
}

fn times(from: &mut &[u8], count: usize) -> Option<Vec<i64>> {
    let mut last = 0_i64;
    let each = (0..count).map(|_| {
        last = last.checked_add(varint(from)?)?;
        Some(last)
    });
    each.collect()
}

fn split<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

/// The first bytes of all of them, then the second ones, and so on: neighbours are alike.
fn put_doubles(out: &mut Vec<u8>, numbers: &[f64]) {
    for place in 0..8 {
        out.extend(numbers.iter().map(|number| number.to_le_bytes()[place]));
    }
}

fn doubles(from: &mut &[u8], count: usize) -> Option<Vec<f64>> {
    let bytes = split(from, count * 8)?;
    let number = |n: usize| f64::from_le_bytes(std::array::from_fn(|place| bytes[place * count + n]));
    let numbers: Vec<f64> = (0..count).map(number).collect();
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

fn spread(kind: u8, from: &mut &[u8]) -> Option<Spread> {
    match kind {
        SAME => Some(Spread::Same),
        UNKNOWN => Some(Spread::Unknown),
        EXACT => {
            let count = usize::from(from.try_get_u16_le().ok()?);
            let pairs =
                (0..count).map(|_| Some((finite(from)?, finite(from)?))).collect::<Option<Vec<_>>>()?;
            let is_legal = (2..=EXACT_MAX).contains(&count) && pairs.is_sorted_by(|a, b| a.0 < b.0);
            is_legal.then(|| Spread::Exact(pairs.into()))
        }
        SKETCH => {
            let mut sketch = Sketch { zero: finite(from)?, ..Sketch::default() };
            for side in [&mut sketch.below_zero, &mut sketch.above_zero] {
                let count = usize::from(from.try_get_u16_le().ok()?);
                for _ in 0..count {
                    let bucket = from.try_get_i32_le().ok()?;
                    if side.last_key_value().is_some_and(|(last, _)| *last >= bucket) {
                        return None;
                    }
                    side.insert(bucket, finite(from)?);
                }
            }
            let buckets = sketch.below_zero.len() + sketch.above_zero.len();
            (buckets <= BUCKETS_MAX).then(|| Spread::Sketch(Box::new(sketch)))
        }
        _ => None,
    }
}

fn finite(from: &mut &[u8]) -> Option<f64> {
    from.try_get_f64_le().ok().filter(|number| number.is_finite())
}

/// A door for `fuzz/`: what is read is written in a way that is read alike.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Some(points) = decode(bytes) {
        let again: Points = points.clone().into_iter().collect();
        let chunks = encode(id_of(bytes).expect("it was read"), &again);
        let read: Vec<_> = chunks.iter().flat_map(|chunk| decode(chunk).expect("we wrote it")).collect();
        assert_eq!(read, points);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datum::Measured;

    fn of(values: impl IntoIterator<Item = f64>) -> Summary {
        let values = values.into_iter().map(|value| (value, 1.0)).collect();
        Summary::of(&Measured::Values(values)).unwrap()
    }

    fn set(minimum: f64, maximum: f64, sum: f64) -> Summary {
        Summary::of(&Measured::Statistics { sample_count: 3.0, sum, minimum, maximum }).unwrap()
    }

    fn read(chunks: &[Bytes]) -> Points {
        chunks.iter().flat_map(|chunk| decode(chunk).unwrap()).collect()
    }

    #[test]
    fn every_kind_of_point_is_read_as_it_was_written() {
        let all = [
            of([1.5, 1.5]),
            of([-3.0, 0.0, 7.25]),
            of((0..400).map(|n| f64::from(n) - 100.0)),
            set(1.0, 1.0, 3.0),
            set(1.0, 1.0, 4.0),
            set(1.0, 5.0, 9.0),
        ];
        let points: Points =
            (0..).zip(all).map(|(n, summary)| ((n * 60 - 120, (n % 3) as u8), summary)).collect();
        let chunks = encode(7, &points);
        assert_eq!(chunks.len(), 1);
        assert_eq!(id_of(&chunks[0]), Some(7));
        assert_eq!(read(&chunks), points);
        assert_eq!(encode(7, &Points::new()), Vec::<Bytes>::new());
    }

    #[test]
    fn what_was_not_written_is_not_read() {
        let points: Points = (0..9).map(|n| ((n, 0), of([n as f64, 0.5]))).collect();
        let chunk = encode(1, &points).remove(0);
        for cut in 0..chunk.len() {
            assert_eq!(decode(&chunk[..cut]), None, "cut at {cut}");
        }
        let other = [&[VERSION + 1], &chunk[1..]].concat();
        assert_eq!(decode(&other), None);
    }

    #[test]
    fn many_points_make_several_chunks() {
        let points: Points = (0..6000).map(|n| ((n, 1), of([0.1 * n as f64]))).collect();
        let chunks = encode(1, &points);
        assert_eq!(chunks.len(), 3);
        assert_eq!(read(&chunks), points);
        let wide: Points = (0..200).map(|n| ((n, 1), of((1..1000).map(|k| 1.03_f64.powi(k))))).collect();
        let chunks = encode(1, &wide);
        assert!(chunks.len() > 1, "{}", chunks.len());
        assert_eq!(read(&chunks), wide);
    }
}
