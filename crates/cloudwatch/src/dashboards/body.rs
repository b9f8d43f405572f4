//! Whether a document is a dashboard (CW API dashboard body structure and syntax). Touches nothing.

use serde_json::{Map, Value};

use crate::finding::Finding;

/// CloudWatch quotas, dashboards: widgets of one, and metrics of a widget and of a dashboard.
const WIDGETS_MAX: usize = 500;
const METRICS_PER_WIDGET_MAX: usize = 500;
const METRICS_MAX: usize = 2_500;
/// Columns of a dashboard.
const COLUMNS: i64 = 24;
const HEIGHT_MAX: i64 = 1_000;
/// Findings that are told at the most.
const FINDINGS_MAX: usize = 100;
const TYPES: [&str; 8] = ["alarm", "custom", "explorer", "log", "metric", "table", "text", "trace"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Of these one is enough for a refusal.
    pub errors: Vec<Finding>,
    /// The dashboard is kept with these.
    pub warnings: Vec<Finding>,
}

impl Findings {
    fn refuse(&mut self, path: &str, message: impl Into<String>) {
        push(&mut self.errors, path, message.into());
    }

    fn warn(&mut self, path: &str, message: impl Into<String>) {
        push(&mut self.warnings, path, message.into());
    }

    fn demand(&mut self, path: &str, object: &Map<String, Value>, name: &str) -> bool {
        let is_there = object.contains_key(name);
        if !is_there {
            self.refuse(path, format!("Should have required property '{name}'"));
        }
        is_there
    }
}

fn push(findings: &mut Vec<Finding>, path: &str, message: String) {
    if findings.len() < FINDINGS_MAX {
        findings.push(Finding { path: path.to_owned(), message });
    }
}

/// What is wrong with a document; none if it is no JSON object.
pub(super) fn check(text: &str) -> Option<Findings> {
    let Ok(Value::Object(body)) = serde_json::from_str(text) else { return None };
    let mut found = Findings::default();
    match body.get("widgets") {
        None => found.refuse("", "Should have required property 'widgets'"),
        Some(Value::Array(widgets)) => {
            if widgets.len() > WIDGETS_MAX {
                found.refuse("/widgets", format!("Should NOT have more than {WIDGETS_MAX} items"));
            }
            let mut metrics = 0;
            for (at, widget) in widgets.iter().take(WIDGETS_MAX).enumerate() {
                metrics += check_widget(&format!("/widgets/{at}"), widget, &mut found);
            }
            if metrics > METRICS_MAX {
                found.refuse("/widgets", format!("Should NOT have more than {METRICS_MAX} metrics"));
            }
        }
        Some(_) => found.refuse("/widgets", "Should be array"),
    }
    for name in body.keys().filter(|name| !is_known(name)) {
        found.warn("", format!("Should NOT have additional property '{name}'"));
    }
    Some(found)
}

fn is_known(name: &str) -> bool {
    matches!(name, "widgets" | "start" | "end" | "periodOverride" | "variables")
}

/// Answers how many metrics it shows.
fn check_widget(path: &str, widget: &Value, found: &mut Findings) -> usize {
    let Value::Object(widget) = widget else {
        found.refuse(path, "Should be object");
        return 0;
    };
    for (name, least, most) in
        [("x", 0, COLUMNS - 1), ("y", 0, i64::MAX), ("width", 1, COLUMNS), ("height", 1, HEIGHT_MAX)]
    {
        let is_legal = |value: &Value| value.as_i64().is_some_and(|value| (least..=most).contains(&value));
        if let Some(value) = widget.get(name).filter(|value| !is_legal(value)) {
            let rule =
                if value.is_i64() { format!("be between {least} and {most}") } else { "be integer".into() };
            found.refuse(&format!("{path}/{name}"), format!("Should {rule}"));
        }
    }
    let kind = match widget.get("type") {
        Some(Value::String(kind)) if TYPES.contains(&kind.as_str()) => kind.as_str(),
        Some(_) => {
            found.refuse(&format!("{path}/type"), "Should be equal to one of the allowed values");
            return 0;
        }
        None => {
            found.refuse(path, "Should have required property 'type'");
            return 0;
        }
    };
    if !found.demand(path, widget, "properties") {
        return 0;
    }
    let path = format!("{path}/properties");
    let Some(Value::Object(properties)) = widget.get("properties") else {
        found.refuse(&path, "Should be object");
        return 0;
    };
    match kind {
        "metric" => check_metric(&path, properties, found),
        "text" => {
            found.demand(&path, properties, "markdown");
            0
        }
        "log" => {
            found.demand(&path, properties, "query");
            found.demand(&path, properties, "region");
            0
        }
        "alarm" => {
            found.demand(&path, properties, "alarms");
            0
        }
        _ => 0,
    }
}

fn check_metric(path: &str, properties: &Map<String, Value>, found: &mut Findings) -> usize {
    let draws_alarm = properties.get("annotations").and_then(|a| a.get("alarms")).is_some();
    if !properties.contains_key("region") {
        found.warn(path, "Should have required property 'region'");
    }
    let Some(metrics) = properties.get("metrics") else {
        if !draws_alarm {
            found.refuse(path, "Should have required property 'metrics'");
        }
        return 0;
    };
    let path = format!("{path}/metrics");
    let Value::Array(metrics) = metrics else {
        found.refuse(&path, "Should be array");
        return 0;
    };
    if metrics.len() > METRICS_PER_WIDGET_MAX {
        found.refuse(&path, format!("Should NOT have more than {METRICS_PER_WIDGET_MAX} items"));
    }
    for (at, metric) in metrics.iter().take(METRICS_PER_WIDGET_MAX).enumerate() {
        let path = format!("{path}/{at}");
        match metric {
            Value::Array(parts) => {
                let is_expression = parts.first().is_some_and(|first| first.get("expression").is_some());
                if parts.len() < 2 && !is_expression {
                    found.refuse(&path, "Should NOT have less than 2 items");
                }
            }
            _ => found.refuse(&path, "Should be array"),
        }
    }
    metrics.len()
}
