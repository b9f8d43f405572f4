//! Streams that shall be there when the server answers: `[[streams]]` of the configuration file, and the variables by which kinesis-mock
//! and LocalStack name theirs.

use std::ffi::OsString;

use anabranch_types::{AccountId, Region, StreamName};

/// So many may be named.
const STREAMS_MAX: usize = 1000;
/// AWS: the largest ShardCount that makes sense, an account's quota.
const SHARDS_MAX: u32 = 20_000;
/// The variables of kinesis-mock and of LocalStack.
pub(super) const VARIABLES: [&str; 2] = ["INITIALIZE_STREAMS", "KINESIS_INITIALIZE_STREAMS"];

/// A stream that is created at the start unless it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialStream {
    /// Its name.
    pub name: StreamName,
    /// How many shards; none for AWS's default.
    pub shards: Option<u32>,
    /// Whether it is created in mode ON_DEMAND.
    pub on_demand: bool,
    /// Where; none for the server's region.
    pub region: Option<Region>,
    /// Whose; none for every account the server knows.
    pub account: Option<AccountId>,
}

/// Reads `[[streams]]`.
pub(super) fn from_file(value: toml::Value) -> Result<Vec<InitialStream>, String> {
    let toml::Value::Array(tables) = value else { return Err("expected [[streams]] tables".to_owned()) };
    bounded(tables.into_iter().map(from_table).collect::<Result<_, _>>()?)
}

fn from_table(value: toml::Value) -> Result<InitialStream, String> {
    let toml::Value::Table(table) = value else { return Err("expected [[streams]] tables".to_owned()) };
    let mut name = None;
    let mut stream = InitialStream::default_of(None);
    for (key, value) in table {
        let wrong = || format!("`{key}` of a stream has a wrong value");
        let text = || value.as_str().ok_or_else(wrong);
        match key.as_str() {
            "name" => name = Some(text()?.parse().map_err(|_| wrong())?),
            "shards" => {
                let shards = value.as_integer().and_then(|n| u32::try_from(n).ok());
                stream.shards = Some(shards.filter(|n| (1..=SHARDS_MAX).contains(n)).ok_or_else(wrong)?);
            }
            "on-demand" => stream.on_demand = value.as_bool().ok_or_else(wrong)?,
            "region" => stream.region = Some(Region::parse(text()?.to_owned()).ok_or_else(wrong)?),
            "account" => stream.account = Some(text()?.parse().map_err(|_| wrong())?),
            _ => return Err(format!("a stream has no `{key}`: name, shards, on-demand, region, account")),
        }
    }
    if stream.on_demand && stream.shards.is_some() {
        return Err("a stream in mode on-demand takes no shards".to_owned());
    }
    stream.name = name.ok_or_else(|| "a stream has no name".to_owned())?;
    Ok(stream)
}

/// Reads `name[:shards[:region]],…`, as kinesis-mock and LocalStack have it.
pub(super) fn from_variable(value: OsString) -> Result<Vec<InitialStream>, String> {
    let text = value.into_string().map_err(|_| "it is not UTF-8".to_owned())?;
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    bounded(parts.map(from_text).collect::<Result<_, _>>()?)
}

fn from_text(text: &str) -> Result<InitialStream, String> {
    let wrong = |what: &str| format!("`{text}` has a wrong {what}: expected NAME[:SHARDS[:REGION]]");
    let mut parts = text.split(':');
    let name = parts.next().and_then(|name| name.parse().ok()).ok_or_else(|| wrong("name"))?;
    let mut stream = InitialStream::default_of(Some(name));
    if let Some(shards) = parts.next().filter(|shards| !shards.is_empty()) {
        let shards = shards.parse().ok().filter(|n| (1..=SHARDS_MAX).contains(n));
        stream.shards = Some(shards.ok_or_else(|| wrong("number of shards"))?);
    }
    if let Some(region) = parts.next().filter(|region| !region.is_empty()) {
        stream.region = Some(Region::parse(region.to_owned()).ok_or_else(|| wrong("region"))?);
    }
    match parts.next() {
        None => Ok(stream),
        Some(_) => Err(wrong("form")),
    }
}

fn bounded(streams: Vec<InitialStream>) -> Result<Vec<InitialStream>, String> {
    if streams.len() > STREAMS_MAX {
        return Err(format!("more than {STREAMS_MAX} streams are named"));
    }
    Ok(streams)
}

impl InitialStream {
    fn default_of(name: Option<StreamName>) -> Self {
        let name = name.unwrap_or_else(|| StreamName::parse("unnamed").expect("it is a legal name"));
        Self { name, shards: None, on_demand: false, region: None, account: None }
    }

    /// As it stands in the configuration file.
    pub(super) fn show(&self) -> String {
        let mut lines = vec!["[[streams]]".to_owned(), format!("name = \"{}\"", self.name)];
        lines.extend(self.shards.map(|shards| format!("shards = {shards}")));
        lines.extend(self.on_demand.then(|| "on-demand = true".to_owned()));
        lines.extend(self.region.as_ref().map(|region| format!("region = \"{region}\"")));
        lines.extend(self.account.map(|account| format!("account = \"{account}\"")));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_are_read_as_kinesis_mock_and_localstack_read_them() {
        let streams =
            from_variable("my-first-stream:1, my-other-stream::us-west-2,my-last-stream,".into()).unwrap();
        let shown: Vec<_> = streams.iter().map(InitialStream::show).collect();
        assert_eq!(
            shown,
            [
                "[[streams]]\nname = \"my-first-stream\"\nshards = 1",
                "[[streams]]\nname = \"my-other-stream\"\nregion = \"us-west-2\"",
                "[[streams]]\nname = \"my-last-stream\"",
            ]
        );
        for wrong in ["a b", "a:0", "a:x", "a:1:REGION!", "a:1:us-east-1:more", ":1"] {
            assert!(from_variable(wrong.into()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_is_read_again() {
        let text = "[[streams]]\nname = \"a\"\nshards = 3\n\n[[streams]]\nname = \"b\"\non-demand = true\nregion = \"eu-west-1\"\naccount = \"111122223333\"";
        let read = |text: &str| {
            let mut table: toml::Table = text.parse().unwrap();
            from_file(table.remove("streams").unwrap())
        };
        let shown: Vec<_> = read(text).unwrap().iter().map(InitialStream::show).collect();
        assert_eq!(shown.join("\n\n"), text);
        for wrong in [
            "shards = 1",
            "name = \"a\"\nshards = 0",
            "name = \"a\"\nshard = 1",
            "name = \"a\"\nshards = 1\non-demand = true",
            "name = 1",
        ] {
            assert!(read(&format!("[[streams]]\n{wrong}")).is_err(), "{wrong}");
        }
    }
}
