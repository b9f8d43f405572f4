use anabranch_api::dynamodb::{Error, UntagResource, UntagResourceOutput};
use anabranch_api::{Context, Serve};

use crate::Tables;

impl Serve<UntagResource> for Tables {
    async fn serve(&self, cx: &Context, request: UntagResource) -> Result<UntagResourceOutput, Error> {
        let _changing = self.changing.lock().await;
        let table = self.table_of_arn(cx, &request.resource_arn)?;
        table.refuse_while(&["DELETING"], self.clock.now())?;
        let mut stored = table.stored.clone();
        stored.tags.retain(|key, _| !request.tag_keys.iter().any(|gone| &**gone == key.as_str()));
        self.change(&table, stored).await?;
        Ok(UntagResourceOutput {})
    }
}
