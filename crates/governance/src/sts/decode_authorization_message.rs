use anabranch_api::sts::{DecodeAuthorizationMessage, DecodeAuthorizationMessageOutput, Error};
use anabranch_api::{Context, Serve};

use super::{Sts, errors};

impl Serve<DecodeAuthorizationMessage> for Sts {
    /// Opens what the server's log told a denial with, for the account whose call was denied.
    async fn serve(
        &self,
        cx: &Context,
        request: DecodeAuthorizationMessage,
    ) -> Result<DecodeAuthorizationMessageOutput, Error> {
        let opened = self.messages.open(cx.account, &request.encoded_message);
        let document = opened.ok_or_else(errors::invalid_message)?;
        Ok(DecodeAuthorizationMessageOutput { decoded_message: Some(document.into()) })
    }
}
