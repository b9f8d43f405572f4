//! The annotations of a widget.

use anabranch_types::Timestamp;
use serde_json::Value;

use super::fields::{Findings, Part, SIDES};
use super::picture::{Edge, Fill, Mark};
use super::time;

/// What annotations of one kind differ in.
struct Kind<P> {
    member: &'static str,
    fills: [(&'static str, Fill); 3],
    value: fn(&Part<'_>, &mut Findings) -> Option<P>,
}

const HORIZONTAL: Kind<f64> = Kind {
    member: "horizontal",
    fills: [("above", Fill::Beyond), ("below", Fill::Before), ("none", Fill::None)],
    value: |part, found| part.number("value", found),
};

const VERTICAL: Kind<Timestamp> = Kind {
    member: "vertical",
    fills: [("after", Fill::Beyond), ("before", Fill::Before), ("none", Fill::None)],
    value: |part, found| {
        let at = part.text("value", found).map(time::absolute);
        if at == Some(None) {
            found.add(&part.at("value"), "Should match format \"date-time\"");
        }
        at?
    },
};

/// Those that are to be seen.
pub(super) fn horizontal(annotations: &Part<'_>, found: &mut Findings) -> Vec<Mark<f64>> {
    marks(annotations, &HORIZONTAL, found)
}

/// Those that are to be seen.
pub(super) fn vertical(annotations: &Part<'_>, found: &mut Findings) -> Vec<Mark<Timestamp>> {
    marks(annotations, &VERTICAL, found)
}

fn marks<P>(annotations: &Part<'_>, kind: &Kind<P>, found: &mut Findings) -> Vec<Mark<P>> {
    let all = annotations.list(kind.member, found);
    all.into_iter().filter_map(|(path, value)| mark(path, value, kind, found)).collect()
}

/// None if it is wrong, or hidden.
fn mark<P>(path: String, value: &Value, kind: &Kind<P>, found: &mut Findings) -> Option<Mark<P>> {
    let edges = match value {
        Value::Array(edges) if edges.len() == 2 => edges.as_slice(),
        Value::Array(_) => {
            found.add(&path, "Should have 2 items");
            return None;
        }
        one => std::slice::from_ref(one),
    };
    let is_band = edges.len() == 2;
    let place = |n: usize| if is_band { format!("{path}/{n}") } else { path.clone() };
    let parts: Vec<_> =
        edges.iter().enumerate().filter_map(|(n, edge)| Part::of(edge, place(n), found)).collect();
    let mut edges = Vec::new();
    for part in &parts {
        if !part.has("value") {
            found.add(&part.path, "Should have required property 'value'");
        }
        let label = part.text("label", found).unwrap_or_default().to_owned();
        edges.extend((kind.value)(part, found).map(|at| Edge { at, label }));
    }
    let first = parts.first()?;
    let fill = first.choice("fill", &kind.fills, found).unwrap_or_default();
    let color = first.color("color", found);
    let side = first.choice("yAxis", &SIDES, found).unwrap_or_default();
    let is_visible = first.flag("visible", found).unwrap_or(true);
    let is_whole = edges.len() == if is_band { 2 } else { 1 };
    let mut edges = edges.into_iter();
    let mark = Mark { first: edges.next()?, second: edges.next(), color, fill, side };
    (is_visible && is_whole).then_some(mark)
}
