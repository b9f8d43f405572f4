use anabranch_api::sts::{Error, GetCallerIdentity, GetCallerIdentityOutput};
use anabranch_api::{Context, Serve};

use super::Sts;

impl Serve<GetCallerIdentity> for Sts {
    /// Needs no permission (STS API GetCallerIdentity).
    async fn serve(&self, cx: &Context, _: GetCallerIdentity) -> Result<GetCallerIdentityOutput, Error> {
        Ok(GetCallerIdentityOutput {
            user_id: Some(cx.principal.user_id().into()),
            account: Some(cx.account.to_string().into()),
            arn: Some(cx.principal.arn(cx.partition).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anabranch_api::Principal;
    use anabranch_api::sts::GetCallerIdentity;
    use anabranch_types::Partition;

    use crate::Door;
    use crate::audit::NoAudit;
    use crate::iam::Credentials;
    use crate::metrics::Metrics;
    use crate::testing::{authority, context, no_identities, sts};

    #[tokio::test]
    async fn a_caller_is_told_its_account_and_arn() {
        let door = Door::new(authority(), Arc::new(NoAudit), Metrics::new(|_| {}));
        let mut cx = context("111111111111");
        cx.partition = Partition::China;
        let development = Principal::Development(cx.account);
        let cases = [
            (cx.principal.clone(), "111111111111", "arn:aws-cn:iam::111111111111:root"),
            (development, "111111111111", "arn:aws-cn:iam::111111111111:root"),
        ];
        let sts = Arc::new(sts(Credentials::none(), no_identities()));
        for (principal, user_id, arn) in cases {
            cx.principal = principal;
            let told = door.unary(cx.clone(), &sts, GetCallerIdentity::default()).await.unwrap();
            let told = [told.user_id, told.account, told.arn].map(|t| t.unwrap().to_string());
            assert_eq!(told, [user_id, "111111111111", arn]);
        }
    }
}
