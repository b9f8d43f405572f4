//! Which line is whose.

use super::super::picture::{LegendPosition, Picture, View};
use super::canvas::{Align, Area, Canvas};
use super::{font, theme};

const SIZE: f32 = 12.0;
const ROW: f32 = 18.0;
const SWATCH: f32 = 10.0;
/// Between a swatch and its label, and between entries.
const NEAR: f32 = 6.0;
const FAR: f32 = 18.0;
/// What part of the picture a legend takes at the most.
const PART_MAX: f32 = 0.35;
/// A label's width at the most.
const LABEL_MAX: f32 = 420.0;
/// Below this there is no room for a legend.
const WIDTH_LEAST: f32 = 80.0;
const HEIGHT_LEAST: f32 = 110.0;

/// Draws the legend at its side and answers what is left of the area.
pub(super) fn draw(canvas: &mut Canvas, area: Area, picture: &Picture) -> Area {
    // Bars have their names beneath them.
    let is_hidden = picture.look.legend == LegendPosition::Hidden || picture.look.view == View::Bar;
    if is_hidden || picture.lines.is_empty() || area.width() < WIDTH_LEAST || area.height() < HEIGHT_LEAST {
        return area;
    }
    match picture.look.legend {
        LegendPosition::Right => beside(canvas, area, picture),
        _ => beneath(canvas, area, picture),
    }
}

fn beside(canvas: &mut Canvas, area: Area, picture: &Picture) -> Area {
    let room = area.width() * PART_MAX - SWATCH - NEAR;
    let widest = picture.lines.iter().map(|line| font::width(&line.label, SIZE)).fold(0.0, f32::max);
    let left = area.right - widest.min(room) - SWATCH - NEAR;
    let rows = (area.height() / ROW) as usize;
    let (shown, left_out) = shown(picture.lines.len(), rows);
    for (n, line) in picture.lines.iter().take(shown).enumerate() {
        let top = area.top + n as f32 * ROW;
        entry(canvas, left, top, theme::color(n, line), &font::fitted(&line.label, SIZE, room));
    }
    if let Some(words) = left_out {
        let y = area.top + shown as f32 * ROW + SIZE;
        canvas.text(&words, left, y, SIZE, canvas.palette.faint, Align::Left);
    }
    Area { right: left - FAR, ..area }
}

fn beneath(canvas: &mut Canvas, area: Area, picture: &Picture) -> Area {
    let most = area.width().min(LABEL_MAX) - SWATCH - NEAR;
    let labels: Vec<String> =
        picture.lines.iter().map(|line| font::fitted(&line.label, SIZE, most)).collect();
    let (mut row, mut x, mut places) = (0_usize, 0.0, Vec::new());
    for label in &labels {
        let width = SWATCH + NEAR + font::width(label, SIZE);
        if x > 0.0 && x + width > area.width() {
            (row, x) = (row + 1, 0.0);
        }
        places.push((row, x));
        x += width + FAR;
    }
    let rows_max = ((area.height() * PART_MAX / ROW) as usize).max(1);
    // Where some are left out their number takes the last row.
    let rows = if row < rows_max { row + 1 } else { rows_max };
    let last = if row < rows_max { rows } else { rows_max - 1 };
    let top = area.bottom - rows as f32 * ROW;
    let mut shown = 0;
    for (n, (line, label)) in picture.lines.iter().zip(&labels).enumerate() {
        let (row, x) = places[n];
        if row < last {
            entry(canvas, area.left + x, top + row as f32 * ROW, theme::color(n, line), label);
            shown += 1;
        }
    }
    if shown < labels.len() {
        let words = format!("and {} more", labels.len() - shown);
        let y = top + last as f32 * ROW + SIZE;
        canvas.text(&words, area.left, y, SIZE, canvas.palette.faint, Align::Left);
    }
    Area { bottom: top - NEAR, ..area }
}

/// How many entries have a row, and what is said of the others.
fn shown(entries: usize, rows: usize) -> (usize, Option<String>) {
    if entries <= rows {
        return (entries, None);
    }
    let shown = rows.saturating_sub(1);
    (shown, Some(format!("and {} more", entries - shown)))
}

fn entry(canvas: &mut Canvas, left: f32, top: f32, color: super::super::picture::Color, label: &str) {
    let swatch = Area { left, top: top + 2.0, right: left + SWATCH, bottom: top + 2.0 + SWATCH };
    canvas.fill(swatch, color, 255);
    canvas.text(label, left + SWATCH + NEAR, top + SIZE - 0.5, SIZE, canvas.palette.text, Align::Left);
}
