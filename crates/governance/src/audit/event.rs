use std::borrow::Cow;

use anabranch_api::{ApiError, Context, Descriptor, Principal, RequestId, Resources};
use anabranch_types::{AccountId, Region, Timestamp};
use bytes::Bytes;
use serde::Serialize;

use super::resource::account;
use super::{AuditResource, UserIdentity};

/// The version of CloudTrail's record that this is (CT cloudtrail-event-reference-record-contents).
const EVENT_VERSION: &str = "1.11";

/// An event in CloudTrail's words (CT cloudtrail-event-reference-record-contents).
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    /// The account whose event it is.
    pub recipient: AccountId,
    /// The region it was for.
    pub region: Region,
    /// Whether the operation changes nothing.
    pub read_only: bool,
    /// Whether it is about a control plane or about data.
    pub category: Category,
    /// Whether the caller was not allowed to.
    pub denied: bool,
    /// When the call arrived.
    pub time: Timestamp,
    /// `CreateStream`
    pub name: &'static str,
    /// `kinesis.amazonaws.com`
    pub source: Cow<'static, str>,
    /// The event's own id.
    pub id: RequestId,
    /// The id that the events of one call in several accounts have in common.
    pub shared_id: Option<RequestId>,
    /// The id in the answer.
    pub request_id: RequestId,
    /// Where it came from; the service's name for calls of our own.
    pub source_address: String,
    /// The client's own name.
    pub user_agent: Option<String>,
    /// Who called.
    pub identity: UserIdentity,
    /// The error's code, when it was refused.
    pub error_code: Option<String>,
    /// The error's sentence.
    pub error_message: Option<String>,
    /// The request as JSON, secrets hidden; none if there was none or it was too long.
    pub parameters: Option<Bytes>,
    /// The answer of a call that changed something, likewise.
    pub elements: Option<Bytes>,
    /// What it was about.
    pub resources: Vec<AuditResource>,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The control plane: in the event history of its account.
    Management,
    /// Data: written down only where somebody asks for it, or the call was denied.
    Data,
}

/// What a call asked and answered, written down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The request.
    pub parameters: Option<Bytes>,
    /// The answer.
    pub elements: Option<Bytes>,
}

/// What stands before the request in the record, in CloudTrail's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    event_version: &'static str,
    user_identity: &'a UserIdentity,
    event_time: String,
    event_source: &'a str,
    event_name: &'static str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
}

/// What stands behind the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tail<'a> {
    #[serde(rename = "requestID")]
    request_id: String,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    resources: &'a [AuditResource],
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: String,
    #[serde(rename = "sharedEventID", skip_serializing_if = "Option::is_none")]
    shared_event_id: Option<String>,
    event_category: &'static str,
}

impl AuditEvent {
    /// The event of a call, which was refused with `error` or answered, in its caller's account; of nobody's call, in that of what it was about.
    pub fn of(
        operation: &Descriptor,
        cx: &Context,
        about: &Resources,
        written: Written,
        error: Option<&ApiError>,
        id: RequestId,
    ) -> Self {
        let Descriptor { name, action, read_only, data_type, .. } = *operation;
        let owner = || about.iter().find_map(|resource| account(&resource.arn));
        let caller = match &cx.principal {
            Principal::Service(_) => Some(cx.account),
            principal => principal.account(),
        };
        Self {
            recipient: caller.or_else(owner).unwrap_or(cx.account),
            region: cx.region.clone(),
            read_only,
            category: if data_type.is_some() { Category::Data } else { Category::Management },
            denied: error.is_some_and(Self::is_denial),
            time: cx.received,
            name: name.rsplit_once('.').map_or(name, |(_, operation)| operation),
            source: Self::source_of(action).into(),
            id,
            shared_id: None,
            request_id: cx.request_id,
            source_address: source_address(cx),
            user_agent: cx.user_agent.as_deref().map(str::to_owned).or_else(|| service(cx)),
            identity: UserIdentity::of(cx),
            error_code: error.map(|e| e.code.clone().into_owned()),
            error_message: error.and_then(|e| e.message.clone()).map(Cow::into_owned),
            parameters: written.parameters.filter(is_something),
            elements: written.elements.filter(is_something),
            resources: AuditResource::all(about),
        }
    }

