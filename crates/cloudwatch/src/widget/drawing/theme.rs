//! Colours.

use super::super::picture::{Color, Line, Theme};

/// Of lines that say none, by their place: category10 of d3, which CloudWatch draws with, too.
const LINES: [Color; 10] = [
    Color(0x1f, 0x77, 0xb4),
    Color(0xff, 0x7f, 0x0e),
    Color(0x2c, 0xa0, 0x2c),
    Color(0xd6, 0x27, 0x28),
    Color(0x94, 0x67, 0xbd),
    Color(0x8c, 0x56, 0x4b),
    Color(0xe3, 0x77, 0xc2),
    Color(0x7f, 0x7f, 0x7f),
    Color(0xbc, 0xbd, 0x22),
    Color(0x17, 0xbe, 0xcf),
];
/// Of annotations that say none.
pub(super) const MARK: Color = Color(0xd1, 0x32, 0x12);

/// The colours of a theme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub background: Color,
    pub text: Color,
    /// Of what is beside the point.
    pub faint: Color,
    pub axis: Color,
    pub grid: Color,
}

impl Palette {
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self {
                background: Color(0xff, 0xff, 0xff),
                text: Color(0x16, 0x19, 0x1f),
                faint: Color(0x54, 0x5b, 0x64),
                axis: Color(0x87, 0x95, 0x96),
                grid: Color(0xea, 0xed, 0xed),
            },
            Theme::Dark => Self {
                background: Color(0x1f, 0x25, 0x2d),
                text: Color(0xe9, 0xeb, 0xed),
                faint: Color(0xb6, 0xbe, 0xc9),
                axis: Color(0x7d, 0x89, 0x98),
                grid: Color(0x35, 0x3d, 0x48),
            },
        }
    }
}

/// The colour of the nth line.
pub(super) fn color(n: usize, line: &Line) -> Color {
    line.color.unwrap_or(LINES[n % LINES.len()])
}
