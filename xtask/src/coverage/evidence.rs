//! What clients recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::model::Result;

/// One call, as acceptance/README.md describes it.
#[derive(Debug, Deserialize)]
pub struct Call {
    pub client: String,
    pub passed: bool,
    pub service: String,
    pub operation: String,
    pub code: Option<String>,
    /// Member path → least and greatest size or number sent.
    #[serde(default)]
    pub sizes: BTreeMap<String, [f64; 2]>,
}

/// The calls of rows that held, by service and operation.
#[derive(Debug, Default)]
pub struct Evidence {
    calls: BTreeMap<(String, String), Vec<Call>>,
    pub clients: BTreeSet<String>,
}

impl Evidence {
    /// Reads every `*.jsonl` of the directory.
    pub fn read(directory: &Path) -> Result<Evidence> {
        let mut evidence = Evidence::default();
        let entries =
            std::fs::read_dir(directory).map_err(|e| format!("cannot read {}: {e}", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                let text = std::fs::read_to_string(&path)?;
                evidence.add(&text).map_err(|e| format!("{}: {e}", path.display()))?;
            }
        }
        Ok(evidence)
    }

    /// Adds JSON lines.
    pub fn add(&mut self, lines: &str) -> Result<()> {
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let call: Call = serde_json::from_str(line)?;
            if call.passed {
                self.clients.insert(call.client.clone());
                self.calls.entry((call.service.clone(), call.operation.clone())).or_default().push(call);
            }
        }
        Ok(())
    }

    /// The calls of one operation.
    pub fn calls(&self, service: &str, operation: &str) -> &[Call] {
        self.calls.get(&(service.to_owned(), operation.to_owned())).map_or(&[], Vec::as_slice)
    }
}