    /// Where events of an action come from: CloudWatch's from `monitoring`, everybody else's from the action's own prefix.
    pub fn source_of(action: &str) -> String {
        let service = action.split_once(':').map_or(action, |(service, _)| service);
        let source = if service == "cloudwatch" { "monitoring" } else { service };
        format!("{source}.amazonaws.com")
    }

    /// Whether an error says that the caller is not allowed to, or is not who they say they are.
    pub fn is_denial(error: &ApiError) -> bool {
        const CODES: [&str; 12] = [
            "AccessDenied",
            "AccessDeniedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ];
        CODES.contains(&&*error.code)
    }

    /// The other accounts that own what the call was about. Those of a denied call are not told (CT cloudtrail-sharing-logs).
    pub fn owners_abroad(&self) -> Vec<AccountId> {
        let mut owners = Vec::new();
        if !self.denied && self.identity.account_id.is_some() {
            let accounts = self.resources.iter().filter_map(|resource| account(&resource.arn));
            for owner in accounts.filter(|owner| *owner != self.recipient) {
                if !owners.contains(&owner) {
                    owners.push(owner);
                }
            }
        }
        owners
    }

    /// The same event as another account has it.
    pub fn abroad(&self, owner: AccountId, id: RequestId) -> Self {
        Self { recipient: owner, id, identity: self.identity.abroad(), ..self.clone() }
    }

    /// The record, as one JSON document without line breaks.
    pub fn to_json(&self) -> Vec<u8> {
        let head = Head {
            event_version: EVENT_VERSION,
            user_identity: &self.identity,
            event_time: seconds_utc(self.time),
            event_source: &self.source,
            event_name: self.name,
            aws_region: self.region.as_str(),
            source_ip_address: &self.source_address,
            user_agent: self.user_agent.as_deref(),
            error_code: self.error_code.as_deref(),
            error_message: self.error_message.as_deref(),
        };
        let management = self.category == Category::Management;
        let tail = Tail {
            request_id: self.request_id.to_string(),
            event_id: self.id.to_string(),
            read_only: self.read_only,
            resources: &self.resources,
            event_type: "AwsApiCall",
            management_event: management,
            recipient_account_id: self.recipient.to_string(),
            shared_event_id: self.shared_id.map(|id| id.to_string()),
            event_category: if management { "Management" } else { "Data" },
        };
        let [parameters, elements] =
            [&self.parameters, &self.elements].map(|json| json.as_deref().unwrap_or(b"null"));
        let mut record = document(&head);
        record.pop();
        record.extend_from_slice(b",\"requestParameters\":");
        record.extend_from_slice(parameters);
        record.extend_from_slice(b",\"responseElements\":");
        record.extend_from_slice(elements);
        record.push(b',');
        record.extend_from_slice(&document(&tail)[1..]);
        record
    }
}

fn document(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a record has string keys and no failing parts")
}

/// An empty structure is written as null, as CloudTrail does.
fn is_something(json: &Bytes) -> bool {
    &**json != b"{}"
}

fn source_address(cx: &Context) -> String {
    match cx.source {
        Some(address) => address.to_string(),
        None => service(cx).unwrap_or_else(|| "127.0.0.1".to_owned()),
    }
}

/// The service that calls, if one does.
fn service(cx: &Context) -> Option<String> {
    matches!(cx.principal, Principal::Service(_)).then(|| cx.principal.user_id())
}

/// `2026-11-21T15:40:00Z`
pub(super) fn seconds_utc(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.seconds()).map_or_else(|_| at.to_string(), |t| t.to_string())
}
