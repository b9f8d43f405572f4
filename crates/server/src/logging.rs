//! Log lines, to standard error.
//!
//! **Invariant**: no line holds record data, a key, a signature, a token or a secret, at any level. What a request says about itself is
//! logged by operation name and request id alone.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, ServeFlags};

/// What other people's crates may log at most: their debug lines print headers and frames, where signatures and data are.
const FOREIGN_CEILING: &[&str] = &[
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "rustls=info",
    "tokio_rustls=info",
    "tokio_util=info",
    "mio=info",
];

/// Sends log lines from here on where `--log-level` and `--log-format` say. Does nothing if somebody already listens (tests).
pub fn start(flags: &ServeFlags) {
    let filter = FOREIGN_CEILING
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(EnvFilter::new(&flags.log_level), quieter);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let started = match flags.log_format {
        LogFormat::Text => lines.finish().try_init(),
        LogFormat::Json => lines.json().finish().try_init(),
    };
    if started.is_err() {
        tracing::debug!("somebody else already takes the log lines");
    }
}

/// Adds the ceiling only where the level is above it; at `warn` and below the crates are quiet anyway.
fn quieter(filter: EnvFilter, ceiling: tracing_subscriber::filter::Directive) -> EnvFilter {
    match filter.max_level_hint() {
        Some(level) if level <= tracing::level_filters::LevelFilter::INFO => filter,
        _ => filter.add_directive(ceiling),
    }
}
