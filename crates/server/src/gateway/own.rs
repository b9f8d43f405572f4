//! Paths of our own: health, metrics and admin calls. None of them may be an API's.

use std::sync::Arc;
use std::time::Duration;

use anabranch_governance::iam::Access;
use anabranch_governance::metrics;
use anabranch_types::AccountId;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use serde::Deserialize;

use super::answer::{AnswerBody, plain, sentence};
use super::connection::Peer;
use super::phase::Phase;
use super::{Gateway, authenticate, backup, body, credentials, localstack};
use crate::fault::{FaultRule, RULES_MAX};
use crate::world::World;

/// Most bytes of an admin call's body.
const ADMIN_BODY_BYTES_MAX: usize = 64 << 10;
/// The furthest one call moves the test clock: 400 days, beyond every retention.
const ADVANCE_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1000;

/// A path of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Health,
    Ready,
    Metrics,
    Clock,
    Reset,
    Fault,
    Backup,
    RoleToken,
    Credentials,
    LocalStackHealth,
    LocalStackInfo,
    /// Under our prefixes, but nothing.
    Nothing,
}

/// The body of `POST /_anabranch/clock`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

/// The body of `POST /_anabranch/fault`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faulting {
    faults: Vec<String>,
}

impl Path {
    /// Whether the path is ours.
    pub(super) fn of(path: &str) -> Option<Path> {
        match path {
            "/healthz" => Some(Path::Health),
            "/readyz" => Some(Path::Ready),
            "/metrics" => Some(Path::Metrics),
            "/_anabranch/clock" => Some(Path::Clock),
            "/_anabranch/reset" => Some(Path::Reset),
            "/_anabranch/fault" => Some(Path::Fault),
            "/_anabranch/backup" => Some(Path::Backup),
            "/_anabranch/role-token" => Some(Path::RoleToken),
            _ if path.starts_with(credentials::PREFIX) => Some(Path::Credentials),
            "/_localstack/health" => Some(Path::LocalStackHealth),
            "/_localstack/info" => Some(Path::LocalStackInfo),
            _ if path.starts_with("/_anabranch/") || path.starts_with("/_localstack/") => Some(Path::Nothing),
            _ => None,
        }
    }

    /// Whether it is what supervisors ask for again and again.
    pub(super) fn is_for_watching(self) -> bool {
        matches!(self, Self::Health | Self::Ready | Self::Metrics)
    }
}

