//! What flags say together.

use anabranch_governance::kms::MasterKey;

use super::{ConfigError, Settings, Source, TlsMode};

/// Refuses values that contradict each other.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let refuse = |sentence: String| Err(ConfigError::Contradiction(sentence));
    let flags = &settings.flags;

    if let Some(key) = &settings.master_key {
        if MasterKey::from_base64(key.reveal()).is_none() {
            return refuse(
                "ANABRANCH_MASTER_KEY is not base64 of 32 bytes: `openssl rand -base64 32` makes one".into(),
            );
        }
        if flags.master_key_file.is_some() {
            return refuse(
                "ANABRANCH_MASTER_KEY and --master-key-file both name the master key: leave one of them out"
                    .into(),
            );
        }
    }
    if flags.tls_cert.is_some() != flags.tls_key.is_some() {
        return refuse("--tls-cert and --tls-key go together: a certificate needs its key".into());
    }
    if flags.tls == TlsMode::Off && flags.tls_cert.is_some() {
        return refuse("--tls-cert is given, but --tls is off".into());
    }
    for excluded in ["data-dir", "durability", "master-key-file"] {
        if flags.ephemeral && settings.sources.contains_key(excluded) {
            return refuse(format!(
                "--ephemeral keeps nothing, so --{excluded} has no meaning beside it: leave one of them out"
            ));
        }
    }
    Ok(())
}

/// Why the listeners may not be opened as they are, without their owner saying so; none when they may.
pub(super) fn strangers(settings: &Settings) -> Option<String> {
    let flags = &settings.flags;
    let beyond = flags.listen.iter().find(|address| !address.ip().is_loopback())?;
    if flags.open_network || (settings.closed() && flags.tls == TlsMode::Required) {
        return None;
    }
    let missing = match (settings.closed(), flags.tls == TlsMode::Required) {
        (false, false) => {
            "anybody who reaches it could do everything, and see everything that passes. Make a root access key \
             (`anabranch init`), or name one (ANABRANCH_ROOT_KEY, --credentials), and set --tls required"
        }
        (false, true) => {
            "anybody who reaches it could do everything. Make a root access key (`anabranch init`), or name one \
             (ANABRANCH_ROOT_KEY, --credentials)"
        }
        (true, _) => "calls in plain text could be read and repeated on their way. Set --tls required",
    };
    Some(format!("{beyond} is not on loopback: {missing}; or accept the risk with --open-network"))
}

impl Settings {
    /// Where a flag's value came from; none for its default.
    pub fn source(&self, flag: &str) -> Option<&Source> {
        self.sources.get(flag)
    }
}
