//! Who signs, and for which region: the environment and the files that every AWS tool reads.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use anabranch_governance::iam::Secret;
use anabranch_types::Region;

use super::Target;

/// The region where nothing says otherwise.
const REGION_DEFAULT: &str = "us-east-1";
/// What a server on loopback accepts without knowing it.
const DEVELOPMENT_KEY: &str = "test";

/// An access key and the region it is used in. Debug prints no secret.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The access key's id.
    pub access_key: String,
    /// What it signs with.
    pub secret: Secret,
    /// The token of temporary credentials.
    pub session_token: Option<Secret>,
    /// The region that requests are signed for.
    pub region: Region,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Half a key in the environment.
    #[error("{present} is set and {absent} is not: set both, or neither to use a profile")]
    HalfKey {
        /// The variable that is there.
        present: &'static str,
        /// The one that is not.
        absent: &'static str,
    },
    /// A file that is there cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The profile the user asked for is in no file.
    #[error("there is no profile `{profile}` in `{credentials}` or `{config}`: look at AWS_PROFILE")]
    NoProfile {
        /// The profile.
        profile: String,
        /// The credentials file.
        credentials: PathBuf,
        /// The configuration file.
        config: PathBuf,
    },
    /// The profile has its key from elsewhere.
    #[error(
        "the profile `{profile}` holds no access key (roles, SSO and credential processes are not read here): \
         `aws configure export-credentials --profile {profile} --format env` prints what to export"
    )]
    NoKeyInProfile {
        /// The profile.
        profile: String,
    },
    /// Nothing anywhere.
    #[error(
        "there are no credentials for {endpoint}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )]
    Nothing {
        /// Whom they are for.
        endpoint: String,
    },
    /// The region's name cannot be one.
    #[error(
        "`{name}` cannot be a region: a region is lower-case letters, digits and hyphens, like us-east-1"
    )]
    Region {
        /// The name.
        name: String,
    },
}

/// What the process was given.
pub struct Surroundings<'a> {
    /// An environment variable; empty ones count as unset.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The text of a file; none if it does not exist.
    pub file: &'a dyn Fn(&Path) -> io::Result<Option<String>>,
}

/// Whom the requests go to.
pub struct Recipient<'a> {
    /// Its address, for sentences.
    pub endpoint: &'a str,
    /// Whether it is on this machine, where any key will do.
    pub is_loopback: bool,
}

impl Identity {
    /// Finds the identity in the order of AWS's tools: the environment, the shared credentials file, the configuration file; on
    /// loopback then `test`/`test` in us-east-1. `region` is what the user named on the command line.
    ///
    /// Source: AWS SDKs and Tools Reference Guide, "Understand the credential provider chain".
    pub fn find(
        surroundings: &Surroundings<'_>,
        recipient: &Recipient<'_>,
        region: Option<&str>,
    ) -> Result<Self, IdentityError> {
        let profile = Profile::read(surroundings)?;
        let region = region
            .map(str::to_owned)
            .or_else(|| (surroundings.variable)("AWS_REGION"))
            .or_else(|| (surroundings.variable)("AWS_DEFAULT_REGION"))
            .or_else(|| profile.value("region"))
            .unwrap_or_else(|| REGION_DEFAULT.to_owned());
        let region =
            Region::parse(region.as_str()).ok_or_else(|| IdentityError::Region { name: region.clone() })?;
        let (access_key, secret, session_token) = find_key(surroundings, &profile, recipient)?;
        Ok(Self {
            access_key,
            secret: Secret::new(secret),
            session_token: session_token.map(Secret::new),
            region,
        })
    }
}

/// The identity that this process's environment and its user's files give for a server.
pub fn from_environment(target: &Target, region: Option<&str>) -> Result<Identity, IdentityError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let surroundings = Surroundings { variable: &variable, file: &read_if_there };
    let recipient = Recipient { endpoint: &target.to_string(), is_loopback: target.is_loopback() };
    Identity::find(&surroundings, &recipient, region)
}

fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

type Key = (String, String, Option<String>);

fn find_key(
    surroundings: &Surroundings<'_>,
    profile: &Profile,
    recipient: &Recipient<'_>,
) -> Result<Key, IdentityError> {
    const ID: &str = "AWS_ACCESS_KEY_ID";
    const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
    match ((surroundings.variable)(ID), (surroundings.variable)(SECRET)) {
        (Some(id), Some(secret)) => return Ok((id, secret, (surroundings.variable)("AWS_SESSION_TOKEN"))),
        (Some(_), None) => return Err(IdentityError::HalfKey { present: ID, absent: SECRET }),
        (None, Some(_)) => return Err(IdentityError::HalfKey { present: SECRET, absent: ID }),
        (None, None) => {}
    }
    if let (Some(id), Some(secret)) =
        (profile.value("aws_access_key_id"), profile.value("aws_secret_access_key"))
    {
        return Ok((id, secret, profile.value("aws_session_token")));
    }
    if profile.is_named {
        return Err(IdentityError::NoKeyInProfile { profile: profile.name.clone() });
    }
    if recipient.is_loopback {
        return Ok((DEVELOPMENT_KEY.to_owned(), DEVELOPMENT_KEY.to_owned(), None));
    }
    Err(IdentityError::Nothing { endpoint: recipient.endpoint.to_owned() })
}

/// One profile of the two files.
struct Profile {
    name: String,
    /// Whether the user asked for it by name.
    is_named: bool,
    values: HashMap<String, String>,
}

impl Profile {
    fn read(surroundings: &Surroundings<'_>) -> Result<Self, IdentityError> {
        let named = (surroundings.variable)("AWS_PROFILE");
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let credentials = path(surroundings, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = path(surroundings, "AWS_CONFIG_FILE", "config");
        let heading = if name == "default" { name.clone() } else { format!("profile {name}") };
        // What stands in the credentials file counts more.
        let mut values = section(&text(surroundings, &config)?, &heading);
        if let Some(more) = section(&text(surroundings, &credentials)?, &name) {
            values.get_or_insert_default().extend(more);
        }
        match (values, &named) {
            (Some(values), _) => Ok(Self { name, is_named: named.is_some(), values }),
            (None, None) => Ok(Self { name, is_named: false, values: HashMap::new() }),
            (None, Some(_)) => Err(IdentityError::NoProfile { profile: name, credentials, config }),
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }
}

fn path(surroundings: &Surroundings<'_>, variable: &str, file: &str) -> PathBuf {
    match (surroundings.variable)(variable) {
        Some(path) => PathBuf::from(path),
        None => Path::new(&(surroundings.variable)("HOME").unwrap_or_default()).join(".aws").join(file),
    }
}

fn text(surroundings: &Surroundings<'_>, path: &Path) -> Result<String, IdentityError> {
    (surroundings.file)(path)
        .map(Option::unwrap_or_default)
        .map_err(|source| IdentityError::Read { path: path.to_owned(), source })
}

/// The values below `[heading]`; none if it is not there. Lines that are not understood are passed over, as AWS's tools do.
fn section(text: &str, heading: &str) -> Option<HashMap<String, String>> {
    let mut values: Option<HashMap<String, String>> = None;
    let mut inside = false;
    for line in text.lines().filter(|line| !line.starts_with(char::is_whitespace)) {
        let line = line.trim_end();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            inside = name.split_whitespace().eq(heading.split_whitespace());
            if inside {
                values.get_or_insert_default();
            }
        } else if let (true, Some(values), Some((name, value))) =
            (inside && !line.starts_with(['#', ';']), values.as_mut(), line.split_once('='))
        {
            values.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    values
}

#[cfg(test)]
mod tests;
