use anabranch_api::cloudtrail::{Error, ListPublicKeys, ListPublicKeysOutput, PublicKey};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use crate::errors;
use crate::service::CloudTrail;

impl Serve<ListPublicKeys> for CloudTrail {
    /// The keys of the account and region whose time lies in the range; without a range that is now (API_ListPublicKeys).
    async fn serve(&self, cx: &Context, request: ListPublicKeys) -> Result<ListPublicKeysOutput, Error> {
        if request.next_token.is_some() {
            return Err(errors::token());
        }
        let now = self.clock.now();
        let (from, until) = (request.start_time.unwrap_or(now), request.end_time.unwrap_or(now));
        if request.start_time.is_some() && request.end_time.is_some() && from > until {
            return Err(errors::time_range());
        }
        let keys = self.signing_keys.all(cx.account, &cx.region).await.map_err(|e| errors::internal(&e))?;
        let listed = keys.into_iter().filter(|key| key.is_valid_within(from, until)).map(|key| PublicKey {
            value: Some(key.public.clone()),
            validity_start_time: Some(Timestamp::from_millis(key.made_ms)),
            validity_end_time: Some(key.ends()),
            fingerprint: Some(key.fingerprint().into()),
        });
        Ok(ListPublicKeysOutput { public_key_list: Some(listed.collect()), next_token: None })
    }
}
