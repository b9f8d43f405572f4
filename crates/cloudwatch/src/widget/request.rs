//! What a widget asks for (CW API, metric widget structure and syntax). Touches nothing.

use anabranch_types::{AccountId, Region, Timestamp};
use serde_json::Value;

use super::fields::{Findings, Part};
use super::picture::{Axis, LegendPosition, Look, Theme, View};
use super::{marks, metrics, time};
use crate::finding::Finding;
pub(crate) use metrics::Entry;

/// CW API, metric widget structure: what is meant if nothing is said, and how many pixels there may be.
const WIDTH_DEFAULT: u32 = 600;
const HEIGHT_DEFAULT: u32 = 400;
const PIXELS_MAX: u32 = 2_000;
const PERIOD_DEFAULT: u32 = 300;
const STAT_DEFAULT: &str = "Average";
const START_DEFAULT: &str = "-PT3H";
const END_DEFAULT: &str = "-PT0H";

const VIEWS: [(&str, View); 3] = [("timeSeries", View::TimeSeries), ("bar", View::Bar), ("pie", View::Pie)];
const POSITIONS: [(&str, LegendPosition); 3] = [
    ("bottom", LegendPosition::Bottom),
    ("right", LegendPosition::Right),
    ("hidden", LegendPosition::Hidden),
];
const THEMES: [(&str, Theme); 2] = [("light", Theme::Light), ("dark", Theme::Dark)];

/// A widget.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Widget {
    pub entries: Vec<Entry>,
    pub start: Timestamp,
    pub end: Timestamp,
    pub look: Look,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub account: AccountId,
    pub region: &'a Region,
    pub now: Timestamp,
}

impl Widget {
    /// Reads a widget; what is wrong with it, if it is none. Nothing at all is told of what is no JSON object.
    pub fn parse(text: &str, asker: Asker<'_>) -> Result<Self, Option<Vec<Finding>>> {
        let value: Value = serde_json::from_str(text).map_err(|_| None)?;
        let mut found = Findings::default();
        let widget = Part::of(&value, String::new(), &mut found).ok_or(None)?;
        let read = read(&widget, asker, &mut found);
        let found = found.all();
        if found.is_empty() { Ok(read) } else { Err(Some(found)) }
    }
}

fn read(widget: &Part<'_>, asker: Asker<'_>, found: &mut Findings) -> Widget {
    let defaults = metrics::Defaults {
        period_seconds: metrics::period(widget, found).unwrap_or(PERIOD_DEFAULT),
        stat: metrics::stat(widget, found).unwrap_or(STAT_DEFAULT),
        account: asker.account,
        region: asker.region,
    };
    let entries = metrics::entries(widget, &defaults, found);
    if widget.text("region", found).is_some_and(|region| region != asker.region.as_str()) {
        found.add(&widget.at("region"), "Should be the local Region");
    }
    let start = moment(widget, "start", START_DEFAULT, asker.now, found);
    let end = moment(widget, "end", END_DEFAULT, asker.now, found);
    if start >= end {
        found.add(&widget.at("start"), "Should be before the end");
    }
    Widget { entries, start, end, look: look(widget, found) }
}

fn look(widget: &Part<'_>, found: &mut Findings) -> Look {
    let annotations = widget.object("annotations", found);
    let legend = widget.object("legend", found);
    let position = legend.and_then(|legend| legend.choice("position", &POSITIONS, found));
    let axes = widget.object("yAxis", found);
    Look {
        width: widget.integer("width", 1, PIXELS_MAX, found).unwrap_or(WIDTH_DEFAULT),
        height: widget.integer("height", 1, PIXELS_MAX, found).unwrap_or(HEIGHT_DEFAULT),
        title: widget.text("title", found).unwrap_or_default().to_owned(),
        view: widget.choice("view", &VIEWS, found).unwrap_or_default(),
        stacked: widget.flag("stacked", found).unwrap_or_default(),
        legend: position.unwrap_or_default(),
        theme: widget.choice("theme", &THEMES, found).unwrap_or_default(),
        offset_seconds: offset_seconds(widget, found),
        left: axis(axes.as_ref(), "left", found),
        right: axis(axes.as_ref(), "right", found),
        horizontal: annotations.as_ref().map(|all| marks::horizontal(all, found)).unwrap_or_default(),
        vertical: annotations.as_ref().map(|all| marks::vertical(all, found)).unwrap_or_default(),
    }
}

fn moment(widget: &Part<'_>, name: &str, default: &str, now: Timestamp, found: &mut Findings) -> Timestamp {
    let text = widget.text(name, found).unwrap_or(default);
    time::instant(text, now).unwrap_or_else(|| {
        found.add(&widget.at(name), "Should be an absolute time or a relative one like -PT3H");
        now
    })
}

fn offset_seconds(widget: &Part<'_>, found: &mut Findings) -> i32 {
    let Some(text) = widget.text("timezone", found) else { return 0 };
    time::offset_seconds(text).unwrap_or_else(|| {
        found.add(&widget.at("timezone"), "Should match pattern \"^[+-][0-9]{4}$\"");
        0
    })
}

fn axis(axes: Option<&Part<'_>>, name: &str, found: &mut Findings) -> Axis {
    let Some(axis) = axes.and_then(|axes| axes.object(name, found)) else {
        return Axis { label: None, min: None, max: None, shows_units: true };
    };
    let (min, max) = (axis.number("min", found), axis.number("max", found));
    if min.zip(max).is_some_and(|(min, max)| min >= max) {
        found.add(&axis.at("min"), "Should be less than the max");
    }
    Axis {
        label: axis.text("label", found).map(str::to_owned),
        min,
        max,
        shows_units: axis.flag("showUnits", found).unwrap_or(true),
    }
}

#[cfg(test)]
mod tests;
