use crate::iam::identities::StoredUser;
use crate::iam::users::about_user;
use anabranch_api::iam::{DeleteAccessKey, DeleteAccessKeyOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::iam::{Iam, entity, errors, service};

impl Serve<DeleteAccessKey> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteAccessKey) -> Result<Resources, Error> {
        about_user(self, cx, DeleteAccessKey::ACTION, request.user_name.as_deref())
    }

    /// The key is refused as soon as the answer is there.
    async fn serve(&self, cx: &Context, request: DeleteAccessKey) -> Result<DeleteAccessKeyOutput, Error> {
        let name = service::named_or_caller(cx, request.user_name.as_deref())?;
        self.change(cx, |draft| {
            let user = entity::find_mut::<StoredUser>(draft, name)?;
            let before = user.access_keys.len();
            user.access_keys.retain(|key| *key.id != *request.access_key_id);
            if user.access_keys.len() == before {
                return Err(errors::no_access_key(&request.access_key_id));
            }
            Ok(DeleteAccessKeyOutput {})
        })
        .await
    }
}
