use anabranch_api::kinesis::{DeleteResourcePolicy, DeleteResourcePolicyOutput, Error};
use anabranch_api::{Context, Serve};

use crate::limits::DELETE_RESOURCE_POLICY_CALLS;
use crate::{Streams, errors};

impl Serve<DeleteResourcePolicy> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: DeleteResourcePolicy,
    ) -> Result<DeleteResourcePolicyOutput, Error> {
        let found = self.find_resource(cx, &request.resource_arn);
        let resource = self.within(cx, &DELETE_RESOURCE_POLICY_CALLS, found)?;
        self.change(&resource.stream, |draft| match resource.active(draft)?.policy.take() {
            Some(_) => Ok(()),
            None => Err(errors::no_policy(&request.resource_arn)),
        })
        .await?;
        Ok(DeleteResourcePolicyOutput {})
    }
}
