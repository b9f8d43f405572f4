//! What a picture shows.

use anabranch_types::Timestamp;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color(pub u8, pub u8, pub u8);

/// One of the two axes of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Side {
    #[default]
    Left,
    Right,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum View {
    #[default]
    TimeSeries,
    /// A bar for the newest value of each metric.
    Bar,
    /// A slice for the newest value of each metric.
    Pie,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LegendPosition {
    #[default]
    Bottom,
    Right,
    Hidden,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    #[default]
    Light,
    Dark,
}

/// An axis of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    /// In the place of the units.
    pub label: Option<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub shows_units: bool,
}

/// Which side of a mark is shaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fill {
    #[default]
    None,
    /// Above a value, after a time.
    Beyond,
    /// Below a value, before a time.
    Before,
}

/// A value or a time that is pointed out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edge<P> {
    pub at: P,
    pub label: String,
}

/// A line across the graph, or a band between two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark<P> {
    pub first: Edge<P>,
    /// The other edge of a band.
    pub second: Option<Edge<P>>,
    pub color: Option<Color>,
    pub fill: Fill,
    /// The axis that a value is of.
    pub side: Side,
}

/// How a picture looks, whatever it shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    /// In pixels, from 1 to 2,000.
    pub width: u32,
    pub height: u32,
    pub title: String,
    pub view: View,
    pub stacked: bool,
    pub legend: LegendPosition,
    pub theme: Theme,
    /// Seconds that the times shown are ahead of UTC.
    pub offset_seconds: i32,
    pub left: Axis,
    pub right: Axis,
    pub horizontal: Vec<Mark<f64>>,
    pub vertical: Vec<Mark<Timestamp>>,
}

/// A time series as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub label: String,
    pub color: Option<Color>,
    pub side: Side,
    /// None where it is not known.
    pub unit: Option<&'static str>,
    pub period_seconds: i64,
    /// The oldest first.
    pub points: Vec<(Timestamp, f64)>,
}

/// All that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub look: Look,
    /// Before `end`.
    pub start: Timestamp,
    pub end: Timestamp,
    pub lines: Vec<Line>,
}

impl Look {
    pub fn axis(&self, side: Side) -> &Axis {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }
}
