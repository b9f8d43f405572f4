//! docs/coverage.md.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::coverage::demands::{Demand, demands};
use crate::coverage::evidence::{Call, Evidence};
use crate::model::{Model, Operation};
use crate::settings::{Family, Service, ServiceOperations};
use crate::sources::Sources;

const HEAD: &str = "\
# Coverage

Made by `cargo xtask coverage` from the service models, `models/operations.toml` and the traffic that the clients in `acceptance/` recorded.
An operation is *tested* when the traffic shows its success, every error its model names and both sides of every limit's edge. What cannot be shown stands in
`models/operations.toml` with its reason and does not count.

";

/// The whole page.
pub fn write(sources: &Sources, evidence: &Evidence) -> String {
    let mut page = HEAD.to_owned();
    let clients: Vec<&str> = evidence.clients.iter().map(String::as_str).collect();
    let _ = writeln!(
        page,
        "Clients that recorded: {}.\n",
        if clients.is_empty() { "none".to_owned() } else { clients.join(", ") }
    );
    let nothing = ServiceOperations::default();
    let services = sources.services.iter().zip(&sources.models).filter(|(s, _)| s.feature.is_none());
    let sections: Vec<Section> = services
        .map(|(service, model)| {
            let listed = sources.operations.get(&service.name).unwrap_or(&nothing);
            Section::new(service, model, listed, evidence)
        })
        .collect();
    page.push_str("| service | in the model | built | tested |\n|---|---|---|---|\n");
    for s in &sections {
        let _ = writeln!(page, "| {} | {} | {} | {} |", s.name, s.in_model, s.rows.len(), s.tested());
    }
    for section in sections.iter().filter(|s| !s.rows.is_empty()) {
        section.write(&mut page);
    }
    page
}

struct Section<'a> {
    name: &'a str,
    in_model: usize,
    rows: Vec<Row<'a>>,
    unbuilt: Vec<(String, Vec<&'a str>)>,
}

struct Row<'a> {
    operation: &'a str,
    clients: BTreeSet<&'a str>,
    shown: usize,
    demanded: usize,
    unshown: Vec<String>,
}

impl<'a> Section<'a> {
    fn new(
        service: &'a Service,
        model: &'a Model,
        listed: &'a ServiceOperations,
        evidence: &'a Evidence,
    ) -> Self {
        let built =
            listed.families.values().flat_map(|f| &f.built).filter_map(|name| model.operations.get(name));
        let rows = built
            .map(|operation| {
                Row::new(model, operation, listed, evidence.calls(&service.name, &operation.name))
            })
            .collect();
        let unbuilt = listed.families.iter().flat_map(|(name, family)| unbuilt(name, family)).collect();
        Self { name: &service.name, in_model: model.operations.len(), rows, unbuilt }
    }

    fn tested(&self) -> usize {
        self.rows.iter().filter(|row| row.unshown.is_empty()).count()
    }

    fn write(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "\n## {}\n\n| operation | clients | shown | still to show |\n|---|---|---|---|",
            self.name
        );
        for row in &self.rows {
            let clients: Vec<&str> = row.clients.iter().copied().collect();
            let _ = writeln!(
                page,
                "| {} | {} | {} of {} | {} |",
                row.operation,
                clients.join(", "),
                row.shown,
                row.demanded,
                row.unshown.join(", ")
            );
        }
        for (reason, operations) in &self.unbuilt {
            let _ = writeln!(page, "\n{reason}: {}.", operations.join(", "));
        }
    }
}

fn unbuilt<'a>(name: &str, family: &'a Family) -> Vec<(String, Vec<&'a str>)> {
    let all = family.absent.iter().chain(&family.refused);
    all.map(|u| (format!("{name}, {}", u.reason), u.operations.iter().map(String::as_str).collect()))
        .collect()
}

impl<'a> Row<'a> {
    fn new(model: &Model, operation: &'a Operation, listed: &ServiceOperations, calls: &'a [Call]) -> Self {
        let mut demanded = demands(model, operation);
        demanded.retain(|d| listed.unraisable(&operation.name, &d.key()).is_none());
        let unshown: Vec<String> =
            demanded.iter().filter(|d| !d.is_shown_by(calls)).map(Demand::key).collect();
        Self {
            operation: &operation.name,
            clients: calls.iter().map(|c| c.client.as_str()).collect(),
            shown: demanded.len() - unshown.len(),
            demanded: demanded.len(),
            unshown,
        }
    }
}
