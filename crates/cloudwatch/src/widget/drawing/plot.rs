//! A graph over time.

use anabranch_types::Timestamp;

use super::super::picture::{Edge, Fill, Mark, Picture, Side};
use super::axes::{self, Frame};
use super::canvas::{Align, Area, Canvas, Ink, sharp};
use super::scale::Scale;
use super::{font, nothing, series, theme};

const LABEL_SIZE: f32 = 11.0;
const SHADE_ALPHA: u8 = 38;
/// Between a mark and its label.
const GAP: f32 = 4.0;
/// In a graph smaller than this, labels would hide it.
const LABELLED_WIDTH_LEAST: f32 = 200.0;
const LABELLED_HEIGHT_LEAST: f32 = 80.0;

pub(super) fn draw(canvas: &mut Canvas, area: Area, picture: &Picture) {
    let left = scale(picture, Side::Left);
    let right = scale(picture, Side::Right);
    let is_empty = picture.lines.iter().all(|line| line.points.is_empty());
    let none = || Scale::of([], &picture.look.left, false);
    let left = if left.is_none() && right.is_none() { Some(none()) } else { left };
    let frame = axes::draw(canvas, area, picture, left, right);
    canvas.within(frame.area, |canvas| {
        shade(canvas, &frame, picture);
        if picture.look.stacked {
            series::stacks(canvas, &frame, picture, Side::Left);
            series::stacks(canvas, &frame, picture, Side::Right);
        } else {
            series::lines(canvas, &frame, picture);
        }
        marks(canvas, &frame, picture);
    });
    if is_empty {
        nothing(canvas, frame.area);
    }
}

/// The axis of a side; none if nothing is on it.
fn scale(picture: &Picture, side: Side) -> Option<Scale> {
    let marks = picture.look.horizontal.iter().filter(|mark| mark.side == side);
    let marks: Vec<f64> = marks.flat_map(|mark| edges(mark).map(|edge| edge.at)).collect();
    let lines: Vec<_> = picture.lines.iter().filter(|line| line.side == side).collect();
    if lines.is_empty() && marks.is_empty() {
        return None;
    }
    let is_stacked = picture.look.stacked && !lines.is_empty();
    let values: Vec<f64> = if is_stacked {
        series::stacked_values(picture, side)
    } else {
        lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value)).collect()
    };
    Some(Scale::of(values.into_iter().chain(marks), picture.look.axis(side), is_stacked))
}

fn edges<P>(mark: &Mark<P>) -> impl Iterator<Item = &Edge<P>> {
    std::iter::once(&mark.first).chain(&mark.second)
}

/// What annotations shade.
fn shade(canvas: &mut Canvas, frame: &Frame, picture: &Picture) {
    let area = frame.area;
    for mark in &picture.look.horizontal {
        let Some(first) = frame.y(mark.side, mark.first.at) else { continue };
        let second = mark.second.as_ref().and_then(|edge| frame.y(mark.side, edge.at));
        let (top, bottom) = match (second, mark.fill) {
            (Some(second), _) => (first.min(second), first.max(second)),
            (None, Fill::Beyond) => (area.top, first),
            (None, Fill::Before) => (first, area.bottom),
            (None, Fill::None) => continue,
        };
        let shaded = Area { top: top.max(area.top), bottom: bottom.min(area.bottom), ..area };
        canvas.fill(shaded, mark.color.unwrap_or(theme::MARK), SHADE_ALPHA);
    }
    for mark in &picture.look.vertical {
        let first = frame.x(mark.first.at);
        let second = mark.second.as_ref().map(|edge| frame.x(edge.at));
        let (left, right) = match (second, mark.fill) {
            (Some(second), _) => (first.min(second), first.max(second)),
            (None, Fill::Beyond) => (first, area.right),
            (None, Fill::Before) => (area.left, first),
            (None, Fill::None) => continue,
        };
        let shaded = Area { left: left.max(area.left), right: right.min(area.right), ..area };
        canvas.fill(shaded, mark.color.unwrap_or(theme::MARK), SHADE_ALPHA);
    }
}

/// The lines of annotations, and what is written beside them.
fn marks(canvas: &mut Canvas, frame: &Frame, picture: &Picture) {
    let area = frame.area;
    let is_labelled = area.width() >= LABELLED_WIDTH_LEAST && area.height() >= LABELLED_HEIGHT_LEAST;
    for mark in &picture.look.horizontal {
        let color = mark.color.unwrap_or(theme::MARK);
        for edge in edges(mark) {
            let Some(y) = frame.y(mark.side, edge.at).map(sharp) else { continue };
            canvas.line(&[(area.left, y), (area.right, y)], Ink::Solid(1.25), color);
            if !is_labelled {
                continue;
            }
            let label = font::fitted(&edge.label, LABEL_SIZE, area.width() - 2.0 * GAP);
            // Above its line, or below it where there is no room above.
            let is_high = y - GAP - LABEL_SIZE < area.top;
            let baseline = if is_high { y + GAP + LABEL_SIZE * 0.8 } else { y - GAP };
            canvas.label(&label, area.left + GAP, baseline, LABEL_SIZE, color, Align::Left);
        }
    }
    for mark in &picture.look.vertical {
        let color = mark.color.unwrap_or(theme::MARK);
        for edge in edges(mark).filter(|edge| is_within(picture, edge.at)) {
            let x = sharp(frame.x(edge.at));
            canvas.line(&[(x, area.top), (x, area.bottom)], Ink::Dashed, color);
            if is_labelled {
                beside(canvas, area, x, &edge.label, color);
            }
        }
    }
}

/// At the side of an upright line that has more room.
fn beside(canvas: &mut Canvas, area: Area, x: f32, label: &str, color: super::super::picture::Color) {
    let (room_left, room_right) = (x - area.left - 2.0 * GAP, area.right - x - 2.0 * GAP);
    let is_right = font::width(label, LABEL_SIZE) <= room_right || room_right >= room_left;
    let (room, at, align) =
        if is_right { (room_right, x + GAP, Align::Left) } else { (room_left, x - GAP, Align::Right) };
    let label = font::fitted(label, LABEL_SIZE, room);
    canvas.label(&label, at, area.top + LABEL_SIZE + GAP, LABEL_SIZE, color, align);
}

fn is_within(picture: &Picture, at: Timestamp) -> bool {
    (picture.start..=picture.end).contains(&at)
}