/// Answers a path of our own.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    peer: Peer,
    path: Path,
    head: Parts,
    body: Incoming,
) -> Response<AnswerBody> {
    let reads = head.method == Method::GET || head.method == Method::HEAD;
    match path {
        Path::Health if reads => json(StatusCode::OK, r#"{"status":"alive"}"#),
        Path::Ready if reads => ready(gateway),
        Path::Metrics | Path::LocalStackHealth | Path::LocalStackInfo
            if reads && gateway.access() == Access::Closed && !peer.address.is_loopback() =>
        {
            sentence(
                StatusCode::FORBIDDEN,
                "This is for callers on loopback; metrics also by --metrics-listen.",
            )
        }
        Path::Metrics if reads => scrape(gateway),
        Path::LocalStackHealth if reads => {
            json(StatusCode::OK, &localstack::health(*gateway.phase().borrow()).to_string())
        }
        Path::LocalStackInfo if reads => {
            json(StatusCode::OK, &localstack::describe(gateway.session, gateway.started).to_string())
        }
        Path::Credentials if head.method == Method::GET => credentials::answer(gateway, peer, &head).await,
        Path::Clock | Path::Reset | Path::Fault | Path::Backup | Path::RoleToken
            if head.method == Method::POST =>
        {
            match admin_body(gateway, peer, &head, body).await {
                Ok((body, _)) if path == Path::Clock => advance(gateway, &body).await,
                Ok((body, _)) if path == Path::Fault => fault(gateway, &body),
                Ok((body, _)) if path == Path::Backup => backup::begin(gateway, &body),
                Ok((body, account)) if path == Path::RoleToken => credentials::token(gateway, account, &body),
                Ok(_) => reset(gateway).await,
                Err(refusal) => refusal,
            }
        }
        Path::Nothing => sentence(StatusCode::NOT_FOUND, "There is nothing at this path."),
        _ => sentence(StatusCode::METHOD_NOT_ALLOWED, "This path takes another method."),
    }
}

/// What the listener for metrics answers.
pub(super) fn answer_metrics(gateway: &Gateway, path: &str) -> Response<AnswerBody> {
    match path {
        "/metrics" => scrape(gateway),
        _ => sentence(StatusCode::NOT_FOUND, "There is nothing at this path; metrics are at /metrics."),
    }
}

/// The metrics as OpenMetrics text.
fn scrape(gateway: &Gateway) -> Response<AnswerBody> {
    plain(StatusCode::OK, metrics::CONTENT_TYPE, gateway.world().door.metrics().scrape())
}

fn ready(gateway: &Gateway) -> Response<AnswerBody> {
    match *gateway.phase().borrow() {
        Phase::Serving => json(StatusCode::OK, r#"{"status":"ready"}"#),
        Phase::Draining => json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"draining"}"#),
    }
}

/// The body of an admin call from somebody who may make it, and of which account that is: unsigned from loopback while the server is open, else signed by a
/// root access key.
async fn admin_body(
    gateway: &Gateway,
    peer: Peer,
    head: &Parts,
    body: Incoming,
) -> Result<(Bytes, AccountId), Response<AnswerBody>> {
    if gateway.access() == Access::Open && !peer.address.is_loopback() {
        return Err(sentence(StatusCode::FORBIDDEN, "An open server takes admin calls from loopback only."));
    }
    let read = body::read_whole(body, ADMIN_BODY_BYTES_MAX, gateway.budget()).await;
    let (body, _reserved) =
        read.map_err(|_| sentence(StatusCode::BAD_REQUEST, "The request's body could not be read."))?;
    let account = match gateway.access() {
        Access::Closed => {
            authenticate::admin(gateway, head, &body).map_err(|why| sentence(StatusCode::FORBIDDEN, &why))?
        }
        Access::Open => AccountId::DEVELOPMENT,
    };
    Ok((body, account))
}

async fn advance(gateway: &Gateway, body: &Bytes) -> Response<AnswerBody> {
    if !gateway.clock().is_test() {
        return sentence(
            StatusCode::CONFLICT,
            "Time moves by itself; start the server with --test-clock to move it.",
        );
    }
    let Ok(Advance { advance_ms }) = serde_json::from_slice(body) else {
        return sentence(StatusCode::BAD_REQUEST, r#"Expected {"advance_ms": N} with N in milliseconds."#);
    };
    if advance_ms > ADVANCE_MS_MAX {
        return sentence(StatusCode::BAD_REQUEST, "One call moves the clock 400 days at most.");
    }
    let _turn = gateway.admin.lock().await;
    let by = Duration::from_millis(advance_ms);
    let ahead_ms = gateway.clock().ahead_ms().saturating_add(i64::try_from(advance_ms).unwrap_or(i64::MAX));
    if let Err(error) = gateway.clock.keep(ahead_ms) {
        tracing::error!(error = &error as &dyn std::error::Error, "the clock was not moved");
        return sentence(StatusCode::INTERNAL_SERVER_ERROR, "The clock's offset cannot be kept.");
    }
    let now = gateway.world().scheduler.advance(by).await;
    json(StatusCode::OK, &serde_json::json!({ "now": now.to_string(), "ahead_ms": ahead_ms }).to_string())
}

/// Other faults from now on, instead of those there were.
fn fault(gateway: &Gateway, body: &Bytes) -> Response<AnswerBody> {
    let Ok(Faulting { faults }) = serde_json::from_slice(body) else {
        let expected = r#"Expected {"faults": ["[Operation:]throttle=0.1,error=0.01,latency=20ms", …]}."#;
        return sentence(StatusCode::BAD_REQUEST, expected);
    };
    if faults.len() > RULES_MAX {
        return sentence(StatusCode::BAD_REQUEST, &format!("At most {RULES_MAX} faults are taken."));
    }
    match faults.iter().map(|rule| rule.parse()).collect::<Result<Vec<FaultRule>, _>>() {
        Err(why) => sentence(StatusCode::BAD_REQUEST, &why),
        Ok(rules) => {
            gateway.faults.replace(rules);
            let shown: Vec<String> = gateway.faults.rules().iter().map(ToString::to_string).collect();
            json(StatusCode::OK, &serde_json::json!({ "faults": shown }).to_string())
        }
    }
}

/// Begins anew with nothing; only where nothing was to be kept.
async fn reset(gateway: &Gateway) -> Response<AnswerBody> {
    let _turn = gateway.admin.lock().await;
    let old = gateway.world();
    if !old.recipe.is_ephemeral() {
        return sentence(StatusCode::NOT_FOUND, "There is nothing at this path without --ephemeral.");
    }
    match World::open(old.recipe.clone()).await {
        Ok(world) => {
            gateway.replace_world(world).close().await;
            json(StatusCode::OK, r#"{"status":"reset"}"#)
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot begin anew");
            sentence(StatusCode::INTERNAL_SERVER_ERROR, "The server cannot begin anew; it goes on as it was.")
        }
    }
}

fn json(status: StatusCode, document: &str) -> Response<AnswerBody> {
    plain(status, "application/json", Bytes::copy_from_slice(document.as_bytes()))
}

#[cfg(test)]
mod tests {
    use anabranch_wire::restjson::Template;

    use super::*;

    #[test]
    fn no_path_of_ours_is_an_apis() {
        let ours = [
            "/healthz",
            "/readyz",
            "/metrics",
            "/_anabranch/clock",
            "/_anabranch/reset",
            "/_anabranch/fault",
            "/_anabranch/backup",
            "/_anabranch/role-token",
            "/_anabranch/credentials/reader",
            "/_localstack/health",
            "/_localstack/info",
        ];
        for path in ours {
            assert!(Path::of(path).is_some(), "{path}");
            for service in anabranch_api::services() {
                let rest = service.protocols.contains(&anabranch_wire::Protocol::RestJson);
                for operation in service.operations.iter().filter(|_| rest) {
                    let fits = Template::new(operation.http_uri).matches(path, "");
                    assert_eq!(fits, None, "{} {path}", operation.full_name);
                }
            }
        }
        assert_eq!(Path::of("/"), None);
        assert_eq!(Path::of("/_anabranch"), None);
    }
}
