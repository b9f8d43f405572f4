use anabranch_api::sts::{Error, GetAccessKeyInfo, GetAccessKeyInfoOutput};
use anabranch_api::{Context, Serve};

use super::{Sts, errors};

impl Serve<GetAccessKeyInfo> for Sts {
    /// The account of any key there is, the caller's or another's (STS API GetAccessKeyInfo). AWS decodes the account from the id; our
    /// keys come from outside and hold none, so a key that a closed server does not know is refused.
    async fn serve(&self, _: &Context, request: GetAccessKeyInfo) -> Result<GetAccessKeyInfoOutput, Error> {
        let id = &request.access_key_id;
        let of_user = self.identities.access_key(id).map(|key| key.account);
        let account = of_user.or_else(|| self.credentials.account_of(id));
        let account = account.ok_or_else(|| errors::unknown_access_key(id))?;
        Ok(GetAccessKeyInfoOutput { account: Some(account.to_string().into()) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anabranch_api::ApiError;
    use anabranch_api::sts::GetAccessKeyInfo;

    use crate::Door;
    use crate::audit::NoAudit;
    use crate::iam::Credentials;
    use crate::metrics::Metrics;
    use crate::testing::{authority, context, no_identities, sts};

    /// What the root of 111111111111 is told about a key by a server with these credentials.
    async fn told(credentials: Credentials, id: &str) -> Result<String, ApiError> {
        let door = Door::new(authority(), Arc::new(NoAudit), Metrics::new(|_| {}));
        let request = GetAccessKeyInfo { access_key_id: id.into() };
        let sts = Arc::new(sts(credentials, no_identities()));
        let output = door.unary(context("111111111111"), &sts, request).await?;
        Ok(output.account.unwrap().to_string())
    }

    fn two_accounts() -> Credentials {
        let own = Credentials::from_root_key("AKIAOWN0000000000001:s:111111111111").unwrap();
        own.with(Credentials::from_root_key("AKIAOTHER00000000002:s:222222222222").unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_key_belongs_to_its_account_whoever_asks() {
        let cases = [("AKIAOWN0000000000001", "111111111111"), ("AKIAOTHER00000000002", "222222222222")];
        for (id, account) in cases {
            assert_eq!(told(two_accounts(), id).await.unwrap(), account, "{id}");
        }
    }

    #[tokio::test]
    async fn an_open_servers_keys_belong_to_the_development_account() {
        let account = told(Credentials::none(), "AKIANOBODY0000000000").await.unwrap();
        assert_eq!(account, "000000000000");
    }

    #[tokio::test]
    async fn a_key_that_a_closed_server_does_not_know_does_not_exist() {
        // Ids are told apart by case.
        for id in ["AKIANOBODY0000000000", "akiaown0000000000001"] {
            let error = told(two_accounts(), id).await.unwrap_err();
            let sentence =
                format!("InvalidClientTokenId: The access key ID {id} does not exist in our records.");
            assert_eq!((error.status, error.to_string()), (403, sentence));
        }
    }
}
