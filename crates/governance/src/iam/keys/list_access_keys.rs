use super::status;
use crate::iam::identities::StoredUser;
use crate::iam::paging::Asked;
use crate::iam::users::about_user;
use anabranch_api::iam::{AccessKeyMetadata, Error, ListAccessKeys, ListAccessKeysOutput};
use anabranch_api::{Context, Operation as _, Resources, Serve};
use anabranch_types::Timestamp;

use crate::iam::{Iam, entity, service};

impl Serve<ListAccessKeys> for Iam {
    fn resources(&self, cx: &Context, request: &ListAccessKeys) -> Result<Resources, Error> {
        about_user(self, cx, ListAccessKeys::ACTION, request.user_name.as_deref())
    }

    async fn serve(&self, cx: &Context, request: ListAccessKeys) -> Result<ListAccessKeysOutput, Error> {
        let account = self.account(cx);
        let name = service::named_or_caller(cx, request.user_name.as_deref())?;
        let user = entity::find::<StoredUser>(&account.stored, name)?;
        let keys = user.access_keys.iter().enumerate().map(|(place, key)| {
            let told = AccessKeyMetadata {
                user_name: Some(name.into()),
                access_key_id: Some(key.id.as_str().into()),
                status: Some(status(key)),
                create_date: Some(Timestamp::from_millis(key.created_ms)),
            };
            (place.to_string(), told)
        });
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(keys);
        Ok(ListAccessKeysOutput {
            access_key_metadata: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
