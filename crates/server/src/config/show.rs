//! `--print-config`.

use std::fmt;

use super::{Settings, Source};

impl Settings {
    /// Every value with its source, a line each, in the form of the configuration file. Secrets are `***`.
    pub fn show(&self) -> String {
        let mut lines: Vec<String> =
            self.values().into_iter().map(|(flag, value)| self.line(flag, &value)).collect();
        if self.root_key.is_some() {
            lines.push("# root-key = \"***\"  # from ANABRANCH_ROOT_KEY".to_owned());
        }
        for stream in &self.initial_streams {
            lines.push(format!("\n{}", stream.show()));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn line(&self, flag: &str, value: &str) -> String {
        let source = self.source(flag).map_or_else(|| "default".to_owned(), Source::to_string);
        match value {
            "" => format!("# {flag} is not set"),
            _ => format!("{flag} = {value}  # {source}"),
        }
    }

    /// Flags with their values in TOML, the empty text for none.
    fn values(&self) -> Vec<(&'static str, String)> {
        let flags = &self.flags;
        vec![
            ("listen", list(&flags.listen)),
            ("vpc-endpoint", list(&flags.vpc_endpoint)),
            ("connections-per-address", flags.connections_per_address.to_string()),
            ("requests-per-address", number(flags.requests_per_address)),
            ("requests-per-identity", number(flags.requests_per_identity)),
            ("data-dir", self.shown_data_dir()),
            ("ephemeral", flags.ephemeral.to_string()),
            ("durability", if flags.ephemeral { String::new() } else { quoted(flags.durability) }),
            ("limits", quoted(flags.limits)),
            ("tls", quoted(format!("{:?}", flags.tls).to_lowercase())),
            ("tls-cert", path(flags.tls_cert.as_deref())),
            ("tls-key", path(flags.tls_key.as_deref())),
            ("tls-client-ca", path(flags.tls_client_ca.as_deref())),
            ("credentials", path(flags.credentials.as_deref())),
            ("web-identity", list(&flags.web_identity)),
            ("alarm-target", list(&flags.alarm_target)),
            ("alarm-role", flags.alarm_role.as_ref().map(quoted).unwrap_or_default()),
            ("region", quoted(&flags.region)),
            ("open-network", flags.open_network.to_string()),
            ("cors-origins", list(&flags.cors_origins)),
            ("allowed-hosts", list(&flags.allowed_hosts)),
            ("memory-max", quoted(flags.memory_max)),
            ("metrics-listen", flags.metrics_listen.map(quoted).unwrap_or_default()),
            ("master-key-file", path(flags.master_key_file.as_deref())),
            ("master-key-kms", flags.master_key_kms.as_ref().map(quoted).unwrap_or_default()),
            (
                "master-key-kms-endpoint",
                flags.master_key_kms_endpoint.as_ref().map(quoted).unwrap_or_default(),
            ),
            ("blobs", path(flags.blobs.as_deref())),
            ("test-clock", flags.test_clock.to_string()),
            ("transition-delay", flags.transition_delay.to_string()),
            ("public-url", flags.public_url.as_ref().map(quoted).unwrap_or_default()),
            ("fault", list(&flags.fault)),
            ("fault-seed", number(flags.fault_seed)),
            ("ready-file", path(flags.ready_file.as_deref())),
            ("log-level", quoted(&flags.log_level)),
            ("log-format", quoted(format!("{:?}", flags.log_format).to_lowercase())),
            ("audit-key", path(flags.audit_key.as_deref())),
            ("audit-heads", flags.audit_heads.as_ref().map(quoted).unwrap_or_default()),
            ("audit-heads-role", flags.audit_heads_role.as_ref().map(quoted).unwrap_or_default()),
            ("audit-file", path(flags.audit_file.as_deref())),
        ]
    }

    fn shown_data_dir(&self) -> String {
        if self.flags.ephemeral { String::new() } else { path(self.data_dir().as_deref()) }
    }
}

fn quoted(value: impl fmt::Display) -> String {
    toml::Value::String(value.to_string()).to_string()
}

fn path(value: Option<&std::path::Path>) -> String {
    value.map(|path| quoted(path.display())).unwrap_or_default()
}

fn number(value: Option<impl fmt::Display>) -> String {
    value.map(|number| number.to_string()).unwrap_or_default()
}

fn list<T: fmt::Display>(values: &[T]) -> String {
    match values {
        [] => String::new(),
        [one] => quoted(one),
        many => format!("[{}]", many.iter().map(quoted).collect::<Vec<_>>().join(", ")),
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag => f.write_str("command line"),
            Source::Environment(name) => f.write_str(name),
            Source::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Display for super::Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            super::Limits::Shards => "shards",
            super::Limits::Aws => "aws",
            super::Limits::Off => "off",
        })
    }
}

impl fmt::Display for super::Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            super::Durability::Sync => f.write_str("sync"),
            super::Durability::Memory => f.write_str("memory"),
            super::Durability::Interval(every) => write!(f, "interval={}", every.as_millis()),
        }
    }
}
