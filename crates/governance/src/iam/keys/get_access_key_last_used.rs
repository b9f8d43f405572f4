use crate::iam::users::about_user;
use anabranch_api::iam::{AccessKeyLastUsed, Error, GetAccessKeyLastUsed, GetAccessKeyLastUsedOutput};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::iam::{Iam, errors};

impl Serve<GetAccessKeyLastUsed> for Iam {
    fn resources(&self, cx: &Context, request: &GetAccessKeyLastUsed) -> Result<Resources, Error> {
        let key = self.identities.access_key(&request.access_key_id).filter(|key| key.account == cx.account);
        let key = key.ok_or_else(|| errors::access_key_of_others(cx, &request.access_key_id))?;
        about_user(self, cx, GetAccessKeyLastUsed::ACTION, Some(&key.user))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: GetAccessKeyLastUsed,
    ) -> Result<GetAccessKeyLastUsedOutput, Error> {
        let key = self.identities.access_key(&request.access_key_id).filter(|key| key.account == cx.account);
        let key = key.ok_or_else(|| errors::access_key_of_others(cx, &request.access_key_id))?;
        let last = match key.used.get() {
            Some(used) => AccessKeyLastUsed {
                last_used_date: Some(used.at()),
                service_name: used.service.into(),
                region: used.region.into(),
            },
            // As AWS tells it of a key that never signed (IAM API AccessKeyLastUsed).
            None => {
                AccessKeyLastUsed { last_used_date: None, service_name: "N/A".into(), region: "N/A".into() }
            }
        };
        Ok(GetAccessKeyLastUsedOutput {
            user_name: Some(key.user.as_str().into()),
            access_key_last_used: Some(last),
        })
    }
}
