use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{Error, UpdateGroup, UpdateGroupOutput};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};

use crate::iam::{Iam, entity, names};

impl Serve<UpdateGroup> for Iam {
    /// Who renames or moves needs permission on what it was and on what it will be (IAM API UpdateGroup).
    fn resources(&self, cx: &Context, request: &UpdateGroup) -> Result<Resources, Error> {
        let mut resources = self.placed(cx, anabranch_api::Operation::resources(request, cx));
        let account = self.account(cx);
        if let Ok(found) = entity::find::<StoredGroup>(&account.stored, &request.group_name) {
            let path = request.new_path.as_deref().unwrap_or(&found.path);
            let name = request.new_group_name.as_deref().unwrap_or(&found.name);
            let arn = names::arn(cx, "group", path, name);
            resources.push(Resource { action: UpdateGroup::ACTION, arn });
        }
        Ok(resources)
    }

    /// The id stays, and with it members and policies.
    async fn serve(&self, cx: &Context, request: UpdateGroup) -> Result<UpdateGroupOutput, Error> {
        self.change(cx, |draft| {
            let new_name = request.new_group_name.as_deref();
            entity::rename::<StoredGroup>(draft, &request.group_name, new_name, |group| {
                group.name = new_name.unwrap_or(&request.group_name).to_owned();
                if let Some(path) = request.new_path.as_deref() {
                    path.clone_into(&mut group.path);
                }
            })
        })
        .await?;
        Ok(UpdateGroupOutput {})
    }
}
