//! What of a stored event is looked at again.

use std::borrow::Cow;

use serde::Deserialize;

use crate::trails::Seen;

/// An event in CloudTrail's words, as far as lookups and trails ask for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    #[serde(borrow, rename = "eventID")]
    pub id: Cow<'a, str>,
    #[serde(borrow, rename = "eventName")]
    pub name: Cow<'a, str>,
    #[serde(borrow, rename = "eventSource")]
    pub source: Cow<'a, str>,
    #[serde(borrow, rename = "eventTime")]
    pub time: Cow<'a, str>,
    #[serde(borrow, rename = "awsRegion")]
    pub region: Cow<'a, str>,
    pub read_only: bool,
    #[serde(rename = "managementEvent")]
    pub management: bool,
    #[serde(borrow, rename = "userIdentity")]
    pub user: User<'a>,
    #[serde(borrow, default)]
    pub resources: Vec<Resource<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub user_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub arn: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub access_key_id: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resource<'a> {
    #[serde(borrow, rename = "ARN")]
    pub arn: Cow<'a, str>,
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    /// The event in this record, if it is one.
    pub fn of(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Who called, as lookups know them: a session by its own name, a root as `root` (CT view-cloudtrail-events-cli).
    pub fn username(&self) -> Option<&str> {
        let named = self.user.user_name.as_deref();
        let session = || self.user.arn.as_deref()?.rsplit('/').next();
        match &*self.user.kind {
            "Root" => Some("root"),
            "AssumedRole" | "FederatedUser" => session(),
            _ => named,
        }
    }

    /// Whether the selectors of a trail are asked with the kind of the data event's resource.
    pub fn select(&self, select: impl FnOnce(&Seen<'_>) -> bool) -> bool {
        let arns: Vec<&str> = self.resources.iter().map(|resource| &*resource.arn).collect();
        let kind = self.resources.iter().find_map(|resource| resource.kind.as_deref());
        select(&Seen {
            management: self.management,
            read_only: self.read_only,
            name: &self.name,
            source: &self.source,
            kind: kind.filter(|_| !self.management),
            arns: &arns,
        })
    }
}

impl Resource<'_> {
    /// The name in the ARN.
    pub fn name(&self) -> &str {
        let named = self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn);
        named.split_once(['/', ':']).map_or(named, |(_, name)| name)
    }
}
