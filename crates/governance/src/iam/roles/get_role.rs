use super::{Told, described};
use anabranch_api::iam::{Error, GetRole, GetRoleOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, errors, errors::Kind};

impl Serve<GetRole> for Iam {
    fn resources(&self, cx: &Context, request: &GetRole) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: GetRole) -> Result<GetRoleOutput, Error> {
        let account = self.account(cx);
        let role = account.role(&request.role_name);
        let role = role.ok_or_else(|| errors::no_entity(Kind::Role, &request.role_name))?;
        let role = described(cx, &account.stored, &role.stored, Some(&*role.used), Told::Whole);
        Ok(GetRoleOutput { role })
    }
}
