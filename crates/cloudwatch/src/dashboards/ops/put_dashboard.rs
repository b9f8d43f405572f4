use anabranch_api::cloudwatch::{DashboardValidationMessage, Error, PutDashboard, PutDashboardOutput};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Commit, Value as _};

use super::super::body;
use super::super::stored::StoredDashboard;
use super::super::{DASHBOARDS_MAX, Dashboards, all_of, errors, failed, is_name, key};
use crate::finding::Finding;

/// Longest document: what the catalog has room for, and more than 500 widgets take.
const BODY_BYTES_MAX: usize = 1_000_000;

impl Serve<PutDashboard> for Dashboards {
    /// Makes the dashboard or puts it in the place of the one of this name. What is strange but harmless is told and kept.
    async fn serve(&self, cx: &Context, request: PutDashboard) -> Result<PutDashboardOutput, Error> {
        let name = &*request.dashboard_name;
        if !is_name(name) {
            return Err(errors::name_invalid(name));
        }
        if request.tags.is_some_and(|tags| !tags.is_empty()) {
            return Err(errors::no_tags());
        }
        if request.dashboard_body.len() > BODY_BYTES_MAX {
            return Err(errors::body_too_large(BODY_BYTES_MAX));
        }
        let found = body::check(&request.dashboard_body).ok_or_else(errors::not_json)?;
        if !found.errors.is_empty() {
            return Err(errors::body_invalid(&found.errors));
        }
        let all = self.catalog.scan(all_of(cx.account), None, DASHBOARDS_MAX).await;
        let all = all.map_err(|error| failed(&error))?.entries;
        let key = key(cx.account, name);
        if all.len() >= DASHBOARDS_MAX && !all.iter().any(|entry| entry.key == key) {
            return Err(errors::too_many());
        }
        let stored =
            StoredDashboard { body: request.dashboard_body.to_string(), modified_ms: cx.received.millis() };
        let commit = Commit { put: vec![(key, stored.to_bytes())], ..Commit::default() };
        self.catalog.commit(commit).await.map_err(|error| failed(&error))?;
        let message = |Finding { path, message }: Finding| DashboardValidationMessage {
            data_path: Some(path.into()),
            message: Some(message.into()),
        };
        let messages = found.warnings.into_iter().map(message).collect();
        Ok(PutDashboardOutput { dashboard_validation_messages: Some(messages) })
    }
}
