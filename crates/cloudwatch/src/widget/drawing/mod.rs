//! Draws pictures. Start at [`draw`]; [`canvas`] is what is drawn on, [`scale`] and [`calendar`] decide what the axes show.

mod axes;
mod calendar;
mod canvas;
mod font;
mod legend;
mod plot;
mod scale;
mod series;
mod shares;
mod theme;

use super::picture::{Picture, View};
use canvas::{Align, Area, Canvas};
use theme::Palette;

/// Between the edge and what is drawn, and between parts.
const MARGIN: f32 = 10.0;
const TITLE_SIZE: f32 = 15.0;
/// Below this height there is no room for a title.
const TITLE_HEIGHT_LEAST: f32 = 90.0;

/// A PNG of the picture; none if its size is none, or there is no memory for it.
pub(crate) fn draw(picture: &Picture) -> Option<Vec<u8>> {
    let palette = Palette::of(picture.look.theme);
    let mut canvas = Canvas::new(picture.look.width, picture.look.height, palette)?;
    let mut area = canvas.area();
    if area.width() > 8.0 * MARGIN && area.height() > 4.0 * MARGIN {
        area = area.inset(MARGIN);
    }
    let title = &picture.look.title;
    if !title.is_empty() && area.height() > TITLE_HEIGHT_LEAST {
        let shown = font::fitted(title, TITLE_SIZE, area.width());
        let (x, y) = (area.left + area.width() / 2.0, area.top + TITLE_SIZE);
        canvas.text(&shown, x, y, TITLE_SIZE, palette.text, Align::Center);
        area.top += TITLE_SIZE + MARGIN;
    }
    let area = legend::draw(&mut canvas, area, picture);
    match picture.look.view {
        View::TimeSeries => plot::draw(&mut canvas, area, picture),
        View::Bar => shares::bars(&mut canvas, area, picture),
        View::Pie => shares::pie(&mut canvas, area, picture),
    }
    canvas.png()
}

/// Says that there is nothing to be drawn.
fn nothing(canvas: &mut Canvas, area: Area) {
    const SIZE: f32 = 13.0;
    let words = font::fitted("No data available", SIZE, area.width());
    let (x, y) = (area.left + area.width() / 2.0, area.top + area.height() / 2.0);
    if area.height() > 2.0 * SIZE {
        canvas.text(&words, x, y, SIZE, canvas.palette.faint, Align::Center);
    }
}

#[cfg(test)]
mod tests;
