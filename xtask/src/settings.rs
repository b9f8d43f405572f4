//! What `models/*.toml` say beside the models.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::Result;

/// `services.toml`
#[derive(Debug, Deserialize)]
pub struct Services {
    pub service: Vec<Service>,
}

#[derive(Debug, Deserialize)]
pub struct Service {
    pub name: String,
    pub rust: String,
    #[serde(default)]
    pub protocols: Vec<String>,
    pub rpc_service: Option<String>,
    pub violation_code: Option<String>,
    /// The cargo feature without which the module is left out.
    pub feature: Option<String>,
}

/// `operations.toml`: what is built of each service.
pub type Operations = IndexMap<String, ServiceOperations>;

#[derive(Debug, Default, Deserialize)]
pub struct ServiceOperations {
    /// What no traffic can show: "Operation.Error", "Operation.Path.max" or "Operation.Path.min" → reason; `*` is every operation.
    #[serde(default)]
    pub unraisable: BTreeMap<String, String>,
    /// By family.
    #[serde(flatten)]
    pub families: IndexMap<String, Family>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    #[serde(default)]
    pub built: Vec<String>,
    #[serde(default)]
    pub absent: Vec<Unbuilt>,
    #[serde(default)]
    pub refused: Vec<Unbuilt>,
}

impl ServiceOperations {
    /// Why traffic cannot show `what` of the operation, if it cannot.
    pub fn unraisable(&self, operation: &str, what: &str) -> Option<&str> {
        let own = self.unraisable.get(&format!("{operation}.{what}"));
        own.or_else(|| self.unraisable.get(&format!("*.{what}"))).map(String::as_str)
    }
}

impl Family {
    /// Every operation it accounts for.
    pub fn operations(&self) -> impl Iterator<Item = &String> {
        let unbuilt = self.absent.iter().chain(&self.refused);
        self.built.iter().chain(unbuilt.flat_map(|u| &u.operations))
    }
}

#[derive(Debug, Deserialize)]
pub struct Unbuilt {
    pub reason: String,
    pub operations: Vec<String>,
}

/// `shapes.toml`: service → its map.
pub type ShapeMaps = BTreeMap<String, ShapeMap>;

#[derive(Debug, Default, Deserialize)]
pub struct ShapeMap {
    #[serde(default)]
    pub both: BTreeMap<String, String>,
    #[serde(default)]
    pub output: BTreeMap<String, String>,
    #[serde(default)]
    pub optional: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub hidden: Vec<String>,
}

/// `authorization.toml`: service → what its operations are about.
pub type Authorizations = BTreeMap<String, Authorization>;

#[derive(Debug, Default, Deserialize)]
pub struct Authorization {
    pub action_prefix: String,
    #[serde(default)]
    pub resources: BTreeMap<String, ResourceKind>,
    #[serde(default)]
    pub operations: BTreeMap<String, String>,
    #[serde(default)]
    pub actions: BTreeMap<String, String>,
    #[serde(default)]
    pub also: BTreeMap<String, Vec<Also>>,
    /// What kind of resource CloudTrail's data events are about → the operations that are such events.
    #[serde(default)]
    pub data: BTreeMap<String, Vec<String>>,
    /// By operation: condition key → member.
    #[serde(default)]
    pub keys: BTreeMap<String, BTreeMap<String, String>>,
}

/// A further action that a request asks for on its resource.
#[derive(Debug, Deserialize)]
pub struct Also {
    /// The member whose being there asks for it.
    pub when: String,
    pub action: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct ResourceKind {
    #[serde(default)]
    pub arn: Vec<String>,
    pub template: Option<String>,
}

/// Reads one TOML file.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    Ok(toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?)
}
