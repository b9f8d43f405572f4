//! Writes the code that fills each operation's request and reads its answer, from the models of the repository: an SDK for Rust has no
//! reflection, and forty operations by hand would say nothing that the models do not.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

/// The SDK's crate and the model of each service. The Lambda crate would take longer to build than all the others for its two rows.
const SERVICES: [(&str, &str); 4] = [
    ("aws_sdk_cloudwatch", "cloudwatch"),
    ("aws_sdk_cloudwatchlogs", "logs"),
    ("aws_sdk_kinesis", "kinesis"),
    ("aws_sdk_sts", "sts"),
];
/// Operations that answer with a stream of events, and the shapes of these: `subscription.rs` reads them.
const STREAMS: [(&str, &[&str]); 2] = [
    ("SubscribeToShard", &["SubscribeToShardEvent"]),
    ("StartLiveTail", &["LiveTailSessionStart", "LiveTailSessionUpdate"]),
];
const KEYWORDS: [&str; 1] = ["type"];
/// Members that the SDK is too old for.
const UNKNOWN: [&str; 1] = ["QueueCount"];
/// Units that the SDK takes for one word.
const UNITS: [(&str, &str); 2] = [("KiB", "Kib"), ("MiBps", "Mibps")];

fn main() {
    // Asked for when it runs: a checkout at another place may build with this same program.
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where this package is");
    let models = Path::new(&here).join("../../../models");
    println!("cargo::rerun-if-changed={}", models.display());
    let operations =
        std::fs::read_to_string(models.join("operations.toml")).expect("operations.toml is readable");
    let operations: toml::Table = operations.parse().expect("operations.toml is TOML");
    let place = std::env::var("OUT_DIR").expect("cargo names a place for what is written");
    for (sdk, service) in SERVICES {
        let text =
            std::fs::read_to_string(models.join(format!("{service}.json"))).expect("the model is readable");
        let model: Value = serde_json::from_str(&text).expect("the model is JSON");
        let mut made = Service {
            sdk,
            model: &model,
            code: String::new(),
            taken: BTreeSet::new(),
            shown: BTreeSet::new(),
        };
        made.operations(&built_operations(&operations, service));
        std::fs::write(Path::new(&place).join(format!("{service}.rs")), made.code)
            .expect("the code is writable");
    }
}

/// The names under every `built` of a service's families.
fn built_operations(told: &toml::Table, service: &str) -> Vec<String> {
    let families = told[service].as_table().into_iter().flatten();
    let names = families.filter_map(|(_, family)| family.get("built")?.as_array()).flatten();
    names.filter_map(|name| name.as_str()).map(str::to_owned).collect()
}

struct Service<'a> {
    sdk: &'a str,
    model: &'a Value,
    code: String,
    /// Shapes that requests are made of, and that answers are made of, already written.
    taken: BTreeSet<String>,
    shown: BTreeSet<String>,
}

