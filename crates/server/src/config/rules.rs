//! What flags say together.

use std::collections::BTreeSet;

use anabranch_governance::iam::web_identity::PROVIDERS_MAX;
use anabranch_governance::kms::MasterKey;

use crate::alarm_actions::{ALARM_TARGETS_MAX, AlarmTarget};
use crate::audit_heads::HeadsPlace;

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
    if flags.master_key_kms.is_some() != flags.master_key_kms_endpoint.is_some() {
        return refuse(
            "--master-key-kms and --master-key-kms-endpoint go together: a key is found where its KMS answers"
                .into(),
        );
    }
    if flags.master_key_kms.is_some() && (settings.master_key.is_some() || flags.master_key_file.is_some()) {
        return refuse(
            "--master-key-kms is one way to have the master key, --master-key-file and ANABRANCH_MASTER_KEY are \
             others: leave all but one out"
                .into(),
        );
    }
    if flags.tls_cert.is_some() != flags.tls_key.is_some() {
        return refuse("--tls-cert and --tls-key go together: a certificate needs its key".into());
    }
    if flags.tls == TlsMode::Off && flags.tls_cert.is_some() {
        return refuse("--tls-cert is given, but --tls is off".into());
    }
    if flags.tls_client_ca.is_some() && flags.tls != TlsMode::Required {
        return refuse(
            "--tls-client-ca has no meaning where plain text is taken, too: set --tls required".into(),
        );
    }
    let mut ids: Vec<&str> = flags.vpc_endpoint.iter().map(|endpoint| &*endpoint.id).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return refuse(format!("--vpc-endpoint names {} twice", twice[0]));
    }
    if flags.tls == TlsMode::Off && flags.vpc_endpoint.iter().any(|endpoint| endpoint.client_ca.is_some()) {
        return refuse("a VPC endpoint has a client-ca, but --tls is off".into());
    }
    let issuers: BTreeSet<&str> = flags.web_identity.iter().map(|provider| &*provider.issuer).collect();
    if issuers.len() < flags.web_identity.len() || issuers.len() > PROVIDERS_MAX {
        return refuse(format!("--web-identity names each issuer once, and {PROVIDERS_MAX} at the most"));
    }
    let targets: BTreeSet<&str> = flags.alarm_target.iter().map(AlarmTarget::arn).collect();
    if targets.len() < flags.alarm_target.len() || targets.len() > ALARM_TARGETS_MAX {
        return refuse(format!("--alarm-target names each ARN once, and {ALARM_TARGETS_MAX} at the most"));
    }
    let to_stream = matches!(flags.audit_heads, Some(HeadsPlace::Stream(_)));
    if to_stream != flags.audit_heads_role.is_some() {
        return refuse(
            "--audit-heads-role goes together with a stream in --audit-heads: it puts the heads there".into(),
        );
    }
    for excluded in ["data-dir", "durability", "master-key-file", "master-key-kms"] {
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
    let always_tls = flags.tls == TlsMode::Required;
    let plain = flags.listen.iter().map(|address| (address, always_tls));
    let endpoints = flags.vpc_endpoint.iter().map(|e| (&e.address, always_tls || e.client_ca.is_some()));
    let mut strange = plain.chain(endpoints).filter(|(address, _)| !address.ip().is_loopback());
    let (beyond, is_tls) = strange.find(|(_, is_tls)| !(settings.closed() && *is_tls))?;
    if flags.open_network {
        return None;
    }
    let missing = match (settings.closed(), is_tls) {
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
