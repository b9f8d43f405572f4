//! The newest values, as bars and as slices.

use std::f32::consts::TAU;

use super::super::picture::{Color, Picture};
use super::canvas::{Align, Area, Canvas, Ink, sharp};
use super::scale::{self, Scale};
use super::{font, nothing, theme};

const SIZE: f32 = 11.0;
const GAP: f32 = 7.0;
const TICK_HEIGHT: f32 = 42.0;
/// Of its place, how much a bar is wide; and how wide it is at the most.
const BAR_PART: f32 = 0.6;
const BAR_WIDTH_MAX: f32 = 90.0;
/// Room that axes and names need.
const WIDTH_LEAST: f32 = 90.0;
const HEIGHT_LEAST: f32 = 60.0;
/// Slices below this part of the whole have no number in them.
const NAMED_PART: f64 = 0.05;
/// Corners of a full circle.
const CORNERS: f32 = 180.0;

/// A line's newest value.
struct Share<'a> {
    label: &'a str,
    color: Color,
    value: f64,
}

fn shares(picture: &Picture) -> Vec<Share<'_>> {
    let lines = picture.lines.iter().enumerate();
    let share = lines.filter_map(|(n, line)| {
        let (_, value) = line.points.last()?;
        Some(Share { label: &line.label, color: theme::color(n, line), value: *value })
    });
    share.filter(|share| share.value.is_finite()).collect()
}

pub(super) fn bars(canvas: &mut Canvas, area: Area, picture: &Picture) {
    let (shares, palette) = (shares(picture), canvas.palette);
    if shares.is_empty() {
        return nothing(canvas, area);
    }
    let scale = Scale::of(shares.iter().map(|share| share.value), &picture.look.left, true);
    let mut inner = area;
    let has_axes = area.width() >= WIDTH_LEAST && area.height() >= HEIGHT_LEAST;
    if has_axes {
        inner.top += SIZE + GAP;
        inner.bottom -= SIZE + 2.0 * GAP;
        let ticks = scale.ticks((inner.height() / TICK_HEIGHT) as usize);
        inner.left += ticks.iter().map(|(_, text)| font::width(text, SIZE)).fold(0.0, f32::max) + GAP;
        for (value, written) in ticks {
            let y = sharp(inner.bottom - scale.part(value) * inner.height());
            canvas.line(&[(inner.left, y), (inner.right, y)], Ink::Solid(1.0), palette.grid);
            canvas.text(&written, inner.left - GAP, y + SIZE * 0.35, SIZE, palette.faint, Align::Right);
        }
    }
    let place = inner.width() / shares.len() as f32;
    let width = (place * BAR_PART).min(BAR_WIDTH_MAX);
    let y = |value: f64| inner.bottom - scale.part(value).clamp(0.0, 1.0) * inner.height();
    for (n, share) in shares.iter().enumerate() {
        let middle = inner.left + (n as f32 + 0.5) * place;
        let (end, foot) = (y(share.value), y(0.0));
        let bar = Area {
            left: middle - width / 2.0,
            right: middle + width / 2.0,
            top: end.min(foot),
            bottom: end.max(foot),
        };
        canvas.fill(bar, share.color, 255);
        if has_axes {
            let written = font::fitted(&scale::written(share.value), SIZE, place);
            canvas.text(&written, middle, bar.top - 4.0, SIZE, palette.text, Align::Center);
            let label = font::fitted(share.label, SIZE, place - 4.0);
            canvas.text(&label, middle, inner.bottom + GAP + SIZE, SIZE, palette.faint, Align::Center);
        }
    }
    if has_axes {
        let foot = sharp(y(0.0));
        canvas.line(&[(inner.left, foot), (inner.right, foot)], Ink::Solid(1.0), palette.axis);
    }
}

pub(super) fn pie(canvas: &mut Canvas, area: Area, picture: &Picture) {
    let shares: Vec<Share<'_>> = shares(picture).into_iter().filter(|share| share.value > 0.0).collect();
    let greatest = shares.iter().map(|share| share.value).fold(0.0, f64::max);
    let whole: f64 = shares.iter().map(|share| share.value / greatest).sum();
    let radius = area.width().min(area.height()) / 2.0 - GAP;
    if shares.is_empty() || radius <= 0.0 {
        return nothing(canvas, area);
    }
    let (x, y) = (area.left + area.width() / 2.0, area.top + area.height() / 2.0);
    let point = |turn: f32, radius: f32| (x + (turn * TAU).sin() * radius, y - (turn * TAU).cos() * radius);
    let mut turned = 0.0_f32;
    for share in &shares {
        let part = share.value / greatest / whole;
        let until = turned + part as f32;
        let corners = ((until - turned) * CORNERS).ceil().max(1.0);
        let rim =
            (0..=corners as usize).map(|n| point(turned + (until - turned) * n as f32 / corners, radius));
        let slice: Vec<(f32, f32)> = std::iter::once((x, y)).chain(rim).collect();
        canvas.fill_polygon(&slice, share.color, 255);
        turned = until;
    }
    turned = 0.0;
    for share in &shares {
        let part = share.value / greatest / whole;
        if shares.len() > 1 {
            canvas.line(&[(x, y), point(turned, radius)], Ink::Solid(1.5), canvas.palette.background);
        }
        let (at_x, at_y) = point(turned + part as f32 / 2.0, if part > 0.999 { 0.0 } else { radius * 0.68 });
        let written = format!("{:.1}%", part * 100.0);
        if part >= NAMED_PART && font::width(&written, SIZE) < radius {
            canvas.text(&written, at_x, at_y + SIZE * 0.35, SIZE, on(share.color), Align::Center);
        }
        turned += part as f32;
    }
}

/// What can be read upon a colour.
fn on(Color(red, green, blue): Color) -> Color {
    let light = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    if light > 150.0 { Color(0x16, 0x19, 0x1f) } else { Color(0xff, 0xff, 0xff) }
}