impl Service<'_> {
    fn operations(&mut self, names: &[String]) {
        let mut arms = String::new();
        for name in names {
            let (sdk, method) = (self.sdk, snake(name));
            let input = self.shape_of(&format!("/operations/{name}/input/shape"));
            let members = input.as_deref().map(|shape| self.members(shape)).unwrap_or_default();
            let setters = self.setters(&members);
            let known = listed(&members);
            writeln!(
                self.code,
                "pub fn {method}(client: &{sdk}::Client, params: &Value) -> Result<{sdk}::operation::{method}::builders::{name}FluentBuilder, Trouble> {{
                    known(params, \"{name}\", &[{known}])?;
                    Ok(client.{method}(){setters})
                }}"
            )
            .expect("a string is writable");
            for (_, shape) in members {
                self.take(&shape);
            }
            if let Some((_, events)) = STREAMS.iter().find(|(operation, _)| operation == name) {
                events.iter().for_each(|event| self.show(event));
                continue;
            }
            writeln!(arms, "\"{name}\" => answered({method}(client, params)?.send().await),")
                .expect("a string is writable");
            let members = self
                .shape_of(&format!("/operations/{name}/output/shape"))
                .map(|shape| self.members(&shape))
                .unwrap_or_default();
            self.came(&format!("{sdk}::operation::{method}::{name}Output"), &members);
            for (_, shape) in members {
                self.show(&shape);
            }
        }
        writeln!(
            self.code,
            "pub async fn call(client: &{}::Client, operation: &str, params: &Value) -> Result<Value, Trouble> {{
                match operation {{ {arms} _ => Err(Trouble::Unsupported(format!(\"no {{operation}}\"))) }}
            }}",
            self.sdk
        )
        .expect("a string is writable");
    }

    /// How a shape of a request is made from a document, with everything that it is made of.
    fn take(&mut self, name: &str) {
        if !self.taken.insert(name.to_owned()) {
            return;
        }
        let sdk = self.sdk;
        for inner in self.inner(name) {
            self.take(&inner);
        }
        if self.is_enum(name) {
            let named = pascal(name);
            writeln!(
                self.code,
                "impl Sent for {sdk}::types::{named} {{
                    fn sent(value: &Value) -> Result<Self, Trouble> {{ Ok(Self::from(String::sent(value)?.as_str())) }}
                }}"
            )
            .expect("a string is writable");
        } else if self.is_union(name) {
            let members = self.members(name);
            let (named, known) = (pascal(name), listed(&members));
            let variants: String = members
                .iter()
                .map(|(member, _)| {
                    let variant = pascal(member);
                    format!("if let Some(of) = member(params, \"{member}\")? {{ return Ok(Self::{variant}(of)); }}")
                })
                .collect();
            writeln!(
                self.code,
                "impl Sent for {sdk}::types::{named} {{
                    fn sent(params: &Value) -> Result<Self, Trouble> {{
                        known(params, \"{name}\", &[{known}])?;
                        {variants}
                        Err(Trouble::Unsendable(\"{name} of nothing\".into()))
                    }}
                }}"
            )
            .expect("a string is writable");
        } else if self.kind(name) == "structure" {
            let members = self.members(name);
            let (setters, known, named) = (self.setters(&members), listed(&members), pascal(name));
            writeln!(
                self.code,
                "impl Built for {sdk}::types::{named} {{ type Of = Self; fn built(self) -> Result<Self, Trouble> {{ Ok(self) }} }}
                impl Sent for {sdk}::types::{named} {{
                    fn sent(params: &Value) -> Result<Self, Trouble> {{
                        known(params, \"{name}\", &[{known}])?;
                        Self::builder(){setters}.build().built()
                    }}
                }}"
            )
            .expect("a string is writable");
        }
    }

    /// How a shape of an answer becomes a document, with everything that it is made of.
    fn show(&mut self, name: &str) {
        if !self.shown.insert(name.to_owned()) {
            return;
        }
        let sdk = self.sdk;
        for inner in self.inner(name) {
            self.show(&inner);
        }
        let named = pascal(name);
        if self.is_enum(name) {
            writeln!(
                self.code,
                "impl Came for {sdk}::types::{named} {{ fn came(&self) -> Option<Value> {{ Some(self.as_str().into()) }} }}"
            )
            .expect("a string is writable");
        } else if self.is_union(name) {
            let variants: String = self
                .members(name)
                .iter()
                .map(|(member, _)| {
                    format!("Self::{}(of) => Some(document([(\"{member}\", of.came())])),", pascal(member))
                })
                .collect();
            writeln!(
                self.code,
                "impl Came for {sdk}::types::{named} {{ fn came(&self) -> Option<Value> {{ match self {{ {variants} _ => None }} }} }}"
            )
            .expect("a string is writable");
        } else if self.kind(name) == "structure" {
            let members = self.members(name);
            self.came(&format!("{sdk}::types::{named}"), &members);
        }
    }

    fn came(&mut self, path: &str, members: &[(String, String)]) {
        let mut shown = String::new();
        for (member, _) in members {
            write!(shown, "(\"{member}\", self.{}.came()), ", field(member)).expect("a string is writable");
        }
        writeln!(
            self.code,
            "impl Came for {path} {{ fn came(&self) -> Option<Value> {{ Some(document([{shown}])) }} }}"
        )
        .expect("a string is writable");
    }

    fn setters(&self, members: &[(String, String)]) -> String {
        let mut code = String::new();
        for (member, _) in members {
            write!(code, ".set_{}(member(params, \"{member}\")?)", snake(member))
                .expect("a string is writable");
        }
        code
    }

    fn shape_of(&self, pointer: &str) -> Option<String> {
        self.model.pointer(pointer)?.as_str().map(str::to_owned)
    }

    fn shape(&self, name: &str) -> &Value {
        &self.model["shapes"][name]
    }

    fn kind(&self, name: &str) -> &str {
        self.shape(name)["type"].as_str().expect("every shape has a type")
    }

    fn is_enum(&self, name: &str) -> bool {
        self.shape(name).get("enum").is_some()
    }

    fn is_union(&self, name: &str) -> bool {
        self.shape(name).get("union").is_some()
    }

    /// A structure's members, each with the name of its shape.
    fn members(&self, name: &str) -> Vec<(String, String)> {
        let members = self.shape(name)["members"].as_object();
        let known = members.into_iter().flatten().filter(|(member, _)| !UNKNOWN.contains(&member.as_str()));
        known
            .map(|(member, told)| (member.clone(), told["shape"].as_str().unwrap_or_default().to_owned()))
            .collect()
    }

    /// The shapes that a shape is made of.
    fn inner(&self, name: &str) -> Vec<String> {
        match self.kind(name) {
            "structure" => self.members(name).into_iter().map(|(_, shape)| shape).collect(),
            "list" => self.shape_of(&format!("/shapes/{name}/member/shape")).into_iter().collect(),
            "map" => self.shape_of(&format!("/shapes/{name}/value/shape")).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

fn listed(members: &[(String, String)]) -> String {
    members.iter().map(|(member, _)| format!("\"{member}\", ")).collect()
}

fn field(member: &str) -> String {
    let name = snake(member);
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

/// A name of the model as the SDK writes it: `StreamARN` is `stream_arn`, `MaxRecordSizeInKiB` is `max_record_size_in_kib`.
fn snake(name: &str) -> String {
    let name = UNITS.iter().fold(name.to_owned(), |name, (unit, word)| name.replace(unit, word));
    let letters: Vec<char> = name.chars().collect();
    let mut made = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| letters[i]);
        let follows_small = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let ends_capitals = before.is_some_and(|c| c.is_ascii_uppercase())
            && letters.get(i + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (follows_small || ends_capitals) {
            made.push('_');
        }
        made.push(letter.to_ascii_lowercase());
    }
    made
}

/// A name of the model as the SDK names a type or a variant: `AlarmPromQLCriteria` is `AlarmPromQlCriteria`.
fn pascal(name: &str) -> String {
    let words = snake(name);
    let capitalized = words.split('_').map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    capitalized.collect()
}
