//! What is drawn on.

use tiny_skia::{
    FillRule, LineCap, LineJoin, Mask, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

use super::super::picture::Color;
use super::font;
use super::theme::Palette;

/// Further outside than this nothing is drawn exactly: it would not be seen.
const OUTSIDE: f32 = 10_000.0;
/// Around letters that stand upon what is drawn; half of it is beneath them.
const HALO: f32 = 3.5;

/// A rectangle, in pixels from the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Area {
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub fn inset(self, by: f32) -> Self {
        Self { left: self.left + by, top: self.top + by, right: self.right - by, bottom: self.bottom - by }
    }
}

/// Where a text is, seen from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ink {
    Solid(f32),
    Dashed,
}

/// Pixels.
pub(super) struct Canvas {
    pixels: Pixmap,
    /// Where nothing else is drawn.
    clip: Option<Mask>,
    pub palette: Palette,
}

impl Canvas {
    /// None if the size is none, or there is no memory for it.
    pub fn new(width: u32, height: u32, palette: Palette) -> Option<Self> {
        let mut pixels = Pixmap::new(width, height)?;
        let Color(red, green, blue) = palette.background;
        pixels.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
        Some(Self { pixels, clip: None, palette })
    }

    pub fn area(&self) -> Area {
        Area { left: 0.0, top: 0.0, right: self.pixels.width() as f32, bottom: self.pixels.height() as f32 }
    }

    /// Draws what `draw` does within an area alone.
    pub fn within(&mut self, area: Area, draw: impl FnOnce(&mut Self)) {
        let Some(path) = rectangle(area) else { return };
        let mut mask = Mask::new(self.pixels.width(), self.pixels.height());
        if let Some(mask) = &mut mask {
            mask.fill_path(&path, FillRule::Winding, false, Transform::identity());
        }
        self.clip = mask;
        draw(self);
        self.clip = None;
    }

    /// A text on a baseline.
    pub fn text(&mut self, text: &str, x: f32, y: f32, size: f32, color: Color, align: Align) {
        if let Some(path) = outline(text, x, y, size, align) {
            self.fill_path(&path, color, 255);
        }
    }

    /// A text that can be read whatever is behind it.
    pub fn label(&mut self, text: &str, x: f32, y: f32, size: f32, color: Color, align: Align) {
        if let Some(path) = outline(text, x, y, size, align) {
            let stroke = Stroke { width: HALO, line_join: LineJoin::Round, ..Stroke::default() };
            let paint = paint(self.palette.background, 255);
            self.pixels.stroke_path(&path, &paint, &stroke, Transform::identity(), self.clip.as_ref());
            self.fill_path(&path, color, 255);
        }
    }

    /// `alpha` is 255 for what lets nothing shine through.
    pub fn fill(&mut self, area: Area, color: Color, alpha: u8) {
        if let Some(path) = rectangle(area) {
            self.fill_path(&path, color, alpha);
        }
    }

    /// What lies within a way through points and back.
    pub fn fill_polygon(&mut self, points: &[(f32, f32)], color: Color, alpha: u8) {
        if let Some(path) = way(points, true) {
            self.fill_path(&path, color, alpha);
        }
    }

    pub fn dot(&mut self, x: f32, y: f32, radius: f32, color: Color) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.fill_path(&path, color, 255);
        }
    }

    /// A line through points.
    pub fn line(&mut self, points: &[(f32, f32)], ink: Ink, color: Color) {
        let Some(path) = way(points, false) else { return };
        let (width, dash) = match ink {
            Ink::Solid(width) => (width, None),
            Ink::Dashed => (1.0, StrokeDash::new(vec![5.0, 4.0], 0.0)),
        };
        let stroke =
            Stroke { width, dash, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        let paint = paint(color, 255);
        self.pixels.stroke_path(&path, &paint, &stroke, Transform::identity(), self.clip.as_ref());
    }

    pub fn png(&self) -> Option<Vec<u8>> {
        self.pixels.encode_png().ok()
    }

    fn fill_path(&mut self, path: &Path, color: Color, alpha: u8) {
        let paint = paint(color, alpha);
        self.pixels.fill_path(path, &paint, FillRule::Winding, Transform::identity(), self.clip.as_ref());
    }
}

fn outline(text: &str, x: f32, y: f32, size: f32, align: Align) -> Option<Path> {
    let x = match align {
        Align::Left => x,
        Align::Center => x - font::width(text, size) / 2.0,
        Align::Right => x - font::width(text, size),
    };
    font::outline(text, x, y, size)
}

/// The middle of the pixel that a place is in: thin lines there are sharp.
pub(super) fn sharp(at: f32) -> f32 {
    at.floor() + 0.5
}

fn paint(Color(red, green, blue): Color, alpha: u8) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, alpha);
    paint
}

fn rectangle(area: Area) -> Option<Path> {
    Rect::from_ltrb(area.left, area.top, area.right, area.bottom).map(PathBuilder::from_rect)
}

fn way(points: &[(f32, f32)], closed: bool) -> Option<Path> {
    let near = |at: f32| at.clamp(-OUTSIDE, OUTSIDE);
    let mut path = PathBuilder::new();
    for (n, (x, y)) in points.iter().enumerate() {
        if n == 0 {
            path.move_to(near(*x), near(*y));
        } else {
            path.line_to(near(*x), near(*y));
        }
    }
    if closed {
        path.close();
    }
    path.finish()
}
