//! A model with the decisions taken: which shapes are generated, in which direction they travel, what they are called.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Kind, Model, Operation, Reference, Result, Shape};
use crate::naming;
use crate::settings::{Authorization, Family, Service, ShapeMap};

/// One service, ready to be written.
pub struct Resolved<'a> {
    pub service: &'a Service,
    pub model: &'a Model,
    pub map: &'a ShapeMap,
    pub authorization: &'a Authorization,
    /// Families in the order of operations.toml, with what is built of them.
    pub families: Vec<(&'a str, Vec<&'a Operation>)>,
    /// Shapes reachable from an input of any operation of the model, built or not: adding an operation changes no type.
    inputs: BTreeSet<&'a str>,
    /// Shapes reachable from an input of what is built: what is checked.
    pub checked: BTreeSet<&'a str>,
    /// Shapes reachable from what is built.
    pub emitted: BTreeSet<&'a str>,
    /// Shapes called after their operation.
    renamed: BTreeMap<&'a str, String>,
}

/// Which way a structure travels; one that travels both ways counts as an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
}

/// How a value is represented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repr {
    Structure,
    List,
    Map,
    Text,
    Enum,
    Blob,
    Integer,
    Long,
    Double,
    Boolean,
    Timestamp,
    /// A type of ours that checks its text: `parse(ByteString) -> Option<Self>`.
    Checked(String),
    /// A type of ours that is written by `Display` and read by `FromStr`.
    Displayed(String),
}

impl<'a> Resolved<'a> {
    pub fn new(
        service: &'a Service,
        model: &'a Model,
        families: impl Iterator<Item = (&'a String, &'a Family)>,
        map: &'a ShapeMap,
        authorization: &'a Authorization,
    ) -> Result<Self> {
        if let Some(shape) = model.dangling() {
            return Err(format!("{}: there is no shape {shape}", service.name).into());
        }
        let find = |name: &String| {
            let found = model.operations.get(name);
            found.ok_or_else(|| format!("operations.toml: {} has no operation {name}", service.name))
        };
        let families = families
            .filter(|(_, family)| !family.built.is_empty())
            .map(|(name, family)| {
                Ok((name.as_str(), family.built.iter().map(find).collect::<std::result::Result<_, _>>()?))
            })
            .collect::<Result<Vec<_>>>()?;
        let inputs =
            reachable(model, model.operations.values().filter_map(|o| o.input.as_ref()).map(|s| &*s.shape));
        let mut resolved = Self {
            service,
            model,
            map,
            authorization,
            families,
            inputs,
            checked: BTreeSet::new(),
            emitted: BTreeSet::new(),
            renamed: BTreeMap::new(),
        };
        resolved.emitted = reachable(
            model,
            resolved.built().flat_map(|o| [&o.input, &o.output]).flatten().map(|s| &*s.shape),
        );
        let inputs = resolved.built().filter_map(|o| o.input.as_ref()).map(|s| &*s.shape);
        resolved.checked = reachable(model, inputs);
        resolved.renamed = resolved.renames()?;
        Ok(resolved)
    }

