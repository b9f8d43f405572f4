//! Which log group or log stream a request means.

use std::sync::Arc;

use anabranch_api::logs::Error;
use anabranch_api::{Context, Resource, Resources};
use anabranch_types::Arn;

use crate::directory::Group;
use crate::errors;
use crate::service::Logs;
use crate::store::stream::Stream;
use crate::stored::Scope;

/// What stands in ARNs before a group's name.
const LOG_GROUP: &str = "log-group:";

/// Where a caller's own log groups are.
pub(crate) fn scope(cx: &Context) -> Scope {
    Scope { account: cx.account, region: cx.region.clone() }
}

impl Logs {
    pub(crate) fn group(&self, cx: &Context, name: &str) -> Result<Arc<Group>, Error> {
        self.directory.get(&scope(cx), name).ok_or_else(errors::no_group)
    }

    pub(crate) fn group_and_stream(
        &self,
        cx: &Context,
        group: &str,
        stream: &str,
    ) -> Result<(Arc<Group>, Arc<Stream>), Error> {
        let group = self.group(cx, group)?;
        let stream = group.stream(stream).ok_or_else(errors::no_stream)?;
        Ok((group, stream))
    }

    /// The group of a resource's ARN, with `:*` behind it or without.
    pub(crate) fn group_of_arn(&self, cx: &Context, arn: &str) -> Result<Arc<Group>, Error> {
        let parsed: Arn = arn.parse().map_err(|_| errors::invalid_arn())?;
        let name = parsed.resource.strip_prefix(LOG_GROUP).ok_or_else(errors::invalid_arn)?;
        if parsed.service != "logs" {
            return Err(errors::invalid_arn());
        }
        let is_own = parsed.account == Some(cx.account) && parsed.region.as_ref() == Some(&cx.region);
        let name = name.strip_suffix(":*").unwrap_or(name);
        let group = self.directory.get(&scope(cx), name).filter(|_| is_own);
        group.ok_or_else(errors::no_resource)
    }
}

/// The name of the group that a request names or identifies, in the one way or the other.
pub(crate) fn name_of<'a>(
    cx: &Context,
    name: Option<&'a str>,
    identifier: Option<&'a str>,
) -> Result<&'a str, Error> {
    match (name, identifier) {
        (Some(_), Some(_)) => Err(errors::name_and_identifier()),
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => identified(cx, identifier),
        (None, None) => Err(errors::neither_name_nor_identifier()),
    }
}

/// The name of the group with this name or ARN. Groups of other accounts and regions are not seen.
pub(crate) fn identified<'a>(cx: &Context, identifier: &'a str) -> Result<&'a str, Error> {
    if !identifier.starts_with("arn:") {
        return Ok(identifier);
    }
    let parsed: Arn = identifier.parse().map_err(|_| errors::invalid_arn())?;
    let is_own = parsed.account == Some(cx.account) && parsed.region.as_ref() == Some(&cx.region);
    let at =
        identifier.find(LOG_GROUP).filter(|_| parsed.service == "logs").ok_or_else(errors::invalid_arn)?;
    let name = &identifier[at + LOG_GROUP.len()..];
    if is_own { Ok(name.strip_suffix(":*").unwrap_or(name)) } else { Err(errors::no_group()) }
}

/// What a call about a group, and maybe a stream of it, is about.
pub(crate) fn resources(cx: &Context, action: &'static str, group: &str, stream: &str) -> Resources {
    let Context { account, region, partition, .. } = cx;
    let arn =
        format!("arn:{}:logs:{region}:{account}:log-group:{group}:log-stream:{stream}", partition.as_str());
    vec![Resource { action, arn }]
}
