//! A service model as `models/fetch.py` writes it.

use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;

/// What goes wrong in here is told to whoever ran the command.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Deserialize)]
pub struct Model {
    pub metadata: Metadata,
    pub operations: IndexMap<String, Operation>,
    #[serde(default)]
    pub shapes: IndexMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub signing_name: Option<String>,
    pub protocol: String,
    #[serde(default)]
    pub protocols: Vec<String>,
    pub json_version: Option<String>,
    pub target_prefix: Option<String>,
    pub xml_namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Operation {
    pub name: String,
    pub http: Http,
    pub input: Option<OperationShape>,
    pub output: Option<OperationShape>,
    #[serde(default)]
    pub errors: Vec<String>,
    #[serde(default)]
    pub readonly: bool,
    /// `none`: requests carry no signature.
    pub authtype: Option<String>,
    /// Hand-written models only: the body is a stream.
    #[serde(default)]
    pub duplex: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Http {
    pub method: String,
    pub request_uri: String,
    pub response_code: Option<u16>,
}

#[derive(Debug, Deserialize)]
pub struct OperationShape {
    pub shape: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    pub max: Option<serde_json::Number>,
    pub min: Option<serde_json::Number>,
    pub pattern: Option<String>,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(default)]
    pub members: IndexMap<String, Reference>,
    pub member: Option<Reference>,
    pub key: Option<Reference>,
    pub value: Option<Reference>,
    #[serde(default)]
    pub exception: bool,
    #[serde(default)]
    pub fault: bool,
    pub error: Option<ErrorTraits>,
    #[serde(default)]
    pub event: bool,
    #[serde(default)]
    pub eventstream: bool,
    pub payload: Option<String>,
    #[serde(default)]
    pub sensitive: bool,
    #[serde(default)]
    pub flattened: bool,
    pub timestamp_format: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Structure,
    List,
    Map,
    String,
    Blob,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    pub shape: String,
    pub location: Option<Location>,
    pub location_name: Option<String>,
    #[serde(default)]
    pub flattened: bool,
    pub timestamp_format: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Location {
    Uri,
    Querystring,
    Header,
    Headers,
    StatusCode,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorTraits {
    pub code: Option<String>,
    pub http_status_code: Option<u16>,
}

impl Model {
    /// Reads one model.
    pub fn read(path: &Path) -> Result<Model> {
        let text =
            std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        Ok(serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?)
    }

    /// The shape of this name.
    ///
    /// # Panics
    /// If the model names a shape it does not have, which [`Model::dangling`] finds first.
    pub fn shape(&self, name: &str) -> &Shape {
        self.shapes.get(name).unwrap_or_else(|| panic!("the model has no shape {name}"))
    }

    /// A shape that is named and missing.
    pub fn dangling(&self) -> Option<&str> {
        let named = self.shapes.values().flat_map(Shape::references).map(|r| r.shape.as_str());
        let in_operations = self.operations.values().flat_map(|o| [&o.input, &o.output]).flatten();
        let mut all = named.chain(in_operations.map(|s| s.shape.as_str()));
        if self.shapes.is_empty() { None } else { all.find(|name| !self.shapes.contains_key(*name)) }
    }
}

impl Shape {
    /// Every shape this one is made of.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.members.values().chain(&self.member).chain(&self.key).chain(&self.value)
    }
}
