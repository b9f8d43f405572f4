use super::{Told, about_user, described};
use crate::iam::identities::StoredUser;
use anabranch_api::iam::{Error, GetUser, GetUserOutput, User};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::iam::{Iam, entity, service};

impl Serve<GetUser> for Iam {
    fn resources(&self, cx: &Context, request: &GetUser) -> Result<Resources, Error> {
        about_user(self, cx, GetUser::ACTION, request.user_name.as_deref())
    }

    /// Without a name the caller, be it a user or its account's root, which has an id and an ARN alone.
    async fn serve(&self, cx: &Context, request: GetUser) -> Result<GetUserOutput, Error> {
        if request.user_name.is_none()
            && let Some(account) = service::is_root(cx)
        {
            let user_id = account.to_string().into();
            let arn = cx.principal.arn(cx.partition).into();
            return Ok(GetUserOutput { user: User { user_id, arn, ..User::default() } });
        }
        let account = self.account(cx);
        let name = service::named_or_caller(cx, request.user_name.as_deref())?;
        let user = entity::find::<StoredUser>(&account.stored, name)?;
        Ok(GetUserOutput { user: described(cx, &account.stored, user, Told::Whole) })
    }
}
