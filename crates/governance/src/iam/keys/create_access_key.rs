use crate::iam::identities::{StoredAccessKey, StoredUser};
use crate::iam::users::about_user;
use anabranch_api::iam::{AccessKey, CreateAccessKey, CreateAccessKeyOutput, Error, StatusType};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::iam::{Iam, entity, errors, limits, names, service};

impl Serve<CreateAccessKey> for Iam {
    fn resources(&self, cx: &Context, request: &CreateAccessKey) -> Result<Resources, Error> {
        about_user(self, cx, CreateAccessKey::ACTION, request.user_name.as_deref())
    }

    /// The one time that the secret is told. The key may sign as soon as the answer is there.
    async fn serve(&self, cx: &Context, request: CreateAccessKey) -> Result<CreateAccessKeyOutput, Error> {
        let name = service::named_or_caller(cx, request.user_name.as_deref())?;
        let rng = self.identities.rng();
        let (id, secret) = (names::access_key_id(names::ACCESS_KEY_ID, rng), names::secret(rng));
        let sealed = self.identities.seal_secret(cx.account, &id, &secret);
        let key = StoredAccessKey { id: id.clone(), sealed, created_ms: cx.received.millis(), active: true };
        self.change(cx, |draft| {
            let user = entity::find_mut::<StoredUser>(draft, name)?;
            if user.access_keys.len() >= limits::ACCESS_KEYS_MAX {
                return Err(errors::cannot_exceed("AccessKeysPerUser", limits::ACCESS_KEYS_MAX));
            }
            user.access_keys.push(key);
            Ok(())
        })
        .await?;
        Ok(CreateAccessKeyOutput {
            access_key: AccessKey {
                user_name: name.into(),
                access_key_id: id.into(),
                status: StatusType::Active,
                secret_access_key: secret.expose().into(),
                create_date: Some(cx.received),
            },
        })
    }
}
