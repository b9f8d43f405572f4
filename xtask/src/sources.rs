//! Everything under `models/`, read and checked against itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::{Model, Result};
use crate::resolve::Resolved;
use crate::settings::{
    self, Authorization, Authorizations, Family, Operations, Service, Services, ShapeMap, ShapeMaps,
};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Everything under `models/`.
pub struct Sources {
    pub services: Vec<Service>,
    pub models: Vec<Model>,
    pub operations: Operations,
    pub shapes: ShapeMaps,
    pub authorizations: Authorizations,
}

impl Sources {
    /// Reads it.
    pub fn read() -> Result<Sources> {
        let models = root().join("models");
        let mut services = settings::read::<Services>(&models.join("services.toml"))?.service;
        services.extend(settings::read::<Services>(&models.join("extra/services.toml"))?.service);
        let file = |s: &Service| match &s.feature {
            Some(_) => models.join(format!("extra/{}.json", s.name)),
            None => models.join(format!("{}.json", s.name)),
        };
        Ok(Sources {
            models: services.iter().map(|s| Model::read(&file(s))).collect::<Result<_>>()?,
            services,
            operations: settings::read(&models.join("operations.toml"))?,
            shapes: settings::read(&models.join("shapes.toml"))?,
            authorizations: settings::read(&models.join("authorization.toml"))?,
        })
    }

    /// The services with their decisions taken, and the file each is written to.
    pub fn resolved<'a>(&'a self, empty: &'a Defaults) -> Result<Vec<Resolved<'a>>> {
        let each = self.services.iter().zip(&self.models);
        each.map(|(service, model)| {
            let families = self.operations.get(&service.name).into_iter().flat_map(|s| &s.families);
            let map = self.shapes.get(&service.name).unwrap_or(&empty.map);
            let authorization = self.authorizations.get(&service.name).unwrap_or(&empty.authorization);
            Resolved::new(service, model, families, map, authorization)
        })
        .collect()
    }

    /// What operations.toml does not say exactly once, in sentences: operations of a model that stand nowhere or twice, and
    /// names that stand in no model.
    pub fn unaccounted(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (service, model) in self.services.iter().zip(&self.models) {
            let mut times: BTreeMap<&str, u32> =
                model.operations.keys().map(|name| (name.as_str(), 0)).collect();
            let families = self.operations.get(&service.name).into_iter().flat_map(|s| s.families.values());
            for name in families.flat_map(Family::operations) {
                match times.get_mut(name.as_str()) {
                    Some(count) => *count += 1,
                    None => wrong.push(format!("{} has no operation {name}", service.name)),
                }
            }
            let unraisable = self.operations.get(&service.name).into_iter().flat_map(|s| s.unraisable.keys());
            let unknown = unraisable.filter(|key| {
                let operation = key.split('.').next().unwrap_or_default();
                operation != "*" && !model.operations.contains_key(operation)
            });
            wrong.extend(unknown.map(|key| format!("{}.unraisable names {key}", service.name)));
            let not_once = times.iter().filter(|(_, count)| **count != 1);
            wrong.extend(
                not_once
                    .map(|(name, count)| format!("{}.{name} stands {count} times, not once", service.name)),
            );
        }
        wrong
    }
}

/// What stands for a service that a settings file does not mention.
#[derive(Default)]
pub struct Defaults {
    map: ShapeMap,
    authorization: Authorization,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_every_model_is_built_or_has_a_reason() {
        let sources = Sources::read().expect("models/ is readable");
        assert_eq!(sources.unaccounted(), Vec::<String>::new());
        let families = sources.operations.values().flat_map(|s| s.families.values());
        let mut unbuilt = families.flat_map(|f| f.absent.iter().chain(&f.refused));
        assert!(unbuilt.all(|u| !u.reason.is_empty()));
    }

    #[test]
    fn an_operation_that_stands_nowhere_is_found() {
        let mut sources = Sources::read().expect("models/ is readable");
        sources.operations["kinesis"].families["streams"].built.retain(|name| name != "PutRecords");
        assert_eq!(sources.unaccounted(), ["kinesis.PutRecords stands 0 times, not once"]);
    }
}
