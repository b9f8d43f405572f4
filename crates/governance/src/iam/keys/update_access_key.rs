use crate::iam::identities::StoredUser;
use crate::iam::users::about_user;
use anabranch_api::iam::{Error, StatusType, UpdateAccessKey, UpdateAccessKeyOutput};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::iam::{Iam, entity, errors, service};

impl Serve<UpdateAccessKey> for Iam {
    fn resources(&self, cx: &Context, request: &UpdateAccessKey) -> Result<Resources, Error> {
        about_user(self, cx, UpdateAccessKey::ACTION, request.user_name.as_deref())
    }

    /// A key that was made inactive is refused as soon as the answer is there.
    async fn serve(&self, cx: &Context, request: UpdateAccessKey) -> Result<UpdateAccessKeyOutput, Error> {
        let name = service::named_or_caller(cx, request.user_name.as_deref())?;
        let active = match request.status {
            StatusType::Active => true,
            StatusType::Inactive => false,
            StatusType::Expired => return Err(errors::cannot_expire()),
        };
        self.change(cx, |draft| {
            let user = entity::find_mut::<StoredUser>(draft, name)?;
            let key = user.access_keys.iter_mut().find(|key| *key.id == *request.access_key_id);
            key.ok_or_else(|| errors::no_access_key(&request.access_key_id))?.active = active;
            Ok(UpdateAccessKeyOutput {})
        })
        .await
    }
}
