use std::sync::Arc;

use anabranch_api::logs::{DescribeLogGroups, DescribeLogGroupsOutput, Error, LogGroup, LogGroupClass};
use anabranch_api::{Context, Resources, Serve};

use crate::changes::page_length;
use crate::directory::Group;
use crate::errors;
use crate::resolve::{identified, resources, scope};
use crate::service::Logs;
use crate::store::stream::load_index;

impl Serve<DescribeLogGroups> for Logs {
    fn resources(&self, cx: &Context, _: &DescribeLogGroups) -> Result<Resources, Error> {
        Ok(resources(cx, "logs:DescribeLogGroups", "", ""))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DescribeLogGroups,
    ) -> Result<DescribeLogGroupsOutput, Error> {
        let (prefix, pattern) = (request.log_group_name_prefix, request.log_group_name_pattern);
        if prefix.is_some() && pattern.is_some() {
            return Err(errors::prefix_and_pattern());
        }
        let named = request.log_group_identifiers.unwrap_or_default();
        let named =
            named.iter().map(|identifier| identified(cx, identifier)).collect::<Result<Vec<_>, _>>()?;
        let own = cx.account.to_string();
        let is_own_asked = request.account_identifiers.is_none_or(|ids| ids.iter().any(|id| **id == own));
        let is_kept_class = request.log_group_class.is_none_or(|class| class == LogGroupClass::Standard);
        let holds = |group: &Group| {
            let name = group.name.as_str();
            is_own_asked
                && is_kept_class
                && prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
                // Whatever its case (LOGS API DescribeLogGroups).
                && pattern.as_deref().is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
                && (named.is_empty() || named.contains(&name))
        };
        let after = request.next_token.as_deref();
        let (groups, more) = self.directory.page(&scope(cx), after, page_length(request.limit), holds);
        let next_token = groups.last().filter(|_| more).map(|group| group.name.as_str().into());
        let mut described = Vec::with_capacity(groups.len());
        for group in &groups {
            load_index(group, &*self.log).await?;
            described.push(describe(group));
        }
        Ok(DescribeLogGroupsOutput { log_groups: Some(described), next_token })
    }
}

fn describe(group: &Arc<Group>) -> LogGroup {
    let stored = group.stored();
    let bytes: u64 = group.streams("").iter().map(|stream| stream.with_chunks(|chunks| chunks.bytes())).sum();
    LogGroup {
        log_group_name: Some(group.name.as_str().into()),
        creation_time: Some(stored.created_ms),
        retention_in_days: stored.retention_days.and_then(|days| i32::try_from(days).ok()),
        metric_filter_count: i32::try_from(group.filters().metrics.len()).ok(),
        arn: Some(format!("{}:*", group.arn()).into()),
        log_group_arn: Some(group.arn().into()),
        stored_bytes: i64::try_from(bytes).ok(),
        log_group_class: Some(LogGroupClass::Standard),
        deletion_protection_enabled: Some(stored.is_protected),
        ..LogGroup::default()
    }
}
