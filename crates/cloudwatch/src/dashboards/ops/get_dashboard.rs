use anabranch_api::cloudwatch::{Error, GetDashboard, GetDashboardOutput};
use anabranch_api::{Context, Serve};
use anabranch_catalog::Value as _;

use super::super::stored::StoredDashboard;
use super::super::{Dashboards, arn, errors, failed, is_name, key};

impl Serve<GetDashboard> for Dashboards {
    async fn serve(&self, cx: &Context, request: GetDashboard) -> Result<GetDashboardOutput, Error> {
        let name = request.dashboard_name;
        if !is_name(&name) {
            return Err(errors::no_such_dashboard(&name));
        }
        let found = self.catalog.get(key(cx.account, &name)).await.map_err(|error| failed(&error))?;
        let entry = found.ok_or_else(|| errors::no_such_dashboard(&name))?;
        let stored = StoredDashboard::from_bytes(&entry.value).map_err(|error| failed(&error))?;
        Ok(GetDashboardOutput {
            dashboard_arn: Some(arn(cx, &name).into()),
            dashboard_body: Some(stored.body.into()),
            dashboard_name: Some(name),
        })
    }
}
