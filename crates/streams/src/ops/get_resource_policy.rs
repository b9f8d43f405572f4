use anabranch_api::kinesis::{Error, GetResourcePolicy, GetResourcePolicyOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::limits::GET_RESOURCE_POLICY_CALLS;

impl Serve<GetResourcePolicy> for Streams {
    /// Without a policy it is `{}` (recorded by moto).
    async fn serve(
        &self,
        cx: &Context,
        request: GetResourcePolicy,
    ) -> Result<GetResourcePolicyOutput, Error> {
        let found = self.find_resource(cx, &request.resource_arn);
        let resource = self.within(cx, &GET_RESOURCE_POLICY_CALLS, found)?;
        let view = resource.stream.view();
        let policy = match &resource.consumer {
            Some(name) => view.consumers.get(name).and_then(|c| c.policy.as_deref()),
            None => view.stored.policy.as_deref(),
        };
        Ok(GetResourcePolicyOutput { policy: policy.unwrap_or("{}").into() })
    }
}
