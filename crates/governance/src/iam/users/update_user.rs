use crate::iam::identities::StoredUser;
use anabranch_api::iam::{Error, UpdateUser, UpdateUserOutput};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};

use crate::iam::{Iam, entity, names};

impl Serve<UpdateUser> for Iam {
    /// Who renames or moves needs permission on what it was and on what it will be (IAM API UpdateUser).
    fn resources(&self, cx: &Context, request: &UpdateUser) -> Result<Resources, Error> {
        let mut resources = self.placed(cx, anabranch_api::Operation::resources(request, cx));
        let account = self.account(cx);
        if let Ok(found) = entity::find::<StoredUser>(&account.stored, &request.user_name) {
            let path = request.new_path.as_deref().unwrap_or(&found.path);
            let name = request.new_user_name.as_deref().unwrap_or(&found.name);
            let arn = names::arn(cx, "user", path, name);
            resources.push(Resource { action: UpdateUser::ACTION, arn });
        }
        Ok(resources)
    }

    /// The id stays, and with it groups, policies and access keys.
    async fn serve(&self, cx: &Context, request: UpdateUser) -> Result<UpdateUserOutput, Error> {
        self.change(cx, |draft| {
            let new_name = request.new_user_name.as_deref();
            entity::rename::<StoredUser>(draft, &request.user_name, new_name, |user| {
                user.name = new_name.unwrap_or(&request.user_name).to_owned();
                if let Some(path) = request.new_path.as_deref() {
                    path.clone_into(&mut user.path);
                }
            })
        })
        .await?;
        Ok(UpdateUserOutput {})
    }
}