    /// Everything built.
    pub fn built(&self) -> impl Iterator<Item = &'a Operation> {
        self.families.iter().flat_map(|(_, operations)| operations.iter().copied())
    }

    fn renames(&self) -> Result<BTreeMap<&'a str, String>> {
        let mut renamed = BTreeMap::new();
        for operation in self.built() {
            let input = operation.input.as_ref().map(|s| (s.shape.as_str(), operation.name.clone()));
            let output = operation.output.as_ref().map(|s| (s.shape.as_str(), self.output_name(operation)));
            for (shape, name) in input.into_iter().chain(output) {
                if renamed.get(shape).is_some_and(|other| *other != name) {
                    return Err(format!("{}: {shape} is shared by operations", self.service.name).into());
                }
                renamed.insert(shape, name);
            }
        }
        Ok(renamed)
    }

    /// Outputs that several operations share keep the model's name and get an alias each.
    fn output_name(&self, operation: &Operation) -> String {
        let own = format!("{}Output", operation.name);
        match &operation.output {
            Some(output) if self.is_shared_output(&output.shape) => output.shape.clone(),
            _ => own,
        }
    }

    /// Whether its answer holds blobs, which can make it long.
    pub fn answers_blobs(&self, operation: &Operation) -> bool {
        let shapes = reachable(self.model, operation.output.iter().map(|output| &*output.shape));
        shapes.into_iter().any(|shape| self.model.shape(shape).kind == Kind::Blob)
    }

    pub fn is_shared_output(&self, shape: &str) -> bool {
        let users =
            self.model.operations.values().filter(|o| o.output.as_ref().is_some_and(|s| s.shape == shape));
        users.count() > 1
    }

    /// The name of a shape's Rust type, for structures and enums.
    pub fn type_name(&self, shape: &str) -> String {
        self.renamed.get(shape).cloned().unwrap_or_else(|| naming::type_name(shape))
    }

    /// The direction a structure's members travel in.
    pub fn direction(&self, structure: &str) -> Direction {
        if self.inputs.contains(structure) { Direction::Input } else { Direction::Output }
    }

    /// How a value of this shape is represented inside a structure of this direction.
    pub fn repr(&self, name: &str, direction: Direction) -> Repr {
        if let Some(path) = self.map.both.get(name) {
            return Repr::Checked(path.clone());
        }
        if let (Some(path), Direction::Output) = (self.map.output.get(name), direction) {
            return Repr::Displayed(path.clone());
        }
        let shape = self.model.shape(name);
        match shape.kind {
            Kind::Structure => Repr::Structure,
            Kind::List => Repr::List,
            Kind::Map => Repr::Map,
            Kind::String if shape.values.is_some() => Repr::Enum,
            Kind::String => Repr::Text,
            Kind::Blob => Repr::Blob,
            Kind::Integer => Repr::Integer,
            Kind::Long => Repr::Long,
            Kind::Float | Kind::Double => Repr::Double,
            Kind::Boolean => Repr::Boolean,
            Kind::Timestamp => Repr::Timestamp,
        }
    }

    /// Whether a member must be there.
    pub fn is_required(&self, structure: &str, member: &str) -> bool {
        let excepted =
            self.map.optional.get(structure).is_some_and(|members| members.iter().any(|m| m == member));
        !excepted && self.model.shape(structure).required.iter().any(|m| m == member)
    }

    /// Whether accounts of calls hide values of this shape.
    pub fn is_secret(&self, name: &str) -> bool {
        self.model.shape(name).sensitive || self.map.hidden.iter().any(|hidden| hidden == name)
    }

    /// The members that are values: all but event streams.
    pub fn members(&self, shape: &'a Shape) -> impl Iterator<Item = (&'a String, &'a Reference)> {
        shape.members.iter().filter(|(_, r)| !self.model.shape(&r.shape).eventstream)
    }

    /// The events of an operation that answers with a stream.
    pub fn events(&self, operation: &Operation) -> Vec<(&'a str, &'a str)> {
        let Some(output) = &operation.output else { return Vec::new() };
        let stream = self
            .model
            .shape(&output.shape)
            .members
            .values()
            .map(|r| self.model.shape(&r.shape))
            .find(|s| s.eventstream);
        let Some(stream) = stream else { return Vec::new() };
        let members = stream.members.iter().map(|(member, r)| (member.as_str(), &*r.shape));
        members.filter(|(_, shape)| self.model.shape(shape).event).collect()
    }
}

fn reachable<'a>(model: &'a Model, roots: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&str> = roots.collect();
    while let Some(name) = waiting.pop() {
        if seen.insert(name) {
            waiting.extend(model.shape(name).references().map(|r| r.shape.as_str()));
        }
    }
    seen
}
