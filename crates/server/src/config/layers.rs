use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory, FromArgMatches, Parser};

use super::{InitialStream, Secret, ServeFlags, Settings, rules, streams};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// This environment variable.
    Environment(String),
    /// The configuration file.
    File(PathBuf),
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value has not the form its flag wants.
    #[error("{origin}: {sentence}")]
    Value {
        /// Which file or variable holds it.
        origin: String,
        /// What is wrong.
        sentence: String,
    },
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The configuration file is not TOML.
    #[error("the configuration file {} is not TOML", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Values that do not go together.
    #[error("{0}")]
    Contradiction(String),
}

/// Flags alone, as every layer is parsed.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct FlagsOnly {
    #[command(flatten)]
    flags: ServeFlags,
}

/// A flag's values as text, with their source.
type Layer = BTreeMap<String, (Source, Vec<OsString>)>;

/// Puts the layers on top of each other: `matches` of the command line over the environment (`variable` looks one up) over the
/// file over defaults. Each layer is parsed by itself first, so that a wrong value is blamed on its own place.
pub fn resolve(
    matches: &ArgMatches,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Settings, ConfigError> {
    let flags = FlagsOnly::command();
    let known: Vec<&Arg> = flags.get_arguments().collect();

    let command_line = from_command_line(&known, matches);
    let environment = from_environment(&known, variable)?;
    let mut initial_streams = Vec::new();
    let file = match command_line.get("config").or_else(|| environment.get("config")) {
        Some((_, values)) => from_file(&known, Path::new(&values[0]), &mut initial_streams)?,
        None => Layer::new(),
    };
    for name in streams::VARIABLES {
        let wrong =
            |sentence| ConfigError::Value { origin: format!("environment variable {name}"), sentence };
        let named = variable(name).map_or(Ok(Vec::new()), streams::from_variable);
        initial_streams.extend(named.map_err(wrong)?);
    }

    let mut merged = file;
    merged.extend(environment);
    merged.extend(command_line);
    let flags = parse(&merged).map_err(|e| ConfigError::Contradiction(first_line(&e)))?;
    let sources = merged.into_iter().map(|(flag, (source, _))| (flag, source)).collect();
    let [root_key, master_key] =
        ["ANABRANCH_ROOT_KEY", "ANABRANCH_MASTER_KEY"].map(|name| secret(name, variable));
    let (root_key, master_key, initialised) = (root_key?, master_key?, false);
    let settings = Settings { flags, root_key, master_key, initialised, initial_streams, sources };
    rules::check(&settings)?;
    Ok(settings)
}

fn from_command_line(known: &[&Arg], matches: &ArgMatches) -> Layer {
    let given = |arg: &&&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    known
        .iter()
        .filter(given)
        .filter_map(|arg| {
            let values = matches.get_raw(arg.get_id().as_str())?.map(OsString::from).collect();
            Some((name_of(arg), (Source::Flag, values)))
        })
        .collect()
}

fn from_environment(
    known: &[&Arg],
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Layer, ConfigError> {
    let mut layer = Layer::new();
    for arg in known {
        let flag = name_of(arg);
        let spelled = format!("ANABRANCH_{}", flag.replace('-', "_").to_uppercase());
        let short = (flag == "log-level").then(|| "ANABRANCH_LOG".to_owned());
        for name in short.into_iter().chain([spelled]) {
            let Some(value) = variable(&name) else { continue };
            let entry = (Source::Environment(name.clone()), vec![value]);
            check_alone(&flag, &entry, || format!("environment variable {name}"))?;
            layer.insert(flag.clone(), entry);
        }
    }
    Ok(layer)
}

fn from_file(
    known: &[&Arg],
    path: &Path,
    initial_streams: &mut Vec<InitialStream>,
) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let table: toml::Table =
        text.parse().map_err(|e| ConfigError::NotToml { path: path.to_owned(), source: Box::new(e) })?;
    let origin = || format!("configuration file {}", path.display());

    let mut layer = Layer::new();
    for (key, value) in table {
        let wrong = |sentence: String| ConfigError::Value { origin: origin(), sentence };
        if key == "streams" {
            *initial_streams = streams::from_file(value).map_err(wrong)?;
            continue;
        }
        let arg = known
            .iter()
            .find(|arg| name_of(arg) == key && key != "config")
            .ok_or_else(|| wrong(format!("unknown key `{key}`; `anabranch serve --help` lists them all")))?;
        let many = matches!(arg.get_action(), ArgAction::Append);
        let values =
            texts(value, many).ok_or_else(|| wrong(format!("`{key}` has a value of the wrong type")))?;
        let entry = (Source::File(path.to_owned()), values);
        check_alone(&key, &entry, origin)?;
        layer.insert(key, entry);
    }
    Ok(layer)
}

/// A TOML value as the flag would have it on the command line.
fn texts(value: toml::Value, many: bool) -> Option<Vec<OsString>> {
    let text = |value: toml::Value| match value {
        toml::Value::String(text) => Some(OsString::from(text)),
        toml::Value::Integer(number) => Some(number.to_string().into()),
        toml::Value::Boolean(flag) => Some(flag.to_string().into()),
        _ => None,
    };
    match value {
        toml::Value::Array(values) if many => values.into_iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

fn check_alone(
    flag: &str,
    entry: &(Source, Vec<OsString>),
    origin: impl Fn() -> String,
) -> Result<(), ConfigError> {
    let layer = Layer::from([(flag.to_owned(), entry.clone())]);
    parse(&layer).map(drop).map_err(|e| ConfigError::Value { origin: origin(), sentence: first_line(&e) })
}

fn parse(layer: &Layer) -> Result<ServeFlags, clap::Error> {
    let mut arguments = Vec::new();
    for (flag, (_, values)) in layer {
        for value in values {
            let mut argument = OsString::from(format!("--{flag}="));
            argument.push(value);
            arguments.push(argument);
        }
    }
    let matches = FlagsOnly::command().try_get_matches_from(arguments)?;
    FlagsOnly::from_arg_matches(&matches).map(|only| only.flags)
}

fn secret(name: &str, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<Secret>, ConfigError> {
    let not_text = |_| ConfigError::Value {
        origin: format!("environment variable {name}"),
        sentence: "it is not UTF-8".to_owned(),
    };
    variable(name).map(|value| value.into_string().map(Secret::new).map_err(not_text)).transpose()
}

/// The flag's long name, which is its key in the file.
fn name_of(arg: &Arg) -> String {
    arg.get_long().map_or_else(|| arg.get_id().as_str().replace('_', "-"), str::to_owned)
}

/// clap's sentence without `error: ` and without advice on usage.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
