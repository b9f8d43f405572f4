use std::collections::BTreeSet;

use anabranch_api::cloudwatch::{DeleteDashboards, DeleteDashboardsOutput, Error};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};
use anabranch_catalog::{CatalogError, Commit, Expect};

use super::super::{Dashboards, arn, errors, failed, is_name, key};

/// Dashboards of one call. A bound of ours.
const NAMES_MAX: usize = 100;

impl Serve<DeleteDashboards> for Dashboards {
    fn resources(&self, cx: &Context, request: &DeleteDashboards) -> Result<Resources, Error> {
        let resource =
            |name: &bytestring::ByteString| Resource { action: DeleteDashboards::ACTION, arn: arn(cx, name) };
        Ok(request.dashboard_names.iter().map(resource).collect())
    }

    /// CW API DeleteDashboards: "If there is an error during this call, no dashboards are deleted".
    async fn serve(&self, cx: &Context, request: DeleteDashboards) -> Result<DeleteDashboardsOutput, Error> {
        let names: BTreeSet<&str> = request.dashboard_names.iter().map(|name| &**name).collect();
        if names.is_empty() {
            return Err(errors::nothing_named());
        }
        if names.len() > NAMES_MAX {
            return Err(errors::too_many_named(NAMES_MAX));
        }
        let mut commit = Commit::default();
        for name in names {
            if !is_name(name) {
                return Err(errors::no_such_dashboard(name));
            }
            let key = key(cx.account, name);
            let found = self.catalog.get(key.clone()).await.map_err(|error| failed(&error))?;
            let entry = found.ok_or_else(|| errors::no_such_dashboard(name))?;
            commit.expect.push(Expect::Version(key.clone(), entry.version));
            commit.delete.push(key);
        }
        match self.catalog.commit(commit).await {
            Ok(_) => Ok(DeleteDashboardsOutput {}),
            Err(CatalogError::Conflict { .. }) => Err(errors::conflict()),
            Err(error) => Err(failed(&error)),
        }
    }
}
