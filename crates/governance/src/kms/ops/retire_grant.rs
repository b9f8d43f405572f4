use anabranch_api::kms::{Error, RetireGrant, RetireGrantOutput};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};

use super::super::grants::{is_grant_id, read_token};
use super::super::key_id::KeyName;
use super::super::named::Aliases;
use super::super::{Kms, errors};

impl Serve<RetireGrant> for Kms {
    fn resources(&self, cx: &Context, request: &RetireGrant) -> Result<Resources, Error> {
        let (name, _) = self.retired(cx, request)?;
        Ok(vec![Resource { action: RetireGrant::ACTION, arn: name.arn().to_string() }])
    }

    async fn serve(&self, cx: &Context, request: RetireGrant) -> Result<RetireGrantOutput, Error> {
        let (name, id) = self.retired(cx, &request)?;
        self.end_grant(&name, &id, request.dry_run).await?;
        Ok(RetireGrantOutput {})
    }
}

impl Kms {
    /// The key and the id of the grant, from its token or from the two.
    fn retired(&self, cx: &Context, request: &RetireGrant) -> Result<(KeyName, String), Error> {
        match (&request.grant_token, &request.key_id, &request.grant_id) {
            (Some(token), None, None) => read_token(token),
            (None, Some(key_id), Some(id)) => {
                let name = self.named(cx, key_id, Aliases::NotTaken)?;
                if !is_grant_id(id) {
                    return Err(errors::invalid_grant_id(id));
                }
                Ok((name, id.to_string()))
            }
            _ => Err(errors::token_or_id()),
        }
    }
}
