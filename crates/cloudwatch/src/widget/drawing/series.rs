//! Lines over time, and areas upon each other.

use std::collections::BTreeMap;

use anabranch_types::Timestamp;

use super::super::picture::{Line, Picture, Side};
use super::axes::Frame;
use super::canvas::{Canvas, Ink};
use super::theme;

const LINE: Ink = Ink::Solid(1.75);
const DOT_RADIUS: f32 = 2.5;
/// How much of an area hides what is behind it.
const AREA_ALPHA: u8 = 150;

/// Each line by itself. It breaks where a datapoint is missing; one that stands alone is a dot.
pub(super) fn lines(canvas: &mut Canvas, frame: &Frame, picture: &Picture) {
    for (n, line) in picture.lines.iter().enumerate() {
        let color = theme::color(n, line);
        for run in runs(line) {
            let place = |(at, value): &(Timestamp, f64)| Some((frame.x(*at), frame.y(line.side, *value)?));
            let points: Vec<(f32, f32)> = run.iter().filter_map(place).collect();
            match points[..] {
                [(x, y)] => canvas.dot(x, y, DOT_RADIUS, color),
                _ => canvas.line(&seen(points), LINE, color),
            }
        }
    }
}

/// The lines of a side upon each other, the first at the bottom; what is missing counts as nought.
pub(super) fn stacks(canvas: &mut Canvas, frame: &Frame, picture: &Picture, side: Side) {
    let mut sums: BTreeMap<Timestamp, f64> =
        of_side(picture, side).flat_map(|(_, line)| line.points.iter().map(|(at, _)| (*at, 0.0))).collect();
    let level = |sums: &BTreeMap<Timestamp, f64>| -> Vec<(f32, f32)> {
        let place = |(at, sum): (&Timestamp, &f64)| Some((frame.x(*at), frame.y(side, *sum)?));
        seen(sums.iter().filter_map(place).collect())
    };
    let mut below = level(&sums);
    for (n, line) in of_side(picture, side) {
        for (at, value) in &line.points {
            *sums.entry(*at).or_default() += value;
        }
        let above = level(&sums);
        let color = theme::color(n, line);
        let around: Vec<_> = above.iter().copied().chain(below.iter().rev().copied()).collect();
        canvas.fill_polygon(&around, color, AREA_ALPHA);
        match above[..] {
            [(x, y)] => canvas.dot(x, y, DOT_RADIUS, color),
            _ => canvas.line(&above, LINE, color),
        }
        below = above;
    }
}

/// What lines of a side reach up to, put upon each other.
pub(super) fn stacked_values(picture: &Picture, side: Side) -> Vec<f64> {
    let (mut sums, mut values): (BTreeMap<Timestamp, f64>, Vec<f64>) = (BTreeMap::new(), vec![0.0]);
    for (_, line) in of_side(picture, side) {
        for (at, value) in &line.points {
            let sum = sums.entry(*at).or_default();
            *sum += value;
            values.push(*sum);
        }
    }
    values
}

fn of_side(picture: &Picture, side: Side) -> impl Iterator<Item = (usize, &Line)> {
    picture.lines.iter().enumerate().filter(move |(_, line)| line.side == side)
}

/// Stretches without a missing datapoint.
fn runs(line: &Line) -> impl Iterator<Item = &[(Timestamp, f64)]> {
    let follows = |(one, _): &(Timestamp, f64), (next, _): &(Timestamp, f64)| {
        next.seconds() - one.seconds() <= line.period_seconds
    };
    line.points.chunk_by(follows)
}

/// As many points as can be seen: of each column of pixels the first, the lowest, the highest and the last.
fn seen(points: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    let mut seen = Vec::with_capacity(points.len().min(8_192));
    for column in points.chunk_by(|one, next| one.0.floor() == next.0.floor()) {
        if column.len() <= 4 {
            seen.extend_from_slice(column);
            continue;
        }
        let extreme = |is_better: fn(f32, f32) -> bool| {
            (1..column.len() - 1)
                .reduce(|best, n| if is_better(column[n].1, column[best].1) { n } else { best })
        };
        let (low, high) = (extreme(|one, best| one < best), extreme(|one, best| one > best));
        let mut kept = vec![0, column.len() - 1];
        kept.extend(low.into_iter().chain(high));
        kept.sort_unstable();
        kept.dedup();
        seen.extend(kept.into_iter().map(|n| column[n]));
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_points_than_pixels_the_extremes_are_kept() {
        let points: Vec<(f32, f32)> = (0..10_000).map(|n| (n as f32 / 1_000.0, (n % 977) as f32)).collect();
        let kept = seen(points.clone());
        assert!(kept.len() <= 40, "{}", kept.len());
        let highest = |points: &[(f32, f32)]| points.iter().map(|(_, y)| *y).fold(f32::MIN, f32::max);
        assert_eq!(highest(&kept), highest(&points));
        assert!(kept.is_sorted_by(|one, next| one.0 <= next.0));
    }
}
