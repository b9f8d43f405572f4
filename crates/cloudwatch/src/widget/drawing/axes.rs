//! The frame of a graph over time: grid, values at the sides, times beneath.

use anabranch_types::Timestamp;

use super::super::picture::{Picture, Side};
use super::canvas::{Align, Area, Canvas, Ink, sharp};
use super::scale::Scale;
use super::{calendar, font};

const SIZE: f32 = 11.0;
/// Between an axis and what is written beside it.
const GAP: f32 = 7.0;
/// Pixels for a line of the grid, and for a time.
const TICK_HEIGHT: f32 = 42.0;
const TICK_WIDTH: f32 = 64.0;
/// A graph smaller than this has no axes: nobody could read them.
const WIDTH_LEAST: f32 = 90.0;
const HEIGHT_LEAST: f32 = 50.0;

/// Where values and times are in a graph.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub area: Area,
    pub left: Option<Scale>,
    pub right: Option<Scale>,
    start: Timestamp,
    end: Timestamp,
}

impl Frame {
    pub fn scale(&self, side: Side) -> Option<&Scale> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }

    pub fn x(&self, at: Timestamp) -> f32 {
        let whole = (self.end.millis() - self.start.millis()) as f64;
        let part = (at.millis() - self.start.millis()) as f64 / whole;
        self.area.left + part as f32 * self.area.width()
    }

    /// Of a side that has an axis.
    pub fn y(&self, side: Side, value: f64) -> Option<f32> {
        Some(self.area.bottom - self.scale(side)?.part(value) * self.area.height())
    }
}

/// Draws the axes and answers where the graph is.
pub(super) fn draw(
    canvas: &mut Canvas,
    area: Area,
    picture: &Picture,
    left: Option<Scale>,
    right: Option<Scale>,
) -> Frame {
    let mut frame = Frame { area, left, right, start: picture.start, end: picture.end };
    if area.width() < WIDTH_LEAST || area.height() < HEIGHT_LEAST {
        return frame;
    }
    let sides = [(Side::Left, left), (Side::Right, right)];
    let names = sides.map(|(side, scale)| scale.and_then(|_| name(picture, side)));
    // Half of the uppermost value is above the axis.
    frame.area.top += if names.iter().any(Option::is_some) { SIZE + GAP } else { SIZE / 2.0 };
    frame.area.bottom -= SIZE + 2.0 * GAP;
    let about = (frame.area.height() / TICK_HEIGHT) as usize;
    let ticks = sides.map(|(_, scale)| scale.map(|scale| scale.ticks(about)).unwrap_or_default());
    let gutters = [&ticks[0], &ticks[1]].map(|ticks| {
        let widest = ticks.iter().map(|(_, written)| font::width(written, SIZE)).fold(0.0, f32::max);
        if ticks.is_empty() { 0.0 } else { widest + GAP }
    });
    frame.area.left += gutters[0];
    frame.area.right -= gutters[1];
    values(canvas, &frame, &ticks);
    times(canvas, &frame, picture.look.offset_seconds);
    let (palette, top) = (canvas.palette, area.top + SIZE);
    let half = area.width() / 2.0 - GAP;
    let [left, right] = names.map(|name| name.map(|name| font::fitted(&name, SIZE, half)));
    if let Some(name) = left {
        canvas.text(&name, area.left, top, SIZE, palette.faint, Align::Left);
    }
    if let Some(name) = right {
        canvas.text(&name, area.right, top, SIZE, palette.faint, Align::Right);
    }
    frame
}

fn values(canvas: &mut Canvas, frame: &Frame, ticks: &[Vec<(f64, String)>; 2]) {
    let (palette, area) = (canvas.palette, frame.area);
    // The grid is that of one axis: two would not fit together.
    let grid = if ticks[0].is_empty() { Side::Right } else { Side::Left };
    for (side, ticks) in [Side::Left, Side::Right].into_iter().zip(ticks) {
        for (value, written) in ticks {
            let Some(y) = frame.y(side, *value).map(sharp) else { continue };
            if side == grid {
                canvas.line(&[(area.left, y), (area.right, y)], Ink::Solid(1.0), palette.grid);
            }
            let (x, align) = match side {
                Side::Left => (area.left - GAP, Align::Right),
                Side::Right => (area.right + GAP, Align::Left),
            };
            canvas.text(written, x, y + SIZE * 0.35, SIZE, palette.faint, align);
        }
    }
}

fn times(canvas: &mut Canvas, frame: &Frame, offset_seconds: i32) {
    let (palette, area) = (canvas.palette, frame.area);
    let bottom = sharp(area.bottom);
    canvas.line(&[(area.left, bottom), (area.right, bottom)], Ink::Solid(1.0), palette.axis);
    let most = (area.width() / TICK_WIDTH) as usize;
    for (at, written) in calendar::ticks(frame.start, frame.end, most, offset_seconds) {
        let x = sharp(frame.x(at));
        canvas.line(&[(x, bottom), (x, bottom + 4.0)], Ink::Solid(1.0), palette.axis);
        let half = font::width(&written, SIZE) / 2.0;
        // A time at the edge is moved to where it can be read.
        let x = x.min(area.right + GAP - half).max(area.left - GAP + half);
        canvas.text(&written, x, bottom + GAP + SIZE, SIZE, palette.faint, Align::Center);
    }
}

/// What stands above an axis: its label, or what its lines are measured in.
fn name(picture: &Picture, side: Side) -> Option<String> {
    let axis = picture.look.axis(side);
    if axis.label.is_some() || !axis.shows_units {
        return axis.label.clone();
    }
    let mut units: Vec<&str> =
        picture.lines.iter().filter(|l| l.side == side).filter_map(|l| l.unit).collect();
    units.sort_unstable();
    units.dedup();
    Some(match units[..] {
        [] | ["None"] => "No unit".to_owned(),
        [one] => one.to_owned(),
        _ => "Various units".to_owned(),
    })
}
