use anabranch_api::kms::{DescribeKey, DescribeKeyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::spec::metadata;

impl Serve<DescribeKey> for Kms {
    fn resources(&self, cx: &Context, request: &DescribeKey) -> Result<Resources, Error> {
        self.about::<DescribeKey>(cx, &request.key_id, Aliases::Taken)
    }

    /// Makes the key that AWS manages if its alias is named (KMS API DescribeKey).
    async fn serve(&self, cx: &Context, request: DescribeKey) -> Result<DescribeKeyOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let name = self.named(cx, &request.key_id, Aliases::Taken)?;
        let slot = self.find_or_make(&name).await?;
        Ok(DescribeKeyOutput { key_metadata: Some(metadata(&slot)) })
    }
}
