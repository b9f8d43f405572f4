use anabranch_api::cloudwatch::{DashboardEntry, Error, ListDashboards, ListDashboardsOutput};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Entry, Key, Value as _};
use anabranch_types::Timestamp;

use super::super::stored::StoredDashboard;
use super::super::{Dashboards, all_of, arn, errors, failed, is_name, key};

/// CW API ListDashboards: "up to 1000 results". Here a hundred: their bodies are read for their size.
const PAGE_MAX: usize = 100;

impl Serve<ListDashboards> for Dashboards {
    /// In the order of their names. The token is the last name of the page.
    async fn serve(&self, cx: &Context, request: ListDashboards) -> Result<ListDashboardsOutput, Error> {
        let prefix = request.dashboard_name_prefix.unwrap_or_default();
        let after: Option<Key> = match request.next_token {
            Some(token) if is_name(&token) => Some(key(cx.account, &token)),
            Some(_) => return Err(errors::invalid_token()),
            None => None,
        };
        let all = all_of(cx.account);
        let wanted = [&all[..], prefix.as_bytes()].concat();
        let page = self.catalog.scan(wanted.into(), after, PAGE_MAX).await.map_err(|error| failed(&error))?;
        let name = |entry: &Entry| String::from_utf8_lossy(&entry.key[all.len()..]).into_owned();
        let shown = |entry: &Entry| {
            let name = name(entry);
            let stored = StoredDashboard::from_bytes(&entry.value).map_err(|error| failed(&error))?;
            Ok(DashboardEntry {
                dashboard_arn: Some(arn(cx, &name).into()),
                dashboard_name: Some(name.into()),
                last_modified: Some(Timestamp::from_millis(stored.modified_ms)),
                size: i64::try_from(stored.body.len()).ok(),
            })
        };
        let next = page.entries.last().filter(|_| page.more).map(|last| name(last).into());
        let entries = page.entries.iter().map(shown).collect::<Result<_, Error>>()?;
        Ok(ListDashboardsOutput { dashboard_entries: Some(entries), next_token: next })
    }
}
