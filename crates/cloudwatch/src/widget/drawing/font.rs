//! Letters. The font is in the binary, so that pictures look alike wherever they are drawn: Open Sans (`fonts/`).

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, GlyphId, OutlineCurve, Point};
use tiny_skia::{Path, PathBuilder};

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../../../fonts/OpenSans-Regular.ttf"))
        .expect("the font in this crate is one")
});
/// Letters of a text that are looked at; no picture is so wide.
const LETTERS_MAX: usize = 1_000;
const ELLIPSIS: &str = "…";

/// How wide a text is at a size, in pixels.
pub(super) fn width(text: &str, size: f32) -> f32 {
    letters(text).last().map_or(0.0, |letter| letter.end) * scale(size)
}

/// The text, or as much of it as fits with an ellipsis; nothing where not even that does.
pub(super) fn fitted(text: &str, size: f32, width_max: f32) -> String {
    if width(text, size) <= width_max && text.chars().count() <= LETTERS_MAX {
        return text.to_owned();
    }
    let room = width_max - width(ELLIPSIS, size);
    if room < 0.0 {
        return String::new();
    }
    let fits = letters(text).take_while(|letter| letter.end * scale(size) <= room).count();
    let kept: String = text.chars().take(fits).collect();
    format!("{}{ELLIPSIS}", kept.trim_end())
}

/// The outline of a text whose baseline begins at a point; none of what has no ink.
pub(super) fn outline(text: &str, x: f32, y: f32, size: f32) -> Option<Path> {
    let scale = scale(size);
    let mut path = PathBuilder::new();
    for letter in letters(text) {
        let Some(outline) = FONT.outline(letter.glyph) else { continue };
        let place = |point: Point| (x + (letter.start + point.x) * scale, y - point.y * scale);
        let mut pen: Option<Point> = None;
        for curve in &outline.curves {
            let (from, to) = ends(curve);
            if pen != Some(from) {
                if pen.is_some() {
                    path.close();
                }
                let (x, y) = place(from);
                path.move_to(x, y);
            }
            match curve {
                OutlineCurve::Line(_, to) => {
                    let (x, y) = place(*to);
                    path.line_to(x, y);
                }
                OutlineCurve::Quad(_, by, to) => {
                    let ((x1, y1), (x, y)) = (place(*by), place(*to));
                    path.quad_to(x1, y1, x, y);
                }
                OutlineCurve::Cubic(_, by, via, to) => {
                    let ((x1, y1), (x2, y2), (x, y)) = (place(*by), place(*via), place(*to));
                    path.cubic_to(x1, y1, x2, y2, x, y);
                }
            }
            pen = Some(to);
        }
        if pen.is_some() {
            path.close();
        }
    }
    path.finish()
}

fn ends(curve: &OutlineCurve) -> (Point, Point) {
    match curve {
        OutlineCurve::Line(from, to)
        | OutlineCurve::Quad(from, _, to)
        | OutlineCurve::Cubic(from, _, _, to) => (*from, *to),
    }
}

/// A letter, and from where to where it reaches in the font's units.
struct Letter {
    glyph: GlyphId,
    start: f32,
    end: f32,
}

fn letters(text: &str) -> impl Iterator<Item = Letter> {
    let (mut x, mut before) = (0.0, None);
    text.chars().take(LETTERS_MAX).map(move |letter| {
        // What is not to be seen would be a box.
        let letter = if letter.is_control() { ' ' } else { letter };
        let glyph = FONT.glyph_id(letter);
        let start = x + before.map_or(0.0, |before| FONT.kern_unscaled(before, glyph));
        x = start + FONT.h_advance_unscaled(glyph);
        before = Some(glyph);
        Letter { glyph, start, end: x }
    })
}

fn scale(size: f32) -> f32 {
    size / FONT.units_per_em().unwrap_or(2048.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_what_fits() {
        let whole = width("IncomingBytes", 12.0);
        assert!((60.0..100.0).contains(&whole), "{whole}");
        assert_eq!(fitted("IncomingBytes", 12.0, whole), "IncomingBytes");
        let cut = fitted("IncomingBytes", 12.0, whole - 1.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) < whole, "{cut}");
        assert_eq!(fitted("IncomingBytes", 12.0, 1.0), "");
        assert!(outline("g", 0.0, 0.0, 12.0).is_some());
        assert!(outline(" \n", 0.0, 0.0, 12.0).is_none());
    }
}
