use std::borrow::Cow;

use anabranch_api::{ApiError, Context, Principal, Resources};
use anabranch_types::Timestamp;
use serde::Serialize;

/// An event in CloudTrail's words (CT cloudtrail-event-reference-record-contents), without request parameters and answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// When the call arrived, in UTC, to the second.
    pub event_time: String,
    /// `kinesis.amazonaws.com`
    pub event_source: String,
    /// `CreateStream`
    pub event_name: &'static str,
    /// The region it was for.
    pub aws_region: String,
    /// Where it came from; the service's name for calls of our own.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// The client's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Who called.
    pub user_identity: UserIdentity,
    /// The id in the answer.
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// The error's code, when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The error's sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Whether the operation changes nothing.
    pub read_only: bool,
    /// What it was about.
    pub resources: Vec<AuditResource>,
}

/// Who called, in CloudTrail's words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `AWSService` or `WebIdentityUser`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The principal's id: a root's is its account.
    pub principal_id: String,
    /// Whom an identity provider's token is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<String>,
    /// The principal's ARN; none for whoever is of no account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The account.
    pub account_id: String,
    /// The access key the request was signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
}

/// A resource of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditResource {
    /// Its ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
}

impl AuditEvent {
    /// The event of a call of the operation `name` (`Kinesis_20131202.CreateStream`) with `action` (`kinesis:CreateStream`),
    /// which was refused with `error` or answered.
    pub fn of(
        name: &'static str,
        action: &'static str,
        read_only: bool,
        cx: &Context,
        resources: &Resources,
        error: Option<&ApiError>,
    ) -> Self {
        Self {
            event_time: seconds_utc(cx.received),
            event_source: event_source(action),
            event_name: name.rsplit_once('.').map_or(name, |(_, operation)| operation),
            aws_region: cx.region.to_string(),
            source_ip_address: source_address(cx),
            user_agent: cx.user_agent.as_deref().map(str::to_owned),
            user_identity: UserIdentity::of(cx),
            request_id: cx.request_id.to_string(),
            error_code: error.map(|e| e.code.clone().into_owned()),
            error_message: error.and_then(|e| e.message.clone()).map(Cow::into_owned),
            read_only,
            resources: resources
                .iter()
                .filter(|r| r.arn != "*")
                .map(|r| AuditResource { arn: r.arn.clone() })
                .collect(),
        }
    }
}

impl UserIdentity {
    fn of(cx: &Context) -> Self {
        let kind = match &cx.principal {
            Principal::Root(_) | Principal::Development(_) => "Root",
            Principal::User(_) => "IAMUser",
            Principal::RoleSession(_) => "AssumedRole",
            Principal::FederatedUser(_) => "FederatedUser",
            Principal::Service(_) => "AWSService",
            Principal::WebIdentity(_) | Principal::Anonymous => "WebIdentityUser",
        };
        let web = match &cx.principal {
            Principal::WebIdentity(identity) => Some(identity),
            _ => None,
        };
        Self {
            kind,
            user_name: web.map(|identity| identity.subject.clone()),
            identity_provider: web.map(|identity| identity.provider.clone()),
            principal_id: cx.principal.user_id(),
            arn: cx.principal.account().map(|_| cx.principal.arn(cx.partition)),
            account_id: cx.account.to_string(),
            access_key_id: cx.access_key.as_deref().map(str::to_owned),
        }
    }
}

/// Whether CloudTrail counts the operation as a data event, which is off by default and never written here unless denied
/// (CT logging-data-events-with-cloudtrail).
pub fn is_data_event(action: &str) -> bool {
    matches!(
        action,
        "kinesis:PutRecord"
            | "kinesis:PutRecords"
            | "kinesis:GetRecords"
            | "kinesis:GetShardIterator"
            | "kinesis:SubscribeToShard"
            | "cloudwatch:PutMetricData"
            | "cloudwatch:GetMetricStatistics"
    )
}

/// CloudWatch's events come from `monitoring`, everybody else's from the action's own prefix.
fn event_source(action: &str) -> String {
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    let source = if service == "cloudwatch" { "monitoring" } else { service };
    format!("{source}.amazonaws.com")
}

fn source_address(cx: &Context) -> String {
    match (&cx.source, &cx.principal) {
        (Some(address), _) => address.to_string(),
        (None, Principal::Service(name)) => format!("{name}.amazonaws.com"),
        (None, _) => "127.0.0.1".to_owned(),
    }
}

/// `2026-11-21T15:40:00Z`
fn seconds_utc(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.seconds()).map_or_else(|_| at.to_string(), |t| t.to_string())
}
