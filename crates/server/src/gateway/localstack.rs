//! What programs that know LocalStack ask it: `/_localstack/health` and `/_localstack/info`, in its shape.

use std::time::Duration;

use anabranch_types::{Clock, Timestamp};
use serde_json::{Map, Value, json};

use super::Phase;

/// `GET /_localstack/health`: which services answer.
pub(super) fn health(phase: Phase) -> Value {
    let state = match phase {
        Phase::Serving => "running",
        Phase::Draining => "disabled",
    };
    let built = anabranch_api::services().iter().filter(|s| s.operations.iter().any(|o| o.built));
    let services: Map<String, Value> =
        built.filter(|s| s.name != "echo").map(|s| (s.name.to_owned(), json!(state))).collect();
    json!({ "services": services, "edition": EDITION, "version": env!("CARGO_PKG_VERSION") })
}

/// What stands where LocalStack names its edition: nobody shall take us for it.
const EDITION: &str = "anabranch";

/// `GET /_localstack/info`: what this process is.
pub(super) fn describe(session: u128, started: Timestamp) -> Value {
    let now = Clock::machine_now();
    let up = Duration::from_millis(now.millis_since(started));
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "edition": EDITION,
        "is_license_activated": false,
        "session_id": format!("{session:032x}"),
        "machine_id": "",
        "system": std::env::consts::OS,
        "is_docker": std::path::Path::new("/.dockerenv").exists(),
        "server_time_utc": now.to_string(),
        "uptime": up.as_secs(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_names_what_is_built() {
        let health = health(Phase::Serving);
        assert_eq!(health["services"]["kinesis"], "running");
        assert_eq!(health["services"]["sts"], "running");
        assert!(health["services"].get("firehose").is_none() && health["services"].get("echo").is_none());
        assert!(health["version"].is_string() && health["edition"].is_string());
    }
}
