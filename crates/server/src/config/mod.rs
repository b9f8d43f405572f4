//! Configuration: flags, environment, file and defaults become [`Settings`]. One parser, clap's, reads all of them.

mod flags;
mod layers;
mod rules;
mod show;
mod streams;
#[cfg(test)]
mod tests;
mod values;
mod vpc_endpoint;

use std::collections::BTreeMap;
use std::path::PathBuf;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::master_key::{self, ExternalKms};

pub use flags::Limits;
pub use flags::{LogFormat, ServeFlags, TlsMode};
pub use layers::{ConfigError, Source, resolve};
pub use streams::InitialStream;
pub use values::{Durability, PublicUrl, Size};
pub use vpc_endpoint::VpcEndpointFlag;

/// What the server runs with, and where each value came from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Every flag, with defaults filled in.
    pub flags: ServeFlags,
    /// `ANABRANCH_ROOT_KEY`, never printed.
    pub root_key: Option<Secret>,
    /// `ANABRANCH_MASTER_KEY`, never printed.
    pub master_key: Option<Secret>,
    /// Whether the data directory has root access keys of its own, which `anabranch init` made. Known once it is ours.
    pub initialised: bool,
    /// Streams that shall be there when the server answers.
    pub initial_streams: Vec<InitialStream>,
    /// By flag, where its value came from; a flag that is not here has its default.
    sources: BTreeMap<String, Source>,
}

/// A value that is shown as `***`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl ZeroizeOnDrop for Secret {}

impl Secret {
    /// Takes the value.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Settings {
    /// Whether every signature is verified: somebody named a credential, or made one in the data directory.
    pub fn closed(&self) -> bool {
        self.root_key.is_some() || self.flags.credentials.is_some() || self.initialised
    }

    /// Where the master key is to be had from.
    pub fn master_key_choice(&self) -> master_key::Choice {
        let flags = &self.flags;
        let kms = flags.master_key_kms.clone().zip(flags.master_key_kms_endpoint.clone());
        master_key::Choice {
            value: self.master_key.clone(),
            file: flags.master_key_file.clone(),
            kms: kms.map(|(key, endpoint)| ExternalKms { endpoint, key }),
        }
    }

    /// Refuses listeners that may not be opened as they are.
    pub fn check_listeners(&self) -> Result<(), ConfigError> {
        rules::strangers(self).map_or(Ok(()), |sentence| Err(ConfigError::Contradiction(sentence)))
    }

    /// The directory the flags name, else the platform's for `anabranch`; none where the platform names none (no home directory).
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.flags.data_dir.clone().or_else(platform_data_dir)
    }
}

/// Where the platform keeps data of `anabranch`; none where it names no place (no home directory).
pub fn platform_data_dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "anabranch").map(|dirs| dirs.data_dir().to_owned())
}
